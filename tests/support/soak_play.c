/* Scenarios played several times over, with checks between: see the header. */
#include "tests/support/soak_play.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/simulation.h"
#include "sim/chance/stream.h"
#include "tests/support/soak_checks.h"

enum {
    LOOKS = 6,                /* instants at which a run is looked at */
    EVENTS_AT_FIRST = 400000, /* more than these, and */
    EVENTS_A_SECOND = 500,    /* more than this for long, is something that goes round in circles */
};

static void complain_all(const struct error_list *list, const char *rule, struct writer *complaints)
{
    for (size_t i = 0; i < list->count; i++) {
        char *line = error_print(&list->items[i]);
        writer_format(complaints, "%s: %s\n", rule, line);
        free(line);
    }
}

/* ---- playing on, in steps ---- */

/* Like simulation_advance(), but gives up on a run that does much and gets nowhere. */
static bool advance(struct simulation *simulation, sim_time until, struct writer *complaints)
{
    const struct run *run = simulation_run(simulation);
    while (run_now(run) < until) {
        const sim_time next = run_now(run) + 10 * SIM_SECOND;
        simulation_advance(simulation, next < until ? next : until);
        if (run->events < EVENTS_AT_FIRST + EVENTS_A_SECOND * (uint64_t)(run_now(run) / SIM_SECOND))
            continue;
        char time[SIM_TIME_TEXT];
        writer_format(complaints, "endless: at %s after %llu events\n",
                      sim_time_print(run_now(run), time), (unsigned long long)run->events);
        return false;
    }
    return true;
}

/* Look at some instants, which are drawn and belong to the scenario. */
static bool play_checked(struct simulation *simulation, const struct scenario *scenario,
                         struct writer *complaints)
{
    struct stream luck = stream_of(scenario->seed, "", "soak", "looks", 0);
    for (int i = 1; i < LOOKS; i++) {
        const uint64_t step = (uint64_t)(scenario->duration / LOOKS);
        const sim_time at =
            scenario->duration / LOOKS * (i - 1) + (sim_time)stream_below(&luck, step);
        if (!advance(simulation, at, complaints))
            return false;
        soak_check_summary(simulation, complaints);
        soak_check_prints(simulation_cluster(simulation), complaints);
    }
    return advance(simulation, scenario->duration, complaints);
}

static struct simulation *begin(const struct scenario *scenario, struct simulation_options options,
                                struct writer *complaints)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation = simulation_new(scenario, options, &faults, &warnings);
    complain_all(&faults, "refused", complaints);
    error_list_close(&faults);
    error_list_close(&warnings);
    return simulation;
}

static uint64_t hash_with(const struct scenario *scenario, struct simulation_options options,
                          struct writer *complaints)
{
    struct simulation *simulation = begin(scenario, options, complaints);
    if (simulation == NULL)
        return 0;
    simulation_advance(simulation, scenario->duration);
    const uint64_t hash = simulation_run(simulation)->trace.hash;
    simulation_free(simulation);
    return hash;
}

/* ---- as printed ---- */

static uint64_t hash_of_print(const struct scenario *scenario, struct writer *complaints)
{
    struct value *printed = scenario_print(scenario);
    char *text = json_text(printed, (struct json_style){ .indent = 1 });
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario again;
    uint64_t hash = 0;
    scenario_init(&again);
    if (scenario_load(&again, text, strlen(text), "printed", NULL, true, &faults, &warnings))
        hash = hash_with(&again, (struct simulation_options){ 0 }, complaints);
    complain_all(&faults, "printed", complaints);
    scenario_close(&again);
    error_list_close(&faults);
    error_list_close(&warnings);
    value_drop(printed);
    free(text);
    return hash;
}

/* ---- the whole ---- */

static uint64_t play_first(const struct scenario *scenario, enum soak_mood mood,
                           struct writer *complaints)
{
    struct simulation *simulation = begin(scenario, (struct simulation_options){ 0 }, complaints);
    if (simulation == NULL)
        return 0;
    struct invariants_run *watch = invariants_start(simulation_cluster(simulation), false);
    const bool over = play_checked(simulation, scenario, complaints);
    const uint64_t hash = over ? simulation_run(simulation)->trace.hash : 0;
    if (over) {
        soak_check_summary(simulation, complaints);
        soak_check_prints(simulation_cluster(simulation), complaints);
    }
    if (over && mood != SOAK_WILD)
        invariants_rest(watch);
    soak_complain(watch, complaints);
    invariants_stop(watch);
    simulation_free(simulation);
    return hash;
}

static void compare(uint64_t hash, uint64_t other, const char *what, struct writer *complaints)
{
    if (hash != other)
        writer_format(complaints, "hash: another one %s\n", what);
}

static uint64_t play_often(const struct scenario *scenario, enum soak_mood mood,
                           struct writer *complaints)
{
    const uint64_t hash = play_first(scenario, mood, complaints);
    if (hash == 0)
        return 0;
    const struct simulation_options plain = { .queue = queue_new_list(), .without_metrics = true };
    compare(hash, hash_with(scenario, (struct simulation_options){ 0 }, complaints),
            "without looks", complaints);
    compare(hash, hash_with(scenario, plain, complaints), "without metrics, with the list",
            complaints);
    compare(hash, hash_of_print(scenario, complaints), "as printed", complaints);
    return hash;
}

uint64_t soak_play(const char *yaml, enum soak_mood mood, struct writer *complaints)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario scenario;
    uint64_t hash = 0;
    scenario_init(&scenario);
    if (scenario_load(&scenario, yaml, strlen(yaml), "story", NULL, true, &faults, &warnings))
        hash = play_often(&scenario, mood, complaints);
    complain_all(&faults, "refused", complaints);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
    return hash;
}
