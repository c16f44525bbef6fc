/* Replications until they are enough: values by point, response and replication; the rule; what
 * they come to. */
#include "sim/experiment/study.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "sim/base/memory.h"
#include "sim/stat/bootstrap.h"
#include "sim/stat/comparisons.h"
#include "sim/stat/interval.h"
#include "sim/stat/proportion.h"

enum { RESAMPLES = 2000 }; /* of a bootstrap */

struct study {
    size_t points, baseline, responses;
    enum study_part *parts;          /* owned */
    struct study_response *response; /* owned */
    struct study_rule rule;
    size_t *wanted, *taken; /* owned: replications of each point */
    double **values;        /* owned: point x response, each with room for `room` */
    size_t room;
    struct task *tasks; /* owned: the batch */
    size_t task_count, task_capacity;
    size_t looks; /* how often significance was judged */
    enum study_stop stopped;
};

/* ── life ── */

static size_t even(const struct study_rule *rule, size_t count)
{
    return rule->is_antithetic ? count + count % 2 : count;
}

struct study *study_new(size_t points, size_t baseline, const enum study_part *parts,
                        const struct study_response *responses, size_t response_count,
                        struct study_rule rule)
{
    struct study *study = mem_new(sizeof *study);
    *study = (struct study){
        .points = points, .baseline = baseline, .responses = response_count, .rule = rule
    };
    assert(rule.first > 0 && (rule.batch > 0 || rule.most <= rule.first));
    study->rule.first = even(&rule, rule.first);
    study->rule.batch = even(&rule, rule.batch);
    study->rule.most = even(&rule, rule.most);
    study->parts = mem_new((points + 1) * sizeof *study->parts);
    study->response = mem_new((response_count + 1) * sizeof *study->response);
    memcpy(study->parts, parts, points * sizeof *parts);
    memcpy(study->response, responses, response_count * sizeof *responses);
    study->wanted = mem_new((points + 1) * sizeof *study->wanted);
    study->taken = mem_new((points + 1) * sizeof *study->taken);
    study->values = mem_new((points * response_count + 1) * sizeof *study->values);
    return study;
}

void study_free(struct study *study)
{
    if (study == NULL)
        return;
    for (size_t i = 0; i < study->points * study->responses; i++)
        free(study->values[i]);
    free(study->values);
    free(study->parts);
    free(study->response);
    free(study->wanted);
    free(study->taken);
    free(study->tasks);
    free(study);
}

/* ── values ── */

static double *row(const struct study *study, size_t point, size_t response)
{
    return study->values[point * study->responses + response];
}

static void make_room(struct study *study, size_t replications)
{
    if (replications <= study->room)
        return;
    for (size_t i = 0; i < study->points * study->responses; i++) {
        study->values[i] = mem_resize(study->values[i], replications * sizeof(double));
        for (size_t r = study->room; r < replications; r++)
            study->values[i][r] = NAN;
    }
    study->room = replications;
}

void study_take(struct study *study, struct task task, const double *values)
{
    assert(task.point < study->points && task.replication < study->room);
    for (size_t i = 0; i < study->responses; i++)
        row(study, task.point, i)[task.replication] = values[i];
    study->taken[task.point]++;
}

void study_set_proportion(struct study *study, size_t response)
{
    study->response[response].is_proportion = true;
}

size_t study_replications(const struct study *study, size_t point)
{
    return study->taken[point];
}

const double *study_values(const struct study *study, size_t point, size_t response)
{
    return row(study, point, response);
}

/* ── one point ── */

/* The values that there are, in order; of mirrored ones only whole pairs. The caller frees. */
static double *present(const struct study *study, const double *values, size_t *count)
{
    const size_t all = *count, step = study->rule.is_antithetic ? 2 : 1;
    double *kept = mem_new((all + 1) * sizeof *kept);
    *count = 0;
    for (size_t i = 0; i + step <= all; i += step)
        if (!isnan(values[i]) && !isnan(values[i + step - 1]))
            for (size_t j = 0; j < step; j++)
                kept[(*count)++] = values[i + j];
    return kept;
}

static struct interval interval_by(const struct study *study, const double *values, size_t count)
{
    const double confidence = study->rule.confidence;
    return study->rule.is_antithetic ? interval_of_pairs(values, count, confidence)
                                     : interval_of(values, count, confidence);
}

static void put_bounds(struct study_estimate *into, struct bounds bounds)
{
    into->mean = bounds.estimate;
    into->low = isfinite(bounds.lower) ? bounds.lower : NAN;
    into->high = isfinite(bounds.upper) ? bounds.upper : NAN;
}

/* The interval by resampling. The stream's name holds what it is for, so that a bootstrap says the same
 * whenever it is asked. */
static void bootstrap(const struct study *study, size_t point, size_t response, double *values,
                      size_t count, struct study_estimate *into)
{
    char purpose[64];
    const double quantile = study->response[response].quantile;
    snprintf(purpose, sizeof purpose, "%zu/%zu", point, response);
    struct stream stream = stream_of(0, "", purpose, "bootstrap", count);
    put_bounds(into, bootstrap_of(values, count, quantile > 0 ? statistic_quantile : statistic_mean,
                                  &quantile, RESAMPLES, &stream, study->rule.confidence));
}

static void estimate_proportion(const struct study *study, const double *values, size_t count,
                                struct study_estimate *into)
{
    uint64_t successes = 0;
    for (size_t i = 0; i < count; i++)
        successes += values[i] != 0;
    put_bounds(into, proportion_of(successes, count, study->rule.confidence));
}

static void estimate_mean(const struct study *study, const double *values, size_t count,
                          struct study_estimate *into)
{
    const struct interval interval = interval_by(study, values, count);
    const bool told = isfinite(interval.half_width);
    into->mean = interval.mean;
    into->low = told ? interval.mean - interval.half_width : NAN;
    into->high = told ? interval.mean + interval.half_width : NAN;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is smallest among values that a share of all do not exceed. */
static double quantile_of(const double *sorted, size_t count, double share)
{
    const double rank = ceil(share * (double)count);
    return sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

static void describe(const struct study *study, const double *values, size_t count,
                     struct study_estimate *into)
{
    double *sorted = mem_new((count + 1) * sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_size);
    into->least = sorted[0];
    into->most = sorted[count - 1];
    into->median = quantile_of(sorted, count, 0.5);
    into->p95 = quantile_of(sorted, count, 0.95);
    const struct interval plain = interval_of(values, count, study->rule.confidence);
    into->deviation = count > 1 ? plain.error * sqrt((double)count) : NAN;
    free(sorted);
}

struct study_estimate study_estimate(const struct study *study, size_t point, size_t response)
{
    const struct study_response *how = &study->response[response];
    size_t count = study->taken[point];
    struct study_estimate estimate = { .missing = count };
    double *values = present(study, row(study, point, response), &count);
    estimate.count = count;
    estimate.missing -= count;
    estimate.mean = estimate.low = estimate.high = estimate.half_width = estimate.deviation = NAN;
    estimate.least = estimate.median = estimate.p95 = estimate.most = NAN;
    if (count > 0) {
        describe(study, values, count, &estimate);
        if (how->quantile > 0 || how->by_bootstrap)
            bootstrap(study, point, response, values, count, &estimate);
        else if (how->is_proportion && !study->rule.is_antithetic)
            estimate_proportion(study, values, count, &estimate);
        else
            estimate_mean(study, values, count, &estimate);
        estimate.half_width = (estimate.high - estimate.low) / 2;
    }
    free(values);
    return estimate;
}

/* ── two points ── */

/* Means of independent samples of perhaps other spread: Welch, The generalization of "Student's" problem
 * when several different population variances are involved, Biometrika 34 (1947). */
static void welch(struct interval a, struct interval b, double confidence,
                  struct study_difference *into)
{
    const double va = a.error * a.error, vb = b.error * b.error, error = sqrt(va + vb);
    const double freedom =
        (va + vb) * (va + vb) / (va * va / ((double)a.count - 1) + vb * vb / ((double)b.count - 1));
    into->difference = a.mean - b.mean;
    if (!isfinite(error))
        return;
    if (error == 0) {
        into->low = into->high = into->difference;
        into->p = into->difference == 0 ? 1 : 0;
        into->independent = 0;
        return;
    }
    into->independent = error * gsl_cdf_tdist_Pinv(0.5 + confidence / 2, freedom);
    into->low = into->difference - into->independent;
    into->high = into->difference + into->independent;
    into->p = 2 * gsl_cdf_tdist_Q(fabs(into->difference) / error, freedom);
}

/* Pairs of which both are there, side by side; returns how many. */
static size_t pair_up(const struct study *study, const double *a, const double *b, size_t count,
                      double *pa, double *pb)
{
    const size_t step = study->rule.is_antithetic ? 2 : 1;
    size_t pairs = 0;
    for (size_t i = 0; i + step <= count; i += step) {
        bool whole = true;
        for (size_t j = i; j < i + step; j++)
            whole = whole && !isnan(a[j]) && !isnan(b[j]);
        for (size_t j = i; whole && j < i + step; j++, pairs++)
            pa[pairs] = a[j], pb[pairs] = b[j];
    }
    return pairs;
}

/* The mean of each mirrored pair, in place; returns how many. */
static size_t fold(double *values, size_t count)
{
    for (size_t i = 0; i < count / 2; i++)
        values[i] = (values[2 * i] + values[2 * i + 1]) / 2;
    return count / 2;
}

/* By differences of each pair. `into` has what Welch said already. */
static void by_pairs(const struct study *study, const double *a, const double *b, size_t count,
                     struct study_difference *into)
{
    const struct interval interval = interval_of_difference(a, b, count, study->rule.confidence);
    const bool told = isfinite(interval.half_width);
    into->difference = interval.mean;
    into->low = told ? interval.mean - interval.half_width : NAN;
    into->high = told ? interval.mean + interval.half_width : NAN;
    into->p = interval.error == 0 && interval.mean != 0 ? 0 : paired_p_value(a, b, count);
    into->correlation = correlation_of(a, b, count);
}

struct study_difference study_difference(const struct study *study, size_t point, size_t against,
                                         size_t response)
{
    const double confidence = study->rule.confidence;
    size_t of_point = study->taken[point], of_against = study->taken[against];
    struct study_difference found = {
        .difference = NAN, .low = NAN, .high = NAN, .p = 1, .correlation = NAN, .independent = NAN
    };
    const size_t common = of_point < of_against ? of_point : of_against;
    const double *a = row(study, point, response), *b = row(study, against, response);
    double *pa = mem_new((common + 1) * sizeof *pa), *pb = mem_new((common + 1) * sizeof *pb);
    if (study->rule.is_paired) {
        found.pairs = pair_up(study, a, b, common, pa, pb);
        if (study->rule.is_antithetic) {
            fold(pb, found.pairs);
            found.pairs = fold(pa, found.pairs);
        }
        if (found.pairs > 0) {
            welch(interval_of(pa, found.pairs, confidence),
                  interval_of(pb, found.pairs, confidence), confidence, &found);
            by_pairs(study, pa, pb, found.pairs, &found);
        }
    } else {
        double *xa = present(study, a, &of_point), *xb = present(study, b, &of_against);
        found.pairs = of_point < of_against ? of_point : of_against;
        if (found.pairs > 0)
            welch(interval_by(study, xa, of_point), interval_by(study, xb, of_against), confidence,
                  &found);
        free(xa);
        free(xb);
    }
    free(pa);
    free(pb);
    return found;
}

/* ── the rule ── */

static bool is_precise(const struct study *study, size_t point)
{
    for (size_t i = 0; i < study->responses; i++) {
        if (!study->response[i].is_judged)
            continue;
        const struct study_estimate estimate = study_estimate(study, point, i);
        const double of = study->response[i].from_complement ? 1 - estimate.mean : estimate.mean;
        /* No spread at all, or no value at all: more would not tell more. */
        if (estimate.count > 0 && estimate.half_width != 0 &&
            !(estimate.half_width <= study->rule.relative * fabs(of)))
            return false;
    }
    return true;
}

/* Which comparisons are not significant yet, when all are to be right at once (Holm) and this is one of
 * many looks: the k-th may spend 6/(pi^2 k^2) of the error, and these shares add up to 1. */
static void judge_differences(struct study *study, bool *needs)
{
    const size_t all = study->points * study->responses;
    double *p = mem_new((all + 1) * sizeof *p);
    size_t count = 0;
    study->looks++;
    for (size_t point = 0; point < study->points; point++)
        for (size_t i = 0; study->parts[point] == STUDY_COMPARED && i < study->responses; i++)
            if (study->response[i].is_judged)
                p[count++] = study_difference(study, point, study->baseline, i).p;
    holm_adjust(p, count);
    const double look = (double)study->looks;
    const double error = (1 - study->rule.confidence) * 6 / (M_PI * M_PI * look * look);
    count = 0;
    for (size_t point = 0; point < study->points; point++)
        for (size_t i = 0; study->parts[point] == STUDY_COMPARED && i < study->responses; i++)
            if (study->response[i].is_judged && p[count++] > error)
                needs[point] = needs[study->baseline] = true;
    free(p);
}

/* Which points need more. */
static bool judge(struct study *study, bool *needs)
{
    bool any = false;
    if (study->rule.relative > 0)
        for (size_t point = 0; point < study->points; point++)
            needs[point] = study->parts[point] != STUDY_FOLLOWER && !is_precise(study, point);
    if (study->rule.until_significant && study->baseline < study->points)
        judge_differences(study, needs);
    for (size_t point = 0; point < study->points; point++) {
        if (study->parts[point] == STUDY_FOLLOWER && study->baseline < study->points)
            needs[point] = needs[study->baseline];
        any = any || needs[point];
    }
    return any;
}

static bool is_open_ended(const struct study_rule *rule)
{
    return rule->relative > 0 || rule->until_significant;
}

/* Ask for more where they are needed; false when none are, or none are allowed. */
static bool want_more(struct study *study)
{
    bool *needs = mem_new((study->points + 1) * sizeof *needs), more = false;
    const bool any = judge(study, needs);
    for (size_t point = 0; point < study->points; point++) {
        size_t wanted = study->wanted[point] + study->rule.batch;
        wanted = wanted > study->rule.most ? study->rule.most : wanted;
        if (needs[point] && wanted > study->wanted[point]) {
            study->wanted[point] = wanted;
            more = true;
        }
    }
    if (!more)
        study->stopped = any                        ? STUDY_MOST
                         : study->rule.relative > 0 ? STUDY_PRECISION
                                                    : STUDY_SIGNIFICANCE;
    free(needs);
    return more;
}

static void list_tasks(struct study *study)
{
    size_t last = 0;
    study->task_count = 0;
    for (size_t point = 0; point < study->points; point++)
        last = study->wanted[point] > last ? study->wanted[point] : last;
    for (size_t r = 0; r < last; r++)
        for (size_t point = 0; point < study->points; point++) {
            if (r < study->taken[point] || r >= study->wanted[point])
                continue;
            MEM_GROW(study->tasks, study->task_count, study->task_capacity);
            study->tasks[study->task_count++] = (struct task){ (uint32_t)point, (uint32_t)r };
        }
    make_room(study, last);
}

size_t study_next(struct study *study, const struct task **tasks)
{
    *tasks = NULL;
    if (study->stopped != STUDY_GOES_ON || study->points == 0)
        return 0;
    for (size_t point = 0; point < study->points; point++)
        assert(study->taken[point] == study->wanted[point]);
    if (study->wanted[0] == 0) {
        for (size_t point = 0; point < study->points; point++)
            study->wanted[point] = study->rule.first;
    } else if (!is_open_ended(&study->rule)) {
        study->stopped = STUDY_COUNT;
        return 0;
    } else if (!want_more(study)) {
        return 0;
    }
    list_tasks(study);
    *tasks = study->tasks;
    return study->task_count;
}

void study_end(struct study *study)
{
    if (study->stopped == STUDY_GOES_ON)
        study->stopped = STUDY_ENDED;
}

enum study_stop study_stopped(const struct study *study)
{
    return study->stopped;
}
