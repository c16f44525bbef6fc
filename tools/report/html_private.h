/* What the parts of the HTML report share. */
#ifndef TOOLS_REPORT_HTML_PRIVATE_H
#define TOOLS_REPORT_HTML_PRIVATE_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* Text with <, >, & and " escaped. */
void html_text(struct writer *out, const char *text);

/* Ready against wanted over time, outages shaded, as one SVG figure; nothing for an empty curve. */
void html_curve(struct writer *out, const struct value *row, double duration_seconds);

/* What downtime was lost to: one stacked bar with its legend in words; nothing without downtime. */
void html_causes(struct writer *out, const struct value *row);

/* A tally's quantiles as bars on one scale; nothing when none of the tallies has observations. */
struct named_tally {
    const char *name;
    const struct value *tally;
};
void html_quantiles(struct writer *out, const struct named_tally *tallies, size_t count);

#endif
