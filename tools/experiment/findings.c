/* From replications to results: what was taken, added up in order, and told as one document. */
#include "tools/experiment/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/schema.h"
#include "sim/base/memory.h"
#include "sim/stat/comparisons.h"
#include "tools/experiment/print.h"
#include "tools/version.h"

/* Downtime of a row by one kind of cause, added up over the replications of a point. */
struct cause_sum {
    char *row, *space, *kind; /* owned */
    double downtime, outages;
};

/* What is known of a point beside the values of its responses. */
struct point_sums {
    double events;
    struct cause_sum *causes; /* owned, in order of first appearance */
    size_t count, capacity;
    double *warmups;         /* owned: seconds left out for each response, added up */
    struct value *intervals; /* of one long run; NULL: of replications */
};

struct findings {
    const struct experiment *experiment;
    struct study *study;
    struct point_sums *points;
    bool *is_truth; /* of each response: it was true or false */
};

struct findings *findings_new(const struct experiment *experiment)
{
    struct findings *findings = mem_new(sizeof *findings);
    findings->experiment = experiment;
    findings->study = experiment_study(experiment);
    findings->points = mem_new((experiment->point_count + 1) * sizeof *findings->points);
    findings->is_truth = mem_new(experiment->response_count + 1);
    for (size_t i = 0; i < experiment->point_count; i++)
        findings->points[i].warmups = mem_new((experiment->response_count + 1) * sizeof(double));
    return findings;
}

void findings_free(struct findings *findings)
{
    if (findings == NULL)
        return;
    for (size_t i = 0; i < findings->experiment->point_count; i++) {
        struct point_sums *point = &findings->points[i];
        for (size_t j = 0; j < point->count; j++) {
            free(point->causes[j].row);
            free(point->causes[j].space);
            free(point->causes[j].kind);
        }
        free(point->causes);
        free(point->warmups);
        value_drop(point->intervals);
    }
    study_free(findings->study);
    free(findings->points);
    free(findings->is_truth);
    free(findings);
}

struct study *findings_study(struct findings *findings)
{
    return findings->study;
}

/* ── taking ── */

static char *copy(const char *text)
{
    return mem_text(text, strlen(text));
}

static void add_cause(struct point_sums *point, const struct value *cause)
{
    const char *row = value_text(value_get(cause, "row"), "");
    const char *space = value_text(value_get(cause, "namespace"), "");
    const char *kind = value_text(value_get(cause, "kind"), "");
    struct cause_sum *sum = NULL;
    for (size_t i = 0; i < point->count && sum == NULL; i++)
        if (strcmp(point->causes[i].row, row) == 0 && strcmp(point->causes[i].kind, kind) == 0 &&
            strcmp(point->causes[i].space, space) == 0)
            sum = &point->causes[i];
    if (sum == NULL) {
        MEM_GROW(point->causes, point->count, point->capacity);
        sum = &point->causes[point->count++];
        *sum = (struct cause_sum){ copy(row), copy(space), copy(kind), 0, 0 };
    }
    sum->downtime += value_double(value_get(cause, "downtimeSeconds"), 0);
    sum->outages += value_double(value_get(cause, "outages"), 0);
}

static void add_beside(struct findings *findings, struct point_sums *point,
                       const struct value *result)
{
    const struct value *causes = value_get(result, "causes"),
                       *warmups = value_get(result, "warmups"),
                       *intervals = value_get(result, "intervals");
    point->events += value_double(value_get(result, "events"), 0);
    for (size_t i = 0; causes != NULL && i < causes->count; i++)
        add_cause(point, causes->items[i]);
    for (size_t i = 0; warmups != NULL && i < findings->experiment->response_count; i++)
        point->warmups[i] += value_double(value_at(warmups, i), 0);
    if (intervals != NULL) {
        value_drop(point->intervals);
        point->intervals = value_hold(intervals);
    }
}

bool findings_take(struct findings *findings, struct task task, const struct value *result,
                   struct error *error)
{
    const size_t count = findings->experiment->response_count;
    const struct value *values = value_get(result, "values"),
                       *truths = value_get(result, "isTruth");
    if (values == NULL || values->type != VALUE_LIST || values->count != count)
        return error_set(error, (struct place){ 0 },
                         "the result of replication %u at point %u does not fit the study",
                         task.replication, task.point);
    double *numbers = mem_new((count + 1) * sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = value_double(values->items[i], NAN);
        if (value_truth(value_at(truths, i), false) && !findings->is_truth[i]) {
            findings->is_truth[i] = true;
            study_set_proportion(findings->study, i);
        }
    }
    study_take(findings->study, task, numbers);
    add_beside(findings, &findings->points[task.point], result);
    free(numbers);
    return true;
}

/* ── numbers of the document ── */

static void put(struct value *map, const char *key, double value)
{
    value_set(map, key, value_new_double(value));
}

static void put_text(struct value *map, const char *key, const char *text)
{
    value_set(map, key, text != NULL ? value_new_string(text) : value_new_null());
}

static void put_count(struct value *map, const char *key, size_t count)
{
    value_set(map, key, value_new_int((int64_t)count));
}

/* ── points ── */

/* Half widths are symmetric, shares are not: no interval goes beyond what there is. */
static void put_bounds(struct value *map, double low, double high, bool is_share)
{
    put(map, "low", is_share && low < 0 ? 0 : low);
    put(map, "high", is_share && high > 1 ? 1 : high);
}

/* The interval that one long run has by itself. */
static void put_long_run(struct value *map, const struct value *interval, bool is_share)
{
    const double mean = value_double(value_get(interval, "mean"), NAN);
    const double half = value_double(value_get(interval, "halfWidth"), NAN);
    put(map, "mean", mean);
    put_bounds(map, mean - half, mean + half, is_share);
    put(map, "halfWidth", half);
    put_count(map, "batches", (size_t)value_int(value_get(interval, "count"), 0));
}

static struct value *estimate_of(const struct findings *findings, size_t point, size_t response)
{
    const struct study_estimate estimate = study_estimate(findings->study, point, response);
    const struct point_sums *sums = &findings->points[point];
    const size_t replications = study_replications(findings->study, point);
    const double *values = study_values(findings->study, point, response);
    const char *unit = findings->experiment->responses[response].unit;
    const bool is_share = unit != NULL && strcmp(unit, "share") == 0;
    struct value *map = value_new_map(), *list = value_new_list();
    put_text(map, "response", findings->experiment->responses[response].name);
    put_count(map, "count", estimate.count);
    put_count(map, "missing", estimate.missing);
    put(map, "mean", estimate.mean);
    put_bounds(map, estimate.low, estimate.high, is_share);
    put(map, "halfWidth", estimate.half_width);
    if (sums->intervals != NULL)
        put_long_run(map, value_at(sums->intervals, response), is_share);
    if (findings->experiment->estimate == BY_MSER5 && replications > 0)
        put(map, "warmupSeconds", sums->warmups[response] / (double)replications);
    put(map, "standardDeviation", estimate.deviation);
    put(map, "least", estimate.least);
    put(map, "median", estimate.median);
    put(map, "p95", estimate.p95);
    put(map, "most", estimate.most);
    for (size_t i = 0; i < replications; i++)
        value_add(list, value_new_double(values[i]));
    value_set(map, "values", list);
    return map;
}

static double downtime_of_row(const struct point_sums *point, const struct cause_sum *of)
{
    double sum = 0;
    for (size_t i = 0; i < point->count; i++)
        if (strcmp(point->causes[i].row, of->row) == 0 &&
            strcmp(point->causes[i].space, of->space) == 0)
            sum += point->causes[i].downtime;
    return sum;
}

static struct value *causes_of(const struct point_sums *point, size_t replications)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < point->count; i++) {
        const struct cause_sum *cause = &point->causes[i];
        const double all = downtime_of_row(point, cause);
        struct value *map = value_new_map();
        put_text(map, "row", cause->row);
        put_text(map, "namespace", cause->space);
        put_text(map, "kind", cause->kind);
        put(map, "downtimeSeconds", cause->downtime / (double)replications);
        put(map, "share", all > 0 ? cause->downtime / all : NAN);
        put(map, "outages", cause->outages / (double)replications);
        value_add(list, map);
    }
    return list;
}

static struct value *point_of(const struct findings *findings, size_t number)
{
    const struct experiment *experiment = findings->experiment;
    const struct experiment_point *point = &experiment->points[number];
    struct value *map = value_new_map(), *levels = value_new_map(), *list = value_new_list();
    for (size_t i = 0; i < experiment->factor_count; i++)
        put_text(levels, experiment->factors[i].name,
                 experiment->factors[i].levels[point->levels[i]].name);
    for (size_t i = 0; i < experiment->response_count; i++)
        value_add(list, estimate_of(findings, number, i));
    put_count(map, "number", number);
    put_text(map, "name", point->name);
    value_set(map, "levels", levels);
    value_set(map, "baseline", value_new_bool(number == experiment->baseline));
    if (point->without != NULL)
        put_text(map, "without", point->without);
    put_count(map, "replications", study_replications(findings->study, number));
    value_set(map, "estimates", list);
    value_set(map, "causes",
              causes_of(&findings->points[number], study_replications(findings->study, number)));
    return map;
}

/* ── comparisons ── */

struct comparison {
    size_t point, response;
    struct study_difference difference;
    double adjusted;
};

/* All of one part of the study with the baseline, with what Holm makes of them together; the caller
 * frees. */
static struct comparison *compare_all(const struct findings *findings, bool is_counterfactual,
                                      size_t *count)
{
    const struct experiment *experiment = findings->experiment;
    const size_t most = experiment->point_count * experiment->response_count;
    struct comparison *all = mem_new((most + 1) * sizeof *all);
    double *p = mem_new((most + 1) * sizeof *p);
    *count = 0;
    for (size_t i = 0; i < experiment->point_count; i++) {
        const bool is_part = (experiment->points[i].without != NULL) == is_counterfactual &&
                             i != experiment->baseline &&
                             experiment->baseline < experiment->point_count &&
                             findings->points[i].intervals == NULL;
        for (size_t j = 0; is_part && j < experiment->response_count; j++) {
            all[*count] = (struct comparison){
                i, j, study_difference(findings->study, i, experiment->baseline, j), 1
            };
            p[*count] = all[*count].difference.p;
            (*count)++;
        }
    }
    holm_adjust(p, *count);
    for (size_t i = 0; i < *count; i++)
        all[i].adjusted = p[i];
    free(p);
    return all;
}

static struct value *comparison_of(const struct findings *findings,
                                   const struct comparison *comparison)
{
    const struct experiment *experiment = findings->experiment;
    const struct study_difference *difference = &comparison->difference;
    struct value *map = value_new_map();
    put_count(map, "point", comparison->point);
    put_count(map, "against", experiment->baseline);
    put_text(map, "response", experiment->responses[comparison->response].name);
    put_count(map, "pairs", difference->pairs);
    put(map, "difference", difference->difference);
    put(map, "low", difference->low);
    put(map, "high", difference->high);
    put(map, "p", difference->p);
    put(map, "adjusted", comparison->adjusted);
    value_set(map, "significant",
              value_new_bool(comparison->adjusted <= 1 - experiment->rule.confidence));
    put(map, "correlation", difference->correlation);
    put(map, "independentHalfWidth", difference->independent);
    return map;
}

static struct value *saving_of(const struct findings *findings, const struct comparison *comparison)
{
    const struct experiment *experiment = findings->experiment;
    const struct study_difference *difference = &comparison->difference;
    struct value *map = value_new_map();
    put_text(map, "cause", experiment->points[comparison->point].without);
    put_text(map, "response", experiment->responses[comparison->response].name);
    put_count(map, "point", comparison->point);
    put(map, "mean", study_estimate(findings->study, comparison->point, comparison->response).mean);
    put(map, "saved", -difference->difference);
    put(map, "low", -difference->high);
    put(map, "high", -difference->low);
    put(map, "p", difference->p);
    put(map, "adjusted", comparison->adjusted);
    return map;
}

static struct value *comparisons_of(const struct findings *findings, bool is_counterfactual)
{
    size_t count;
    struct comparison *all = compare_all(findings, is_counterfactual, &count);
    struct value *list = value_new_list();
    for (size_t i = 0; i < count; i++)
        value_add(list, is_counterfactual ? saving_of(findings, &all[i])
                                          : comparison_of(findings, &all[i]));
    free(all);
    return list;
}

/* ── the whole ── */

static struct value *factors_of(const struct experiment *experiment)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < experiment->factor_count; i++) {
        struct value *map = value_new_map(), *levels = value_new_list();
        for (size_t j = 0; j < experiment->factors[i].count; j++)
            value_add(levels, value_new_string(experiment->factors[i].levels[j].name));
        put_text(map, "name", experiment->factors[i].name);
        value_set(map, "levels", levels);
        value_add(list, map);
    }
    return list;
}

static struct value *responses_of(const struct findings *findings)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < findings->experiment->response_count; i++) {
        const struct experiment_response *response = &findings->experiment->responses[i];
        struct value *map = value_new_map();
        put_text(map, "name", response->name);
        put_text(map, "path", response->text);
        put_text(map, "unit", findings->is_truth[i] ? "share" : response->unit);
        put_text(map, "better", response->better);
        value_set(map, "proportion", value_new_bool(findings->is_truth[i]));
        value_add(list, map);
    }
    return list;
}

static const char *name_of_estimate(enum experiment_estimate estimate)
{
    static const char *const names[] = { "replications", "replications, MSER-5", "batch means",
                                         "regenerative", "splitting" };
    return names[estimate];
}

static const char *name_of_stop(enum study_stop stopped)
{
    static const char *const names[] = { "under way",    "count", "precision",
                                         "significance", "most",  "time" };
    return names[stopped];
}

static void put_totals(const struct findings *findings, struct value *document)
{
    size_t replications = 0;
    double events = 0;
    for (size_t i = 0; i < findings->experiment->point_count; i++) {
        replications += study_replications(findings->study, i);
        events += findings->points[i].events;
    }
    put_count(document, "replications", replications);
    put(document, "events", events);
}

struct value *findings_document(const struct findings *findings)
{
    const struct experiment *experiment = findings->experiment;
    const struct scenario *scenario = &experiment_first(experiment)->inputs.scenario;
    struct value *document = value_new_map(), *points = value_new_list();
    put_text(document, "apiVersion", "seatrial.dev/v1alpha1");
    put_text(document, "kind", "ExperimentResults");
    put_text(document, "name", experiment->name);
    put_text(document, "question", experiment->question);
    put_text(document, "scenario", scenario->name);
    put_text(document, "version", SEATRIAL_VERSION);
    put_text(document, "kubernetes", schema_release);
    put_count(document, "seed", experiment->seed);
    put(document, "durationSeconds", (double)scenario->duration / (double)SIM_SECOND);
    put_text(document, "design", experiment->design);
    put_text(document, "estimate", name_of_estimate(experiment->estimate));
    put(document, "confidence", experiment->rule.confidence);
    value_set(document, "commonRandomNumbers", value_new_bool(experiment->rule.is_paired));
    value_set(document, "antithetic", value_new_bool(experiment->rule.is_antithetic));
    put_text(document, "stopped", name_of_stop(study_stopped(findings->study)));
    put_totals(findings, document);
    value_set(document, "factors", factors_of(experiment));
    value_set(document, "responses", responses_of(findings));
    for (size_t i = 0; i < experiment->point_count; i++)
        value_add(points, point_of(findings, i));
    value_set(document, "points", points);
    value_set(document, "comparisons", comparisons_of(findings, false));
    value_set(document, "counterfactual", comparisons_of(findings, true));
    value_set(document, "gates", value_new_list());
    return document;
}

void findings_describe(const struct findings *findings, struct writer *out)
{
    const struct experiment *experiment = findings->experiment;
    const size_t point = (size_t)(experiment_first(experiment) - experiment->points);
    const struct experiment_response *response = &experiment->responses[0];
    if (study_replications(findings->study, point) < 2)
        return;
    const struct study_estimate estimate = study_estimate(findings->study, point, 0);
    char *text = print_measure(estimate.mean, estimate.low, estimate.high, response->unit);
    writer_format(out, "%s %s", response->name, text);
    free(text);
}
