/* A scenario as a whole: its timeline is done at its times, and what cannot be done is told at the
 * user's place. */
#include <criterion/criterion.h>

#include <string.h>

#include "models/cluster/simulation.h"

static const char scenario_text[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Scenario\n"
    "metadata: {name: s}\n"
    "spec:\n"
    "  duration: 1h\n"
    "  nodes: 2x4cpu,16Gi\n"
    "  timeline:\n"
    "  - {at: 10m, scale: {target: deployment/web, replicas: 3}}\n"
    "  - {at: 20m, scale: {target: deployment/none, replicas: 3}}\n"
    "---\n"
    "apiVersion: apps/v1\n"
    "kind: Deployment\n"
    "metadata: {name: web}\n"
    "spec:\n"
    "  selector: {matchLabels: {app: web}}\n"
    "  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: a}]}}\n";

static size_t pods(const struct simulation *simulation)
{
    return cache_count(simulation_cluster(simulation)->cache, KIND_POD);
}

Test(simulation, does_what_users_do_at_their_times)
{
    struct scenario scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(&scenario);
    scenario_load(&scenario, scenario_text, strlen(scenario_text), "s.yaml", NULL, false, &faults,
                  &warnings);
    cr_assert_eq(faults.count, 0);
    struct simulation *simulation =
        simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    cr_assert_not_null(simulation);
    simulation_advance(simulation, 10 * SIM_MINUTE - SIM_SECOND);
    cr_expect_eq(pods(simulation), 1);
    simulation_advance(simulation, 15 * SIM_MINUTE);
    cr_expect_eq(pods(simulation), 3);
    cr_expect_eq(simulation_problems(simulation)->count, 0);
    simulation_advance(simulation, scenario.duration);
    cr_assert_eq(simulation_problems(simulation)->count, 1);
    char *problem = error_print(&simulation_problems(simulation)->items[0]);
    cr_expect_str_eq(problem, "s.yaml:9:5: timeline, at 20m: Error from server (NotFound): "
                              "deployments.apps \"none\" not found");
    free(problem);
    simulation_free(simulation);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
}

/* When the only node fails first, whose lifetimes are uniform from 0 to 1000 seconds. */
static double first_failure(uint64_t seed, bool mirrored)
{
    static const char text[] =
        "{apiVersion: seatrial.dev/v1alpha1, kind: Scenario, metadata: {name: m}, spec: {"
        "nodes: [{name: worker, count: 1}], failures: [{kind: node-crash, lasts: 1h, "
        "every: {uniform: {lower: 0s, upper: 1000s}}}]}}";
    struct scenario scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(&scenario);
    scenario_load(&scenario, text, strlen(text), "m.yaml", NULL, false, &faults, &warnings);
    cr_assert_eq(faults.count, 0);
    scenario.seed = seed;
    scenario.mirrored = mirrored;
    struct simulation *simulation =
        simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    cr_assert_not_null(simulation);
    simulation_advance(simulation, 1001 * SIM_SECOND);
    const struct run *run = simulation_run(simulation);
    double at = -1;
    for (size_t i = 0; i < run->root_count && at < 0; i++)
        if (strcmp(run->roots[i].kind, "node-crash") == 0)
            at = sim_time_to_seconds(run->roots[i].at);
    simulation_free(simulation);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
    return at;
}

Test(simulation, of_a_mirrored_scenario_fails_late_where_the_plain_one_fails_early)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        cr_expect_float_eq(first_failure(seed, false) + first_failure(seed, true), 1000, 1e-8);
    cr_expect_neq(first_failure(1, false), first_failure(2, false));
}

Test(simulation, refuses_what_no_cluster_would_understand)
{
    static const char text[] =
        "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nspec:\n"
        "  timeline:\n  - {at: 1m, drain: {node: n0}}\n  - {at: 1m, kubectl: drain n0 --forse}\n";
    struct scenario scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(&scenario);
    cr_expect_not(
        scenario_load(&scenario, text, strlen(text), "s.yaml", NULL, false, &faults, &warnings));
    cr_assert_eq(faults.count, 1);
    char *fault = error_print(&faults.items[0]);
    cr_expect_str_eq(fault, "s.yaml:7:5: drain: unknown flag: --forse (did you mean --force?)");
    free(fault);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
}

static const char limits_text[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Scenario\n"
    "metadata: {name: s}\n"
    "spec:\n"
    "  duration: 10m\n"
    "  nodes: 2x4cpu,16Gi\n"
    "  storage: {drivers: [{name: d, volumesPerNode: 3}]}\n"
    "---\n"
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: csi}, provisioner: d,\n"
    "  volumeBindingMode: WaitForFirstConsumer}\n"
    "---\n"
    "apiVersion: apps/v1\n"
    "kind: StatefulSet\n"
    "metadata: {name: db}\n"
    "spec:\n"
    "  replicas: 8\n"
    "  podManagementPolicy: Parallel\n"
    "  serviceName: db\n"
    "  selector: {matchLabels: {app: db}}\n"
    "  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: a}]}}\n"
    "  volumeClaimTemplates:\n"
    "  - metadata: {name: data}\n"
    "    spec: {accessModes: [ReadWriteOnce], storageClassName: csi, resources: {requests: "
    "{storage: 1Gi}}}\n";

/* Two nodes with room for three volumes each have six of the eight pods. */
Test(simulation, nodes_take_as_many_volumes_as_their_drivers_say)
{
    struct scenario scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(&scenario);
    scenario_load(&scenario, limits_text, strlen(limits_text), "s.yaml", NULL, false, &faults,
                  &warnings);
    cr_assert_eq(faults.count, 0);
    struct simulation *simulation =
        simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    cr_assert_not_null(simulation);
    simulation_advance(simulation, scenario.duration);
    size_t bound = 0;
    struct cache_cursor c = cache_list(simulation_cluster(simulation)->cache, KIND_POD);
    while (cache_next(&c))
        bound += pod_of(c.object)->node_name != NULL;
    cr_expect_eq(bound, 6);
    cr_expect_eq(cache_count(simulation_cluster(simulation)->cache, KIND_VOLUMEATTACHMENT), 6);
    simulation_free(simulation);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
}
