/* Which fixes are worth it: two experiments, and what their results say together. */
#include "tools/advise/advice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/stat/comparisons.h"
#include "sim/stat/interval.h"
#include "tools/advise/fix.h"
#include "tools/version.h"

#define MINUTES_OF_MONTH (730.5 * 60)

/* One workload, and how its loss is measured. */
struct subject {
    struct candidate candidate;
    char *target;   /* owned */
    char *response; /* owned: the path of what users lose */
    bool by_traffic;
    bool lost; /* in any run of the baseline */
};

/* One fix of one workload: a level of the trials. */
struct trial {
    size_t subject;
    const struct fix *fix;
    char *name;          /* owned: "deployment/web: replicas+1" */
    struct value *level; /* owned */
};

struct advice {
    const struct scenario *scenario;
    struct subject *subjects;
    size_t subject_count, subject_capacity;
    struct trial *trials;
    size_t trial_count, trial_capacity;
    struct value *baseline, *tried; /* results; NULL: not yet */
};

/* ── workloads ── */

static char *target_of(const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"), "");
    return mem_format("%s/%s", strcmp(kind, "StatefulSet") == 0 ? "statefulset" : "deployment",
                      value_text(value_path(document, "metadata", "name", NULL), ""));
}

/* Does an entry of traffic go to pods of the workload? */
static bool is_for(const struct scenario *scenario, const struct value *entry,
                   const struct candidate *candidate)
{
    const char *service = value_text(value_get(entry, "service"), "");
    const char *space = value_text(value_get(entry, "namespace"), "default");
    const struct value *labels =
        value_path(candidate_template(candidate), "metadata", "labels", NULL);
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct value *object = scenario->objects.items[i].document;
        if (scenario->objects.items[i].kind == KIND_SERVICE &&
            strcmp(value_text(value_path(object, "metadata", "name", NULL), ""), service) == 0 &&
            strcmp(value_text(value_path(object, "metadata", "namespace", NULL), "default"),
                   space) == 0)
            return strcmp(space, candidate->space) == 0 &&
                   labels_are_picked(value_path(object, "spec", "selector", NULL), labels);
    }
    return false;
}

/* Failed requests where there are any that could fail, downtime otherwise. */
static void choose_response(struct subject *subject)
{
    const struct candidate *candidate = &subject->candidate;
    const struct documents *traffic = &candidate->scenario->traffic;
    for (size_t i = 0; i < traffic->count && subject->response == NULL; i++) {
        const struct value *entry = traffic->items[i];
        if (is_for(candidate->scenario, entry, candidate))
            subject->response = mem_format(
                "traffic[%s].failedShare",
                value_text(value_get(entry, "name"), value_text(value_get(entry, "service"), "")));
    }
    subject->by_traffic = subject->response != NULL;
    if (subject->response == NULL)
        subject->response = mem_format("workloads[%s].downtimeSeconds", subject->target);
}

static void add_subject(struct advice *advice, const struct value *document)
{
    MEM_GROW(advice->subjects, advice->subject_count, advice->subject_capacity);
    struct subject *subject = &advice->subjects[advice->subject_count++];
    *subject = (struct subject){ .target = target_of(document) };
    subject->candidate = (struct candidate){
        .scenario = advice->scenario,
        .document = document,
        .target = subject->target,
        .space = value_text(value_path(document, "metadata", "namespace", NULL), "default"),
        .replicas = value_int(value_path(document, "spec", "replicas", NULL), 1),
    };
    choose_response(subject);
}

struct advice *advice_new(const struct scenario *scenario, const char *only)
{
    struct advice *advice = mem_new(sizeof *advice);
    advice->scenario = scenario;
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct manifest_object *object = &scenario->objects.items[i];
        if (object->kind != KIND_DEPLOYMENT && object->kind != KIND_STATEFULSET)
            continue;
        char *target = target_of(object->document);
        if ((only == NULL || strcmp(only, target) == 0) &&
            value_int(value_path(object->document, "spec", "replicas", NULL), 1) > 0)
            add_subject(advice, object->document);
        free(target);
    }
    return advice;
}

void advice_free(struct advice *advice)
{
    if (advice == NULL)
        return;
    for (size_t i = 0; i < advice->subject_count; i++) {
        free(advice->subjects[i].target);
        free(advice->subjects[i].response);
    }
    for (size_t i = 0; i < advice->trial_count; i++) {
        free(advice->trials[i].name);
        value_drop(advice->trials[i].level);
    }
    value_drop(advice->baseline);
    value_drop(advice->tried);
    free(advice->subjects);
    free(advice->trials);
    free(advice);
}

size_t advice_candidates(const struct advice *advice)
{
    return advice->subject_count;
}

/* ── experiments ── */

static struct value *experiment_with(const char *name, struct value *factors,
                                     struct value *responses, int64_t replications)
{
    struct value *document = value_new_map(), *spec = value_new_map();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Experiment"));
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    value_set(spec, "replications", value_new_int(replications));
    value_set(spec, "responses", responses);
    if (factors != NULL)
        value_set(spec, "factors", factors);
    else
        value_set(spec, "counterfactual", value_new_bool(true));
    value_set(document, "spec", spec);
    return document;
}

/* The name of a subject's response: paths alone are the same in two namespaces. */
static char *response_name(const struct subject *subject)
{
    return mem_format("%s/%s", subject->candidate.space, subject->target);
}

static void add_response(struct value *responses, const char *name, const char *path,
                         const char *space)
{
    struct value *response = value_new_map();
    value_set(response, "name", value_new_string(name));
    value_set(response, "path", value_new_string(path));
    if (space != NULL)
        value_set(response, "namespace", value_new_string(space));
    value_add(responses, response);
}

static void add_subject_response(struct value *responses, const struct subject *subject)
{
    char *name = response_name(subject);
    add_response(responses, name, subject->response, subject->candidate.space);
    free(name);
}

struct value *advice_baseline(const struct advice *advice, int64_t replications)
{
    struct value *responses = value_new_list();
    for (size_t i = 0; i < advice->subject_count; i++)
        add_subject_response(responses, &advice->subjects[i]);
    return experiment_with("baseline", NULL, responses, replications);
}

/* A level for each fix that changes something about a workload that lost something. */
static struct value *levels_of(const struct advice *advice)
{
    struct value *levels = value_new_list(), *as_it_is = value_new_map();
    value_set(as_it_is, "name", value_new_string("as-it-is"));
    value_add(levels, as_it_is);
    for (size_t i = 0; i < advice->trial_count; i++)
        value_add(levels, value_hold(advice->trials[i].level));
    return levels;
}

struct value *advice_trials(const struct advice *advice, int64_t replications)
{
    struct value *responses = value_new_list(), *factors = value_new_list(),
                 *factor = value_new_map();
    for (size_t i = 0; i < advice->subject_count; i++)
        if (advice->subjects[i].lost)
            add_subject_response(responses, &advice->subjects[i]);
    if (responses->count == 0 || advice->trial_count == 0) {
        value_drop(responses);
        value_drop(factors);
        value_drop(factor);
        return NULL;
    }
    add_response(responses, "cost", "cost.requested.perMonth", NULL);
    add_response(responses, "pods", "cost.pods", NULL);
    value_set(factor, "name", value_new_string("fix"));
    value_set(factor, "levels", levels_of(advice));
    value_add(factors, factor);
    return experiment_with("fixes", factors, responses, replications);
}

/* ── results ── */

static double number_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), NAN);
}

/* The entry of a list with this response (and point, unless it is negative); NULL. */
static const struct value *find(const struct value *list, const char *response, int64_t point)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "response"), ""), response) == 0 &&
            (point < 0 || value_int(value_get(list->items[i], "point"), -1) == point))
            return list->items[i];
    return NULL;
}

/* What a response at the first point of results is. */
static const struct value *at_baseline(const struct value *results, const char *response)
{
    return find(value_get(value_at(value_get(results, "points"), 0), "estimates"), response, -1);
}

static void add_trials_of(struct advice *advice, size_t number)
{
    const struct subject *subject = &advice->subjects[number];
    const bool is_default = strcmp(subject->candidate.space, "default") == 0;
    for (const struct fix *const *fix = fixes; *fix != NULL; fix++) {
        struct value *level = (*fix)->level(&subject->candidate);
        if (level == NULL)
            continue;
        MEM_GROW(advice->trials, advice->trial_count, advice->trial_capacity);
        struct trial *trial = &advice->trials[advice->trial_count++];
        *trial =
            (struct trial){ number, *fix,
                            mem_format("%s%s%s: %s", is_default ? "" : subject->candidate.space,
                                       is_default ? "" : "/", subject->target, (*fix)->name),
                            level };
        value_set(level, "name", value_new_string(trial->name));
    }
}

void advice_take_baseline(struct advice *advice, const struct value *results)
{
    advice->baseline = value_hold(results);
    for (size_t i = 0; i < advice->subject_count; i++) {
        struct subject *subject = &advice->subjects[i];
        char *name = response_name(subject);
        subject->lost = number_of(at_baseline(results, name), "most") > 0;
        free(name);
        if (subject->lost)
            add_trials_of(advice, i);
    }
}

void advice_take_trials(struct advice *advice, const struct value *results)
{
    advice->tried = value_hold(results);
}

/* ── the document ── */

/* What one unit of a subject's response is in minutes of a month. */
static double scale_of(const struct subject *subject)
{
    const struct scenario *scenario = subject->candidate.scenario;
    const double seconds =
        (double)(scenario->duration - scenario->measure_from) / (double)SIM_SECOND;
    return subject->by_traffic ? MINUTES_OF_MONTH : MINUTES_OF_MONTH / seconds;
}

static void put_scaled(struct value *map, const char *key, const struct value *from,
                       const char *field, double scale)
{
    value_set(map, key, value_new_double(number_of(from, field) * scale));
}

static struct value *losses_of(const struct advice *advice)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < advice->subject_count; i++) {
        const struct subject *subject = &advice->subjects[i];
        char *name = response_name(subject);
        const struct value *estimate = at_baseline(advice->baseline, name);
        struct value *map = value_new_map();
        value_set(map, "workload", value_new_string(subject->target));
        value_set(map, "namespace", value_new_string(subject->candidate.space));
        value_set(map, "measure",
                  value_new_string(subject->by_traffic ? "failed requests" : "downtime"));
        put_scaled(map, "minutesPerMonth", estimate, "mean", scale_of(subject));
        put_scaled(map, "low", estimate, "low", scale_of(subject));
        put_scaled(map, "high", estimate, "high", scale_of(subject));
        value_add(list, map);
        free(name);
    }
    return list;
}

/* Each cause switched off, for the workloads that lost something. */
static struct value *causes_of(const struct advice *advice)
{
    const struct value *all = value_get(advice->baseline, "counterfactual");
    struct value *list = value_new_list();
    for (size_t i = 0; i < advice->subject_count; i++) {
        const struct subject *subject = &advice->subjects[i];
        char *name = response_name(subject);
        for (size_t j = 0; j < all->count; j++) {
            const struct value *saving = all->items[j];
            if (!subject->lost || strcmp(value_text(value_get(saving, "response"), ""), name) != 0)
                continue;
            struct value *map = value_new_map();
            value_set(map, "workload", value_new_string(subject->target));
            value_set(map, "namespace", value_new_string(subject->candidate.space));
            value_set(map, "cause", value_hold(value_get(saving, "cause")));
            put_scaled(map, "savedMinutesPerMonth", saving, "saved", scale_of(subject));
            put_scaled(map, "low", saving, "low", scale_of(subject));
            put_scaled(map, "high", saving, "high", scale_of(subject));
            value_set(map, "p", value_hold(value_get(saving, "p")));
            value_add(list, map);
        }
        free(name);
    }
    return list;
}

static struct value *trial_print(const struct advice *advice, size_t number_of_trial,
                                 double adjusted)
{
    const struct trial *trial = &advice->trials[number_of_trial];
    const struct subject *subject = &advice->subjects[trial->subject];
    const struct value *comparisons = value_get(advice->tried, "comparisons");
    const int64_t point = (int64_t)number_of_trial + 1;
    char *name = response_name(subject);
    const struct value *difference = find(comparisons, name, point);
    const struct value *cost = find(comparisons, "cost", point);
    const double scale = -scale_of(subject), confidence = number_of(advice->tried, "confidence");
    struct value *map = value_new_map();
    value_set(map, "workload", value_new_string(subject->target));
    value_set(map, "namespace", value_new_string(subject->candidate.space));
    value_set(map, "fix", value_new_string(trial->fix->name));
    value_set(map, "says", value_new_string(trial->fix->says));
    put_scaled(map, "savedMinutesPerMonth", difference, "difference", scale);
    put_scaled(map, "low", difference, "high", scale);
    put_scaled(map, "high", difference, "low", scale);
    value_set(map, "p", value_hold(value_get(difference, "p")));
    value_set(map, "adjusted", value_new_double(adjusted));
    value_set(map, "significant", value_new_bool(adjusted <= 1 - confidence));
    value_set(map, "correlation", value_hold(value_get(difference, "correlation")));
    put_scaled(map, "costPerMonth", cost, "difference", 1);
    put_scaled(map, "costLow", cost, "low", 1);
    put_scaled(map, "costHigh", cost, "high", 1);
    put_scaled(map, "podsAdded", find(comparisons, "pods", point), "difference", 1);
    value_set(map, "level", value_hold(trial->level));
    free(name);
    return map;
}

/* What surely saves comes before what perhaps does, and more before less; equals stay as they are. */
static bool is_before(const struct value *a, const struct value *b)
{
    const double x = number_of(a, "savedMinutesPerMonth"), y = number_of(b, "savedMinutesPerMonth");
    const bool sure_a = value_truth(value_get(a, "significant"), false) && x > 0,
               sure_b = value_truth(value_get(b, "significant"), false) && y > 0;
    return sure_a != sure_b ? sure_a : x > y;
}

static struct value *ranking_of(const struct advice *advice)
{
    struct value *list = value_new_list();
    double *p = mem_new((advice->trial_count + 1) * sizeof *p);
    if (advice->tried == NULL) {
        free(p);
        return list;
    }
    for (size_t i = 0; i < advice->trial_count; i++) {
        char *name = response_name(&advice->subjects[advice->trials[i].subject]);
        p[i] = number_of(find(value_get(advice->tried, "comparisons"), name, (int64_t)i + 1), "p");
        p[i] = isfinite(p[i]) ? p[i] : 1;
        free(name);
    }
    holm_adjust(p, advice->trial_count);
    for (size_t i = 0; i < advice->trial_count; i++) {
        value_add(list, trial_print(advice, i, p[i]));
        for (size_t j = list->count - 1; j > 0 && is_before(list->items[j], list->items[j - 1]);
             j--) {
            struct value *other = list->items[j];
            list->items[j] = list->items[j - 1];
            list->items[j - 1] = other;
        }
    }
    free(p);
    return list;
}

/* ── how surely the first is the best ── */

static double *values_of(const struct value *results, int64_t point, const char *response,
                         size_t *count)
{
    const struct value *estimate =
        find(value_get(value_at(value_get(results, "points"), (size_t)point), "estimates"),
             response, -1);
    const struct value *values = value_get(estimate, "values");
    *count = values != NULL ? values->count : 0;
    double *numbers = mem_new((*count + 1) * sizeof *numbers);
    for (size_t i = 0; i < *count; i++)
        numbers[i] = value_double(values->items[i], 0);
    return numbers;
}

/* The point at which a row of the ranking was tried. */
static int64_t point_of(const struct advice *advice, const struct value *row)
{
    for (size_t i = 0; i < advice->trial_count; i++)
        if (advice->trials[i].level == value_get(row, "level"))
            return (int64_t)i + 1;
    return 0;
}

/* What the first fix saves more than the second of the same workload, pair by pair; null where there is no
 * second. */
static struct value *lead_of(const struct advice *advice, const struct value *ranking)
{
    const struct value *first = value_at(ranking, 0), *second = NULL;
    if (first == NULL)
        return value_new_null();
    const size_t subject = advice->trials[point_of(advice, first) - 1].subject;
    for (size_t i = 1; i < ranking->count && second == NULL; i++)
        if (advice->trials[point_of(advice, ranking->items[i]) - 1].subject == subject)
            second = ranking->items[i];
    if (second == NULL)
        return value_new_null();
    size_t count, others;
    char *name = response_name(&advice->subjects[subject]);
    double *a = values_of(advice->tried, point_of(advice, second), name, &others),
           *b = values_of(advice->tried, point_of(advice, first), name, &count);
    const double confidence = number_of(advice->tried, "confidence"),
                 scale = scale_of(&advice->subjects[subject]);
    count = others < count ? others : count;
    const struct interval interval = interval_of_difference(a, b, count, confidence);
    struct value *map = value_new_map();
    value_set(map, "minutesPerMonth", value_new_double(interval.mean * scale));
    value_set(map, "low", value_new_double((interval.mean - interval.half_width) * scale));
    value_set(map, "high", value_new_double((interval.mean + interval.half_width) * scale));
    value_set(map, "p",
              value_new_double(
                  interval.error == 0 && interval.mean != 0 ? 0 : paired_p_value(a, b, count)));
    free(name);
    free(a);
    free(b);
    return map;
}

struct value *advice_document(const struct advice *advice)
{
    struct value *ranking = ranking_of(advice);
    struct value *document = value_new_map();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Advice"));
    value_set(document, "scenario", value_new_string(advice->scenario->name));
    value_set(document, "version", value_new_string(SEATRIAL_VERSION));
    value_set(document, "seed", value_hold(value_get(advice->baseline, "seed")));
    value_set(document, "confidence", value_hold(value_get(advice->baseline, "confidence")));
    value_set(
        document, "replications",
        value_hold(value_get(value_at(value_get(advice->baseline, "points"), 0), "replications")));
    value_set(document, "losses", losses_of(advice));
    value_set(document, "counterfactual", causes_of(advice));
    value_set(document, "lead", lead_of(advice, ranking));
    value_set(document, "advice", ranking);
    return document;
}
