/* Series as text: OpenMetrics 1.0 with times, Prometheus' text format 0.0.4 without, and CSV. */
#ifndef TOOLS_EXPORT_OPENMETRICS_H
#define TOOLS_EXPORT_OPENMETRICS_H

#include <stdio.h>

#include "tools/export/recorder.h"

/* Every family with its series and their samples, each with its time since 1970. */
void openmetrics_write(const struct recorder *recorder, const struct sampling *sampling, FILE *out);

/* The last sample of every series that has not ended, without a time: what a scrape at the end would
 * have got. */
void prometheus_write_snapshot(const struct recorder *recorder, FILE *out);

/* The same samples as of openmetrics_write(), a line each: time, metric, a column for each label that
 * any of them has, value. */
void series_write_csv(const struct recorder *recorder, const struct sampling *sampling, FILE *out);

#endif
