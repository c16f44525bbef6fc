/* Reports: a summary as people or programs want to read it.
 *
 * A report is a const: a name and a function from the summary document (docs/summary.md) to
 * text. Adding one is one file and one line in the table in report.c. */
#ifndef TOOLS_REPORT_REPORT_H
#define TOOLS_REPORT_REPORT_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

struct report {
    const char *name; /* of --output, or the file's ending: "text", "json", "html" */
    void (*write)(const struct value *summary, struct writer *out);
};

extern const struct report text_report, json_report, html_report;

/* The same of a results document of an experiment, of a Comparison of policies, and of Advice. */
extern const struct report html_experiment_report, html_comparison_report, html_advice_report;

/* --- what the reports share --------------------------------------------------------------- */

/* "99.93 %" with as many digits as the outages deserve: never rounded up to 100 % when something
 * was lost. "-" when it is null: never fully ready. The caller frees. */
char *print_availability(const struct value *availability);

/* Seconds as "3d4h12m", to three units; "-" for null. The caller frees. */
char *print_duration(const struct value *seconds);

/* "61 % node-crash, 39 % bad-release", the greatest first; NULL when nothing was lost. */
char *print_causes(const struct value *causes);

/* What a row's downtime was lost to, and why not all of it is there now; NULL when there is nothing to say. The
 * caller frees. */
char *print_row_note(const struct value *row);

/* A kind as kubectl abbreviates it: "deploy"; borrowed. */
const char *short_kind(const char *kind);

#endif
