/* How the tables that benches leave in results/bench begin. */
#ifndef TESTS_SUPPORT_BENCH_REPORT_H
#define TESTS_SUPPORT_BENCH_REPORT_H

#include "sim/base/writer.h"

/* "# TITLE", and the version and processor it was measured with. */
void bench_report_head(struct writer *report, const char *title);

#endif
