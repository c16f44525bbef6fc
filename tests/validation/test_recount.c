/* Two ways to one answer: what the metrics keep as sums at each change, against a count of all pods
 * after every single event. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/workloads.h"
#include "sim/base/memory.h"
#include "tests/support/measured.h"

static const char *const names[] = { "two_causes", "bad_release", "random_failures", "big_rollout",
                                     NULL };

/* A Deployment, counted. */
struct recount {
    const struct text *name;
    int wanted, ready;
    bool counting;
    sim_time down, degraded, missing;
};

static int count_ready(const struct client *client, const struct object *set)
{
    int ready = 0;
    struct cache_cursor pods = client_list_owned(client, KIND_POD, meta_of(set)->uid);
    while (cache_next(&pods)) {
        const struct pod *pod = pod_of(pods.object);
        ready += pod_is_ready(pod) && !pod->meta.deleting && !pod_is_terminal(pod);
    }
    return ready;
}

static void count(struct recount *of, const struct client *client, const struct object *deployment)
{
    of->wanted = ((const struct deployment *)deployment)->replicas;
    of->ready = 0;
    struct cache_cursor sets = client_list_owned(client, KIND_REPLICASET, meta_of(deployment)->uid);
    while (cache_next(&sets))
        of->ready += count_ready(client, sets.object);
    of->counting = of->counting || (of->wanted > 0 && of->ready >= of->wanted);
}

static void pass(struct recount *of, sim_time passed)
{
    const int missing = of->wanted > of->ready ? of->wanted - of->ready : 0;
    if (!of->counting)
        return;
    of->missing += missing * passed;
    of->degraded += missing > 0 ? passed : 0;
    of->down += of->ready == 0 && of->wanted > 0 ? passed : 0;
}

/* All Deployments, whose order and number do not change. */
static size_t count_all(struct recount *into, const struct client *client)
{
    size_t many = 0;
    struct cache_cursor all = client_list(client, KIND_DEPLOYMENT);
    while (cache_next(&all)) {
        into[many].name = all.object->name;
        count(&into[many++], client, all.object);
    }
    return many;
}

/* Play to the end, event by event. */
static size_t recount(struct simulation *simulation, sim_time end, struct recount *into)
{
    struct run *run = simulation_run(simulation);
    const struct client *client = &simulation_cluster(simulation)->admin;
    size_t many = count_all(into, client);
    for (sim_time now = 0; now < end;) {
        const bool more = run_step(run);
        const sim_time next = more && run_now(run) < end ? run_now(run) : end;
        for (size_t i = 0; i < many; i++)
            pass(&into[i], next - now);
        if (next < end)
            many = count_all(into, client);
        now = next;
    }
    return many;
}

static void expect_same(const struct value *summary, const struct recount *of, const char *scenario)
{
    char *name = mem_format("deployment/%s", text_s(of->name));
    const struct value *row = measured_row(summary, name);
    cr_expect_eq(measured_time(value_get(row, "downtimeSeconds")), of->down, "%s %s: down",
                 scenario, name);
    cr_expect_eq(measured_time(value_get(row, "degradedSeconds")), of->degraded, "%s %s: degraded",
                 scenario, name);
    cr_expect_eq(measured_time(value_get(row, "notReadyReplicaSeconds")), of->missing,
                 "%s %s: not ready", scenario, name);
    cr_expect_gt(of->missing, 0, "%s %s misses something", scenario, name);
    free(name);
}

/* Nothing is lost to nobody. */
static void expect_causes(const struct value *summary, const struct recount *of,
                          const char *scenario)
{
    char *name = mem_format("deployment/%s", text_s(of->name));
    const struct value *causes = value_get(measured_row(summary, name), "causes");
    for (size_t i = 0; i < causes->count; i++) {
        const char *kind = value_text(value_get(causes->items[i], "kind"), "");
        cr_expect_str_neq(kind, "nothing", "%s %s", scenario, name);
        cr_expect_str_neq(kind, "bring-up", "%s %s", scenario, name);
    }
    free(name);
}

Test(recount, agrees_with_the_metrics)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct scenario scenario;
        struct recount counted[8] = { 0 };
        char *path = mem_format("tests/scenarios/%s.yaml", names[i]);
        char *bytes = scenario_given_file(&scenario, path);
        struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
        const size_t many = recount(simulation, scenario.duration, counted);
        struct value *summary = play(path);
        cr_expect_gt(many, 0);
        for (size_t j = 0; j < many; j++) {
            expect_same(summary, &counted[j], names[i]);
            expect_causes(summary, &counted[j], names[i]);
        }
        value_drop(summary);
        simulation_free(simulation);
        scenario_close(&scenario);
        free(bytes);
        free(path);
    }
}
