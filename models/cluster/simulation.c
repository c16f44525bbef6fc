/* From a scenario to a running cluster, and to what was measured of it. */
#include "models/cluster/simulation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions.h"
#include "models/failures/failures.h"
#include "models/metrics/metric.h"
#include "sim/base/memory.h"

struct simulation {
    const struct scenario *scenario;
    struct run *run;
    struct cluster *cluster;
    struct metrics_run *metrics;    /* NULL: nothing is measured */
    bool measures;                  /* the warm-up is over */
    struct workload_source *source; /* NULL: no pods that come and go */
    struct actions *actions;
    struct planned *planned;    /* the scenario's timeline, in its order */
    struct error_list problems; /* of actions that could not be done */
};

/* An action of the timeline, waiting for its time. */
struct planned {
    struct simulation *simulation;
    const struct scenario_action *action;
};

/* ---- bringing up ---- */

static const char *text_of(const struct value *document, const char *key)
{
    return value_text(value_path(document, "metadata", key, NULL), "");
}

/* An object that is given twice: the later text counts, as when both are applied. */
static void replace(struct simulation *simulation, const struct value *document,
                    const struct object *stored, struct error_list *faults,
                    struct error_list *warnings)
{
    struct error error = { 0 };
    struct cluster *cluster = simulation->cluster;
    struct object *object = cluster_admit_update(cluster, document, stored, faults, warnings);
    error_list_add(warnings, document->at, "%s %s is given twice: the later text counts",
                   value_text(value_get(document, "kind"), ""), name_of(stored));
    if (object != NULL && client_update(&cluster->admin, object, &error) != REPLY_OK) {
        error.at = document->at;
        error_list_take(faults, &error);
    }
}

static void create(struct simulation *simulation, const struct value *document,
                   struct error_list *faults, struct error_list *warnings)
{
    struct error error = { 0 };
    struct cluster *cluster = simulation->cluster;
    struct object *object = cluster_admit(cluster, document, "default", faults, warnings);
    if (object == NULL)
        return;
    /* Nobody has heard of today's writes yet, so this asks the store. */
    const struct object *stored = store_get(cluster->store, object_key(object));
    if (stored != NULL) {
        replace(simulation, document, stored, faults, warnings);
        object_drop(object);
    } else if (client_create(&cluster->admin, object, NULL, &error) != REPLY_CREATED) {
        error.at = document->at;
        error_list_take(faults, &error);
    }
}

static bool has_namespace(const struct cluster *cluster, const char *name)
{
    const struct text *text = text_find(cluster->run->texts, name);
    const struct object_key key = { KIND_NAMESPACE, NULL, text };
    return text != NULL && store_get(cluster->store, key) != NULL;
}

/* kubectl would refuse an object in a namespace that is not there; published manifests often
 * count on one made by hand. */
static void create_missing_namespace(struct simulation *simulation, const char *name,
                                     struct error_list *faults)
{
    if (*name == '\0' || has_namespace(simulation->cluster, name))
        return;
    struct value *document = value_new_map();
    value_put(&document, value_new_string("v1"), "apiVersion", NULL);
    value_put(&document, value_new_string("Namespace"), "kind", NULL);
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    create(simulation, document, faults, NULL);
    value_drop(document);
}

/* What others name in their specs comes first; beyond that the order is the user's. */
static int rank_of(enum kind kind)
{
    switch (kind) {
    case KIND_IMAGE:
        return 0;
    case KIND_NAMESPACE:
        return 1;
    case KIND_NODE:
    case KIND_PRIORITYCLASS:
        return 2;
    default:
        return 3;
    }
}

static void bring_up(struct simulation *simulation, struct error_list *faults,
                     struct error_list *warnings)
{
    const struct scenario *scenario = simulation->scenario;
    struct client *admin = &simulation->cluster->admin;
    client_begin(admin, run_root(simulation->run, 0, "bring-up", ""));
    for (size_t i = 0; i < scenario->nodes.count; i++)
        create(simulation, scenario->nodes.items[i], faults, warnings);
    for (int rank = 0; rank <= 3; rank++)
        for (size_t i = 0; i < scenario->objects.count; i++) {
            const struct manifest_object *object = &scenario->objects.items[i];
            if (rank_of(object->kind) != rank)
                continue;
            create_missing_namespace(simulation, text_of(object->document, "namespace"), faults);
            create(simulation, object->document, faults, warnings);
        }
}

/* ---- the timeline ---- */

/* What kubectl printed on standard error as one line; the caller frees. */
static char *one_line(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        length--;
    char *line = mem_text(text, length);
    for (char *c = line; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return line;
}

static void action_is_done(void *context, const struct action_reply *reply)
{
    const struct planned *planned = context;
    char time[SIM_TIME_TEXT];
    if (reply->rc == 0)
        return;
    char *line = one_line(reply->err);
    error_list_add(&planned->simulation->problems, planned->action->place, "timeline, at %s: %s",
                   sim_time_print(planned->action->at, time), line);
    free(line);
}

static void act(void *subject, sim_time now)
{
    struct planned *planned = subject;
    const struct scenario_action *action = planned->action;
    (void)now;
    action_start(planned->simulation->actions,
                 &(struct action_request){ .argv = action->argv,
                                           .argc = action->argc,
                                           .documents = &action->documents,
                                           .done = action_is_done,
                                           .context = planned });
}

static void plan_actions(struct simulation *simulation)
{
    const struct scenario *scenario = simulation->scenario;
    simulation->actions = actions_new(simulation->cluster);
    simulation->planned = mem_new((scenario->action_count + 1) * sizeof *simulation->planned);
    for (size_t i = 0; i < scenario->action_count; i++) {
        simulation->planned[i] = (struct planned){ simulation, &scenario->actions[i] };
        run_at(simulation->run, scenario->actions[i].at, PRIORITY_WORLD, act,
               &simulation->planned[i]);
    }
}

struct simulation *simulation_new(const struct scenario *scenario,
                                  struct simulation_options options, struct error_list *faults,
                                  struct error_list *warnings)
{
    size_t before = faults->count;
    struct simulation *simulation = mem_new(sizeof *simulation);
    simulation->scenario = scenario;
    simulation->run =
        options.queue ? run_new_with_queue(scenario->seed, options.queue) : run_new(scenario->seed);
    simulation->run->trace.sink = options.sink;
    simulation->run->trace.context = options.context;
    simulation->cluster = cluster_new(simulation->run, "", settings_copy(&scenario->settings));
    if (!options.without_metrics)
        simulation->metrics = metrics_start(simulation->cluster);
    simulation->measures = scenario->measure_from == 0;
    bring_up(simulation, faults, warnings);
    for (size_t i = 0; i < scenario->failures.count; i++)
        failures_plan(simulation->cluster, scenario->failures.items[i], faults);
    plan_actions(simulation);
    if (options.workload != NULL)
        simulation->source = workload_source_new(simulation->cluster, options.workload);
    if (faults->count > before) {
        simulation_free(simulation);
        return NULL;
    }
    return simulation;
}

void simulation_free(struct simulation *simulation)
{
    if (simulation == NULL)
        return;
    if (simulation->source != NULL)
        workload_source_free(simulation->source);
    if (simulation->metrics != NULL)
        metrics_stop(simulation->metrics);
    actions_free(simulation->actions);
    free(simulation->planned);
    error_list_close(&simulation->problems);
    cluster_free(simulation->cluster);
    run_free(simulation->run);
    free(simulation);
}

/* ---- running ---- */

/* What happens before scenario.measure_from is warm-up. */
static void warm_up(struct simulation *simulation, sim_time until)
{
    const sim_time from = simulation->scenario->measure_from;
    if (simulation->measures || until < from)
        return;
    run_until(simulation->run, from - 1);
    if (simulation->metrics != NULL)
        metrics_restart(simulation->metrics, from);
    simulation->measures = true;
}

void simulation_advance(struct simulation *simulation, sim_time until)
{
    warm_up(simulation, until);
    run_until(simulation->run, until);
}

struct run *simulation_run(const struct simulation *simulation)
{
    return simulation->run;
}

struct cluster *simulation_cluster(const struct simulation *simulation)
{
    return simulation->cluster;
}

const struct error_list *simulation_problems(const struct simulation *simulation)
{
    return &simulation->problems;
}

/* ---- the summary ---- */

/* {"ServiceMonitor": 4}: objects that are kept but do nothing, by kind in order of appearance. */
static struct value *kept_print(const struct scenario *scenario)
{
    struct value *kept = value_new_map();
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct manifest_object *object = &scenario->objects.items[i];
        const char *kind = value_text(value_get(object->document, "kind"), "");
        if (!kind_infos[object->kind].simulated)
            value_set(kept, kind, value_new_int(value_int(value_get(kept, kind), 0) + 1));
    }
    return kept;
}

static void put_head(struct value *summary, const struct simulation *simulation)
{
    const struct run *run = simulation->run;
    char *hash = mem_format("%016" PRIx64, run->trace.hash);
    char time[TIME_TEXT];
    value_set(summary, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(summary, "kind", value_new_string("Summary"));
    value_set(summary, "scenario", value_new_string(simulation->scenario->name));
    value_set(summary, "seed", value_new_int((int64_t)run->seed));
    value_set(summary, "startTime",
              value_new_string(time_print(0, simulation->cluster->codec.epoch_seconds, time)));
    value_set(summary, "durationSeconds", seconds_print(run_now(run)));
    value_set(summary, "measuredFromSeconds", seconds_print(simulation->scenario->measure_from));
    value_set(summary, "traceHash", value_new_string(hash));
    value_set(summary, "traceLines", value_new_int((int64_t)run->trace.last));
    value_set(summary, "events", value_new_int((int64_t)run->events));
    free(hash);
}

struct value *simulation_summary(struct simulation *simulation)
{
    struct value *summary = value_new_map();
    put_head(summary, simulation);
    if (simulation->metrics != NULL) {
        struct value *measured = metrics_summary(simulation->metrics, run_now(simulation->run));
        for (size_t i = 0; i < measured->count; i++)
            value_set(summary, measured->entries[i].key, value_hold(measured->entries[i].value));
        value_drop(measured);
    }
    value_set(summary, "kept", kept_print(simulation->scenario));
    return summary;
}
