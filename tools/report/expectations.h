/* What a scenario expected and what came out, told in words. */
#ifndef TOOLS_REPORT_EXPECTATIONS_H
#define TOOLS_REPORT_EXPECTATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* How many of a summary's expectations did not hold; 0 where nothing is expected. */
size_t expectations_not_held(const struct value *summary);

/* "workloads[deployment/web].downtimeSeconds at 5m: 46.02, expected at most 60s"; the caller frees. */
char *expectation_found(const struct value *verdict);

/* Each of them with "held" or "NOT HELD", for a terminal; nothing where nothing is expected. */
void expectations_write(const struct value *summary, struct writer *out);

#endif
