/* The lists of a summary as tables for a spreadsheet: one file for each list that has rows. */
#ifndef TOOLS_EXPORT_SUMMARY_CSV_H
#define TOOLS_EXPORT_SUMMARY_CSV_H

#include "sim/base/value.h"

/* Write DIR/workloads.csv, ..., and for lists within rows DIR/workloads_outages.csv, ..., whose rows
 * begin with the names of the row they stand in. Maps within rows become columns
 * (schedulingLatency.p95). False with the error. */
bool summary_write_csv(const struct value *summary, const char *directory, struct error *error);

#endif
