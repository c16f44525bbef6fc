/* From a scenario to a running cluster, and to what was measured of it. */
#include "models/cluster/simulation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/chaos/daemon.h"
#include "models/cluster/bring_up.h"
#include "models/controllers/controller.h"
#include "models/cluster/timeline.h"
#include "models/failures/failures.h"
#include "models/metrics/metric.h"
#include "models/metrics/verdict.h"
#include "models/load/load.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"

struct simulation {
    const struct scenario *scenario;
    struct run *run;
    struct cluster *cluster;
    struct metrics_run *metrics;    /* NULL: nothing is measured */
    bool measures;                  /* the warm-up is over */
    struct workload_source *source; /* NULL: no pods that come and go */
    struct value *kept;             /* objects that do nothing, by kind */
    struct timeline *timeline;
    struct value **verdicts; /* of the scenario's expectations by number; NULL: not yet */
};

/* ---- expectations: nothing is expected where nothing is measured ---- */

static size_t expectation_count(const struct simulation *simulation)
{
    return simulation->metrics != NULL ? simulation->scenario->expectation_count : 0;
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
    simulation->run->luck.mirrored = scenario->mirrored;
    simulation->run->trace.sink = options.sink;
    simulation->run->trace.context = options.context;
    simulation->run->variation = options.variation;
    simulation->cluster = cluster_new(simulation->run, "", settings_copy(&scenario->settings));
    for (size_t i = 0; i < scenario->load.count; i++)
        load_plan(simulation->cluster, scenario->load.items[i], faults);
    for (size_t i = 0; i < scenario->traffic.count; i++)
        traffic_plan(simulation->cluster, scenario->traffic.items[i], faults);
    if (!options.without_metrics)
        simulation->metrics = metrics_start(simulation->cluster);
    if (simulation->metrics != NULL)
        metrics_plan_objectives(simulation->metrics, scenario->objects.objectives.items,
                                scenario->objects.objectives.count, faults, warnings);
    simulation->measures = scenario->measure_from == 0;
    simulation->kept = bring_up(simulation->cluster, scenario, faults, warnings);
    for (size_t i = 0; i < scenario->failures.count; i++)
        failures_plan(simulation->cluster, scenario->failures.items[i], faults);
    simulation->timeline = timeline_new(simulation->cluster, scenario);
    simulation->verdicts = mem_new((scenario->expectation_count + 1) * sizeof(struct value *));
    const struct workload *workload =
        options.workload != NULL ? options.workload : &scenario->workload;
    if (workload->count > 0)
        simulation->source = workload_source_new(simulation->cluster, workload, faults);
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
    timeline_free(simulation->timeline);
    for (size_t i = 0; i < simulation->scenario->expectation_count; i++)
        value_drop(simulation->verdicts[i]);
    free(simulation->verdicts);
    value_drop(simulation->kept);
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

void simulation_measure_anew(struct simulation *simulation)
{
    if (simulation->metrics != NULL)
        metrics_restart(simulation->metrics, run_now(simulation->run));
    simulation->measures = true;
}

/* The summary without what is expected; a new reference. */
static struct value *measure(struct simulation *simulation);

static void advance(struct simulation *simulation, sim_time until)
{
    warm_up(simulation, until);
    run_until(simulation->run, until);
}

/* The earliest moment up to `until` at which something is expected and not judged yet; SIM_FOREVER:
 * there is none. */
static sim_time next_expected(const struct simulation *simulation, sim_time until)
{
    sim_time next = SIM_FOREVER;
    for (size_t i = 0; i < expectation_count(simulation); i++) {
        const sim_time at = simulation->scenario->expectations[i].at;
        if (simulation->verdicts[i] == NULL && at <= until && at < next)
            next = at;
    }
    return next;
}

/* Judge what is expected at this moment. */
static void judge_at(struct simulation *simulation, sim_time at)
{
    struct value *summary = measure(simulation);
    for (size_t i = 0; i < expectation_count(simulation); i++) {
        const struct scenario_expectation *expected = &simulation->scenario->expectations[i];
        if (simulation->verdicts[i] == NULL && expected->at == at)
            simulation->verdicts[i] = verdict_of(expected, simulation->cluster, summary);
    }
    value_drop(summary);
}

void simulation_advance(struct simulation *simulation, sim_time until)
{
    for (sim_time at; (at = next_expected(simulation, until)) != SIM_FOREVER;) {
        advance(simulation, at);
        judge_at(simulation, at);
    }
    advance(simulation, until);
}

void simulation_calm(struct simulation *simulation)
{
    failures_end(simulation->cluster);
    daemon_end(chaos_daemon_of(simulation->cluster));
}

static void resync(void *subject, sim_time now)
{
    struct simulation *simulation = subject;
    controller_manager_resync(simulation->cluster, run_root(simulation->run, now, "resync", ""));
}

void simulation_resync(struct simulation *simulation)
{
    run_at(simulation->run, run_now(simulation->run), PRIORITY_WORLD, resync, simulation);
}

void simulation_do(struct simulation *simulation, const struct scenario_action *action)
{
    timeline_add(simulation->timeline, action);
}

struct run *simulation_run(const struct simulation *simulation)
{
    return simulation->run;
}

struct cluster *simulation_cluster(const struct simulation *simulation)
{
    return simulation->cluster;
}

const struct availability *simulation_availability(const struct simulation *simulation,
                                                   enum kind kind, const char *space,
                                                   const char *name)
{
    return simulation->metrics == NULL
               ? NULL
               : metrics_availability(simulation->metrics, kind, space, name);
}

const struct error_list *simulation_problems(const struct simulation *simulation)
{
    return timeline_problems(simulation->timeline);
}

/* ---- the summary ---- */

static void put_head(struct value *summary, const struct simulation *simulation)
{
    const struct run *run = simulation->run;
    char *hash = mem_format("%016" PRIx64, run->trace.hash);
    char time[TIME_TEXT];
    value_set(summary, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(summary, "kind", value_new_string("Summary"));
    value_set(summary, "scenario", value_new_string(simulation->scenario->name));
    if (simulation->scenario->question != NULL)
        value_set(summary, "question", value_new_string(simulation->scenario->question));
    value_set(summary, "seed", value_new_int((int64_t)run->seed));
    if (run->luck.mirrored)
        value_set(summary, "mirrored", value_new_bool(true));
    value_set(summary, "startTime",
              value_new_string(time_print(0, simulation->cluster->codec.epoch_seconds, time)));
    value_set(summary, "durationSeconds", seconds_print(run_now(run)));
    value_set(summary, "measuredFromSeconds", seconds_print(simulation->scenario->measure_from));
    value_set(summary, "traceHash", value_new_string(hash));
    value_set(summary, "traceLines", value_new_int((int64_t)run->trace.last));
    value_set(summary, "events", value_new_int((int64_t)run->events));
    free(hash);
}

static struct value *measure(struct simulation *simulation)
{
    struct value *summary = value_new_map();
    put_head(summary, simulation);
    if (simulation->metrics != NULL) {
        struct value *measured = metrics_summary(simulation->metrics, run_now(simulation->run));
        for (size_t i = 0; i < measured->count; i++)
            value_set(summary, measured->entries[i].key, value_hold(measured->entries[i].value));
        value_drop(measured);
    }
    struct value *sources = failures_sources(simulation->cluster);
    if (sources->count > 0)
        value_set(summary, "sources", value_hold(sources));
    value_drop(sources);
    value_set(summary, "commands", timeline_print(simulation->timeline));
    value_set(summary, "kept", value_hold(simulation->kept));
    return summary;
}

/* Those of the end are judged anew each time; a moment that has not come is told as such. */
static struct value *expectations_print(const struct simulation *simulation,
                                        const struct value *summary)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < expectation_count(simulation); i++) {
        const struct scenario_expectation *expected = &simulation->scenario->expectations[i];
        value_add(list, simulation->verdicts[i] != NULL ? value_hold(simulation->verdicts[i])
                        : expected->at != SIM_FOREVER
                            ? verdict_too_late(expected)
                            : verdict_of(expected, simulation->cluster, summary));
    }
    return list;
}

bool simulation_check(struct simulation *simulation, struct error_list *faults)
{
    const size_t count = expectation_count(simulation), before = faults->count;
    simulation_advance(simulation, 0);
    struct value *summary = measure(simulation);
    for (size_t i = 0; i < count; i++)
        verdict_check(&simulation->scenario->expectations[i], summary, faults);
    value_drop(summary);
    if (simulation->metrics != NULL && simulation->scenario->action_count == 0)
        metrics_check(simulation->metrics, faults); /* later commands may bring what is missing */
    return faults->count == before;
}

void simulation_sample(struct simulation *simulation, const struct sampler *to)
{
    if (simulation->metrics != NULL)
        metrics_sample(simulation->metrics, run_now(simulation->run), to);
}

struct value *simulation_summary(struct simulation *simulation)
{
    struct value *summary = measure(simulation);
    if (expectation_count(simulation) > 0)
        value_set(summary, "expectations", expectations_print(simulation, summary));
    return summary;
}
