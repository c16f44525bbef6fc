/* What the parts of the report of an experiment share. They read a results document (docs/experiment.md). */
#ifndef TOOLS_REPORT_HTML_EXPERIMENT_PRIVATE_H
#define TOOLS_REPORT_HTML_EXPERIMENT_PRIVATE_H

#include "tools/report/html.h"

/* Results, and what is looked up in them again and again. All borrowed. */
struct study_view {
    const struct value *results, *points, *responses, *comparisons;
    /* Numbers of responses (owned list): first those with significant differences, then those that
     * vary at all. The `shown` first ones have charts; the rest came to the same in every run. */
    size_t *order, shown;
};

/* Put the responses in order; free the list. */
void study_view_order(struct study_view *study);

/* One response. */
struct response_view {
    const struct value *of;
    size_t number;
    char *title;      /* owned: "availability of deployment/web" */
    const char *unit; /* as charts have it; NULL: a number */
    double better;    /* 1: higher is better, -1: lower is, 0: neither */
};
/* The response that stands at a place of the order. */
struct response_view response_view(const struct study_view *study, size_t place);
void response_view_close(struct response_view *response);

double number_of(const struct value *map, const char *key); /* NAN: none */

/* Is it a point of the design, and not of a counterfactual? */
bool is_of_design(const struct value *point);
const struct value *point_numbered(const struct study_view *study, int64_t number);
const struct value *baseline_of(const struct study_view *study);
const struct value *estimate_of(const struct value *point, size_t response);
/* Of a point with the baseline; NULL: none. */
const struct value *comparison_of(const struct study_view *study, const struct value *point,
                                  const struct response_view *response);

/* "99.962 % [99.958, 99.967]", "16m21s [14m27s, 18m14s]"; the caller frees. */
char *print_with_interval(double mean, double low, double high, const char *unit);
/* Of the keys of a map: `key`, "low" and "high". */
char *print_estimate(const struct value *map, const char *key, const char *unit);
char *print_value(double value, const char *unit);
char *print_probability(double p);

/* "61 % node-crash, 39 % bad-release" of what a response is of, at a point; NULL: nothing was lost. */
char *print_causes_of(const struct value *point, const struct response_view *response);

/* --- the parts ------------------------------------------------------------------------------- */

void html_study_answer(struct writer *out, const struct study_view *study);
/* Intervals of each point, how far single runs spread, and how the interval shrank: html_estimates.c. */
void html_estimates(struct html_page *page, const struct study_view *study);
void html_spread(struct html_page *page, const struct study_view *study);
void html_convergence(struct html_page *page, const struct study_view *study);
/* Differences from the baseline, and how far the luck was common: html_differences.c. */
void html_differences(struct html_page *page, const struct study_view *study);
void html_common_luck(struct html_page *page, const struct study_view *study);
/* What was lost to what, as attributed and as it would be without: html_causes.c. */
void html_causes_of_points(struct html_page *page, const struct study_view *study);
void html_counterfactual(struct html_page *page, const struct study_view *study);

#endif
