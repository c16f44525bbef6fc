/* Whole scenarios with an event for every heartbeat and probe come to the same answers as with those
 * that are computed. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/measured.h"

/* Those whose times are constants: with distributions, more writes draw other times. */
static const char *const names[] = {
    "container_crash",
    "node_returns",
    "network_cut",
    "node_loss",
    "zone_outage",
    "two_causes",
    "bad_release",
    "drain",
    "rollout_during_node_loss",
    NULL,
};

/* Outages name the line of the trace that began them. */
static void remove_lines(const struct value *summary, const char *list)
{
    const struct value *rows = value_get(summary, list);
    for (size_t i = 0; i < rows->count; i++) {
        const struct value *outages = value_get(rows->items[i], "outages");
        for (size_t j = 0; j < outages->count; j++)
            value_remove(outages->items[j], "line");
    }
}

/* The summary without what tells how it came about. */
static char *answers(struct scenario *scenario, const char *ticks, uint64_t *events)
{
    struct error error = { 0 };
    cr_assert(
        settings_set(&scenario->settings, "tick-heartbeats", ticks, (struct place){ 0 }, &error));
    struct simulation *simulation = simulation_of(scenario, (struct simulation_options){ 0 });
    simulation_advance(simulation, scenario->duration);
    struct value *summary = simulation_summary(simulation);
    *events = simulation_run(simulation)->events;
    value_remove(summary, "traceHash");
    value_remove(summary, "traceLines");
    value_remove(summary, "events");
    remove_lines(summary, "workloads");
    remove_lines(summary, "services");
    char *text = json_text(summary, (struct json_style){ .indent = 1 });
    value_drop(summary);
    simulation_free(simulation);
    return text;
}

Test(ticked, tells_the_same_of_whole_scenarios)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct scenario scenario;
        uint64_t computed_events, ticked_events;
        char *path = mem_format("tests/scenarios/%s.yaml", names[i]);
        char *bytes = scenario_given_file(&scenario, path);
        char *computed = answers(&scenario, "false", &computed_events);
        char *ticked = answers(&scenario, "true", &ticked_events);
        cr_expect_str_eq(computed, ticked, "%s", names[i]);
        cr_expect_gt(ticked_events, computed_events + 100, "%s", names[i]);
        free(computed);
        free(ticked);
        scenario_close(&scenario);
        free(bytes);
        free(path);
    }
}
