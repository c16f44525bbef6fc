/* A scenario with any bytes in it, played for its first events. */
#ifndef TESTS_FUZZ_PLAY_H
#define TESTS_FUZZ_PLAY_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tests/fuzz/fuzz.h"

#define PLAY_SCENARIO                                                                              \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: fuzz}\n"                  \
    "spec:\n  duration: 5m\n  nodes: [{count: 2}]\n"                                               \
    "  traffic: [{service: web, rate: 2}]\n  objects:\n"                                           \
    "  - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "     \
    "ports: [{port: 80}]}}\n"                                                                      \
    "  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: "         \
    "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "    \
    "[{name: c, image: a}]}}}}\n"

/* So many events are enough to see what any document does. */
enum { PLAY_EVENTS = 5000 };

static void play(const struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation =
        simulation_new(scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    assert((simulation == NULL) == (faults.count > 0));
    if (simulation != NULL) {
        const sim_time end =
            scenario->duration < 5 * SIM_MINUTE ? scenario->duration : 5 * SIM_MINUTE;
        for (int i = 0; i < PLAY_EVENTS && run_step_by(simulation_run(simulation), end); i++)
            ;
        value_drop(simulation_summary(simulation));
    }
    simulation_free(simulation);
    error_list_close(&warnings);
    error_list_close(&faults);
}

/* The head is a text, the rest any bytes. */
static void play_text(const char *head, const uint8_t *data, size_t size,
                      const struct scenario_opener *opener)
{
    const size_t begin = strlen(head);
    char *text = mem_new(begin + size + 1);
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario scenario;
    memcpy(text, head, begin);
    if (size > 0)
        memcpy(text + begin, data, size);
    scenario_init(&scenario);
    const bool good =
        scenario_load(&scenario, text, begin + size, "in.yaml", opener, false, &faults, &warnings);
    assert(good == (faults.count == 0));
    scenario_complete(&scenario);
    if (good && scenario.nodes.count < 20)
        play(&scenario);
    scenario_close(&scenario);
    error_list_close(&warnings);
    error_list_close(&faults);
    free(text);
}

#endif
