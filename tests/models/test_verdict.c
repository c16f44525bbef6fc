/* What a scenario expects: judged at its moment, exactly, and told with the value that was found. */
#include "models/metrics/verdict.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/base/writer.h"
#include "tests/support/measured.h"

/* As in tests/validation/test_hand_checked.c: ready at 3.041 s; the node dies at 604 s, the pod is not
 * ready from 650.020 to 958.061 s. */
#define HEAD                                                                                       \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 30m\n  nodes:\n  - {name: large, count: 1, capacity: {cpu: 8, memory: 32Gi}}\n"   \
    "  - {name: small, count: 1, capacity: {cpu: 4, memory: 16Gi}}\n"                              \
    "  timing: {apiWrite: 10ms, schedulingCycle: 1ms}\n"                                           \
    "  objects:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"       \
    "    spec:\n      selector: {matchLabels: {app: web}}\n"                                       \
    "      template:\n        metadata: {labels: {app: web}}\n"                                    \
    "        spec: {containers: [{name: web, image: 'web:1'}]}\n"                                  \
    "  failures: [{kind: node-crash, nodes: large-0, at: 604}]\n  expect:\n"

#define EXPECT(fields) "  - {that: x, " fields "}\n"

static const struct {
    const char *why, *entry;
    bool held;
    const char *value; /* as the summary has it; NULL: null */
} rows[] = {
    { "a number is itself", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', is: 308.041"),
      true, "308.041" },
    { "to the last digit", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', is: 308.0410001"),
      false, "308.041" },
    { "a duration stands for its seconds",
      EXPECT("path: 'workloads[deploy/web].downtimeSeconds', is: 5m8s41ms"), true, "308.041" },
    { "bounds belong to what they bound",
      EXPECT("path: 'workloads[deploy/web].downtimeSeconds', atLeast: 308.041"), true, "308.041" },
    { "not enough", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', atLeast: 309"), false,
      "308.041" },
    { "at most", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', atMost: 5m8s41ms"), true,
      "308.041" },
    { "too much", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', atMost: 5m8s"), false,
      "308.041" },
    { "both bounds of between belong to it",
      EXPECT("path: 'workloads[deploy/web].downtimeSeconds', between: [308.041, 308.041]"), true,
      "308.041" },
    { "below both", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', between: [309, 310]"),
      false, "308.041" },
    { "above both", EXPECT("path: 'workloads[deploy/web].downtimeSeconds', between: [1, 5m]"),
      false, "308.041" },
    { "a list counts as the number of its items",
      EXPECT("path: 'workloads[deploy/web].outages', is: 1"), true, "1" },
    { "a text", EXPECT("path: 'workloads[deploy/web].causes[0].kind', is: node-crash"), true,
      "node-crash" },
    { "another text", EXPECT("path: 'workloads[deploy/web].causes[0].kind', is: drain"), false,
      "node-crash" },
    { "a boolean", EXPECT("path: 'workloads[deploy/web].deleted', is: false"), true, "false" },
    { "nothing is null", EXPECT("path: 'workloads[deploy/api].ready', is: null"), true, NULL },
    { "and no number", EXPECT("path: 'workloads[deploy/api].ready', atLeast: 0"), false, NULL },
    { "a moment before the pod is missed",
      EXPECT("path: 'workloads[deploy/web].ready', at: 650, is: 1"), true, "1" },
    { "the moment itself counts as over",
      EXPECT("path: 'workloads[deploy/web].ready', at: 650.02, is: 0"), true, "0" },
    { "an object's document",
      EXPECT("object: deployment/web, path: 'status.conditions[type=Available].status', "
             "at: 700, is: 'False'"),
      true, "False" },
    { "an object in another namespace is not there",
      EXPECT("object: deployment/web, namespace: shop, path: metadata.name, is: null"), true,
      NULL },
    { "a moment that never comes", EXPECT("path: pods.created, at: 2h, atLeast: 0"), false, NULL },
};

static const char *value_shown(const struct value *value)
{
    static const char *const truths[] = { "false", "true" };
    if (value->type == VALUE_BOOL)
        return truths[value->truth];
    return value->type == VALUE_NULL ? "null" : value->text;
}

Test(verdict, is_exact_and_as_of_its_moment)
{
    struct writer scenario = { 0 };
    writer_add(&scenario, HEAD);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        writer_add(&scenario, rows[i].entry);
    struct value *summary = play_text(scenario.bytes);
    const struct value *verdicts = value_get(summary, "expectations");
    cr_assert_eq(verdicts->count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct value *verdict = verdicts->items[i];
        const char *value = value_shown(value_get(verdict, "value"));
        cr_expect_eq(value_truth(value_get(verdict, "held"), !rows[i].held), rows[i].held, "%s: %s",
                     rows[i].why, value);
        cr_expect_str_eq(value, rows[i].value ? rows[i].value : "null", "%s", rows[i].why);
    }
    value_drop(summary);
    writer_close(&scenario);
}

/* What is only looked at must not change the run, nor how its end is judged. */
Test(verdict, costs_no_event_and_changes_no_trace)
{
    struct value *plain = play_text(HEAD EXPECT("path: pods.created, is: 2"));
    struct value *watched = play_text(HEAD EXPECT("path: pods.created, at: 10m, is: 1")
                                          EXPECT("path: pods.created, at: 958, is: 2"));
    cr_expect(value_equal(value_get(plain, "traceHash"), value_get(watched, "traceHash")));
    cr_expect(value_equal(value_get(plain, "events"), value_get(watched, "events")));
    cr_expect(value_equal(value_get(plain, "workloads"), value_get(watched, "workloads")));
    value_drop(plain);
    value_drop(watched);
}

/* Paths and types are looked at before the run, and all mistakes are told. */
Test(verdict, mistakes_are_faults_before_the_run)
{
    static const char text[] = HEAD EXPECT("path: 'workloads[deploy/web].downtimSeconds', is: 0")
        EXPECT("path: 'workloads[deploy/web].ready', is: two")
            EXPECT("path: 'workloads[deploy/web].kind', atLeast: 2")
                EXPECT("path: 'workloads[deploy/web]', is: 1")
                    EXPECT("path: 'workloads[deploy/web].deleted', is: 0")
                        EXPECT("path: workloads.ready, is: 1")
                            EXPECT("path: 'workloads[later].recover.max', is: 1");
    static const char want[] =
        "scenario:21:21: expect: there is no field downtimSeconds (did you mean downtimeSeconds?)\n"
        "scenario:22:56: expect: a number stands there, and \"two\" is none (try 3, 90s)\n"
        "scenario:23:60: expect: a text stands there, which is neither more nor less than anything "
        "(try is)\n"
        "scenario:24:21: expect: there is a map, not a value: go on to one of its fields\n"
        "scenario:25:58: expect: a boolean stands there, and the bound is a number\n"
        "scenario:26:21: expect: ready is asked of a list: say of which row (try [0], or its "
        "name)\n";
    struct scenario scenario;
    struct error_list faults = { 0 };
    struct writer told = { 0 };
    scenario_given(&scenario, text, "scenario");
    struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
    cr_expect_not(simulation_check(simulation, &faults));
    for (size_t i = 0; i < faults.count; i++) {
        char *line = error_print(&faults.items[i]);
        writer_format(&told, "%s\n", line);
        free(line);
    }
    cr_expect_str_eq(told.bytes, want, "%s", told.bytes);
    writer_close(&told);
    error_list_close(&faults);
    simulation_free(simulation);
    scenario_close(&scenario);
}
