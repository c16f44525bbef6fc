/* A replication: the point's scenario on its own luck, and what its summary says of the responses. */
#include "tools/experiment/play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/experiment/experiment_private.h"
#include "tools/experiment/readings.h"
#include "tools/policies/policy.h"

/* ── luck ── */

uint64_t experiment_seed(const struct experiment *experiment, struct task task)
{
    const uint64_t number =
        experiment->rule.is_antithetic ? task.replication / 2 : task.replication;
    const uint64_t point = experiment->rule.is_paired ? 0 : task.point;
    if (number == 0 && point == 0)
        return experiment->seed;
    char entity[32];
    snprintf(entity, sizeof entity, "point/%llu", (unsigned long long)point);
    struct stream stream = stream_of(experiment->seed, "", entity, "replication", number);
    return stream_bits(&stream) >> 11; /* as whole numbers are safe in JSON */
}

/* ── what a summary says ── */

static struct value *number(double value)
{
    if (!isfinite(value))
        return value_new_null();
    char *text = mem_format("%.17g", value);
    struct value *made = value_new_number(text);
    free(text);
    return made;
}

/* The value of a response; NAN: there is none. */
static double response_of(const struct experiment_response *response, const struct value *summary,
                          bool *is_truth)
{
    const struct value *found = NULL;
    const struct document_view view = { summary, response->space, true };
    document_path_find(response->path, view, &found, response->at, NULL);
    *is_truth = found != NULL && found->type == VALUE_BOOL;
    if (*is_truth)
        return found->truth ? 1 : 0;
    if (found != NULL && found->type == VALUE_LIST)
        return (double)found->count;
    return value_double(found, NAN);
}

static void put_values(const struct experiment *experiment, const struct value *summary,
                       struct value *result)
{
    struct value *values = value_new_list(), *truths = value_new_list();
    for (size_t i = 0; i < experiment->response_count; i++) {
        bool is_truth;
        value_add(values, number(response_of(&experiment->responses[i], summary, &is_truth)));
        value_add(truths, value_new_bool(is_truth));
    }
    value_set(result, "values", values);
    value_set(result, "isTruth", truths);
}

/* The row that a response is of; NULL when it is of none with causes. */
static const struct value *row_of(const struct experiment_response *response,
                                  const struct value *summary)
{
    const char *end = strchr(response->text, ']');
    if (end == NULL)
        return NULL;
    char *text = mem_text(response->text, (size_t)(end + 1 - response->text));
    struct document_path *path = document_path_parse(text, response->at, NULL);
    const struct value *row = NULL;
    const struct document_view view = { summary, response->space, true };
    if (path != NULL)
        document_path_find(path, view, &row, response->at, NULL);
    document_path_free(path);
    free(text);
    return value_get(row, "causes") != NULL && value_get(row, "kind") != NULL ? row : NULL;
}

static void add_number(struct value *map, const char *key, const struct value *from)
{
    const double more = value_double(value_get(from, key), 0);
    value_set(map, key, number(value_double(value_get(map, key), 0) + more));
}

/* The entry of a list that is of the same row and kind; NULL. */
static struct value *find_cause(const struct value *list, const char *row,
                                const struct value *space, const struct value *kind)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "row"), ""), row) == 0 &&
            value_equal(value_get(list->items[i], "namespace"), space) &&
            value_equal(value_get(list->items[i], "kind"), kind))
            return list->items[i];
    return NULL;
}

/* Add the causes of a row to those that are there. */
static void add_causes(struct value *list, const struct value *row)
{
    const struct value *causes = value_get(row, "causes"), *space = value_get(row, "namespace");
    char *name = mem_format("%s/%s", value_text(value_get(row, "kind"), ""),
                            value_text(value_get(row, "name"), ""));
    for (char *c = name; *c != '/'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
    for (size_t i = 0; i < causes->count; i++) {
        const struct value *kind = value_get(causes->items[i], "kind");
        struct value *cause = find_cause(list, name, space, kind);
        if (cause == NULL) {
            value_add(list, cause = value_new_map());
            value_set(cause, "row", value_new_string(name));
            value_set(cause, "namespace", value_hold(space));
            value_set(cause, "kind", value_hold(kind));
        }
        add_number(cause, "downtimeSeconds", causes->items[i]);
        add_number(cause, "outages", causes->items[i]);
    }
    free(name);
}

/* Of every row that a response is of, once. */
static void add_all_causes(const struct experiment *experiment, const struct value *summary,
                           struct value *list)
{
    const struct value **seen = mem_new((experiment->response_count + 1) * sizeof(void *));
    for (size_t i = 0; i < experiment->response_count; i++) {
        seen[i] = row_of(&experiment->responses[i], summary);
        bool is_new = seen[i] != NULL;
        for (size_t j = 0; j < i; j++)
            is_new = is_new && seen[j] != seen[i];
        if (is_new)
            add_causes(list, seen[i]);
    }
    free(seen);
}

/* ── readings ── */

/* Each response without its warm-up, as MSER-5 finds it in this run. */
static void put_settled(const struct experiment *experiment, const struct readings *readings,
                        struct value *result)
{
    struct value *values = value_new_list(), *warmups = value_new_list();
    for (size_t i = 0; i < experiment->response_count; i++) {
        sim_time warmup;
        value_add(values, number(readings_settled(readings, i, &warmup)));
        value_add(warmups, number((double)warmup / (double)SIM_SECOND));
    }
    value_set(result, "values", values);
    value_set(result, "warmups", warmups);
}

static void put_intervals(const struct experiment *experiment, const struct readings *readings,
                          struct value *result)
{
    struct value *all = value_new_list();
    for (size_t i = 0; i < experiment->response_count; i++) {
        const struct interval interval = readings_interval(readings, i);
        struct value *map = value_new_map();
        value_set(map, "mean", number(interval.mean));
        value_set(map, "halfWidth", number(interval.half_width));
        value_set(map, "count", value_new_int((int64_t)interval.count));
        value_add(all, map);
    }
    value_set(result, "intervals", all);
}

/* Play to the end, and read what each stretch of time came to. */
static void play_reading(const struct experiment *experiment, struct simulation *simulation,
                         const struct scenario *scenario, struct readings *readings,
                         struct value *causes)
{
    simulation_advance(simulation, scenario->measure_from);
    for (sim_time at = scenario->measure_from + experiment->every; at <= scenario->duration;
         at += experiment->every) {
        simulation_measure_anew(simulation);
        simulation_advance(simulation, at);
        struct value *summary = simulation_summary(simulation);
        readings_take(readings, summary);
        add_all_causes(experiment, summary, causes);
        value_drop(summary);
    }
}

/* ── rare outages ── */

/* The summary of the one run that is no copy, with what all of them have found of the row that is split for.
 * NULL with the error. Causes are not told: the one run hardly ever sees an outage. */
static struct value *play_split(const struct experiment *experiment,
                                const struct scenario *scenario, struct simulation *simulation,
                                struct error *error)
{
    struct split_result found;
    if (!split_play(simulation, scenario, &experiment->split, &found, error))
        return NULL;
    struct value *summary = simulation_summary(simulation);
    split_put(&experiment->split, &found, &summary);
    value_set(summary, "events", value_new_int((int64_t)found.events));
    return summary;
}

static struct value *measure_split(const struct experiment *experiment,
                                   const struct scenario *scenario, struct simulation *simulation,
                                   struct error *error)
{
    struct value *summary = play_split(experiment, scenario, simulation, error);
    if (summary == NULL)
        return NULL;
    struct value *result = value_new_map();
    value_set(result, "seed", value_hold(value_get(summary, "seed")));
    value_set(result, "events", value_hold(value_get(summary, "events")));
    put_values(experiment, summary, result);
    value_set(result, "causes", value_new_list());
    value_drop(summary);
    return result;
}

/* ── the run ── */

static struct value *measure(const struct experiment *experiment, const struct scenario *scenario,
                             struct simulation *simulation)
{
    struct value *result = value_new_map(), *causes = value_new_list();
    struct readings *readings =
        experiment->estimate != BY_REPLICATIONS ? readings_new(experiment) : NULL;
    if (readings != NULL)
        play_reading(experiment, simulation, scenario, readings, causes);
    else
        simulation_advance(simulation, scenario->duration);
    struct value *summary = simulation_summary(simulation);
    if (readings == NULL)
        add_all_causes(experiment, summary, causes);
    value_set(result, "seed", value_hold(value_get(summary, "seed")));
    value_set(result, "events", value_hold(value_get(summary, "events")));
    put_values(experiment, summary, result);
    value_set(result, "causes", causes);
    if (experiment->estimate == BY_MSER5)
        put_settled(experiment, readings, result);
    else if (readings != NULL)
        put_intervals(experiment, readings, result);
    value_drop(summary);
    readings_free(readings);
    return result;
}

/* A point with a policy of its own. False with the error. */
static bool take_policy(const struct experiment_point *point, struct scenario *scenario,
                        struct policy **policy, struct error *error)
{
    const struct outside_options options = { 0 };
    struct error_list faults = { 0 };
    *policy = NULL;
    if (point->policy == NULL)
        return true;
    *policy = policy_open(point->policy, &options, &faults);
    if (*policy != NULL)
        policy_apply(*policy, &scenario->settings);
    else
        error_set(error, faults.items[0].at, "%s", faults.items[0].text);
    error_list_close(&faults);
    return *policy != NULL;
}

struct value *experiment_play(const struct experiment *experiment, struct task task,
                              struct error *error)
{
    const struct experiment_point *point = &experiment->points[task.point];
    struct scenario *scenario = (struct scenario *)&point->inputs.scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct policy *policy;
    struct value *result = NULL;
    if (!take_policy(point, scenario, &policy, error))
        return NULL;
    scenario->seed = experiment_seed(experiment, task);
    scenario->mirrored = experiment->rule.is_antithetic && task.replication % 2 == 1;
    const struct simulation_options options = {
        .workload = point->inputs.has_workload ? &point->inputs.workload : NULL,
    };
    struct simulation *simulation = simulation_new(scenario, options, &faults, &warnings);
    if (simulation != NULL && experiment->estimate == BY_SPLITTING)
        result = measure_split(experiment, scenario, simulation, error);
    else if (simulation != NULL)
        result = measure(experiment, scenario, simulation);
    else
        error_set(error, faults.items[0].at, "%s", faults.items[0].text);
    if (policy_failure(policy) != NULL) {
        error_set(error, (struct place){ .file = point->policy }, "%s", policy_failure(policy));
        value_drop(result);
        result = NULL;
    }
    simulation_free(simulation);
    policy_close(policy);
    error_list_close(&faults);
    error_list_close(&warnings);
    return result;
}
