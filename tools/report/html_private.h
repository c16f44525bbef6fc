/* What the parts of the HTML report share. */
#ifndef TOOLS_REPORT_HTML_PRIVATE_H
#define TOOLS_REPORT_HTML_PRIVATE_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* Text with <, >, & and " escaped. */
void html_text(struct writer *out, const char *text);

/* Kinds of causes in the order in which a summary first has them: each keeps its colour
 * throughout the page. */
enum { CAUSE_COLOURS = 8 };
struct palette {
    const char
        *kinds[CAUSE_COLOURS]; /* borrowed from the summary; the last colour is for the rest */
};
struct palette palette_of(const struct value *summary);
size_t palette_colour(const struct palette *palette, const char *kind);

/* Ready against wanted over time, outages shaded, what cost replicas marked, as one SVG figure;
 * nothing for an empty curve. */
void html_curve(struct writer *out, const struct value *row, const struct palette *palette,
                double duration_seconds);

/* When requests failed, and how many a second, as one SVG figure; nothing when none did. */
void html_failures(struct writer *out, const struct value *row, double duration_seconds);

/* What downtime was lost to: one stacked bar with its legend in words; nothing without downtime. */
void html_causes(struct writer *out, const struct value *row, const struct palette *palette);

/* What the scenario expected, with the values found; nothing where nothing is expected. */
void html_expectations(struct writer *out, const struct value *summary);

/* A tally's quantiles as bars on one scale; nothing when none of the tallies has observations. */
struct named_tally {
    const char *name;
    const struct value *tally;
};
void html_quantiles(struct writer *out, const struct named_tally *tallies, size_t count);

#endif
