/* The scheduler in a cluster: what it binds, what it says, what wakes it. */
#include "models/scheduler/scheduler.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/scheduler_objects.h"

static const struct component *const only_scheduler[] = { &scheduler_component, NULL };

/* An attempt takes 0.6 ms. */
static struct cluster *cluster_with_scheduler(struct run *run)
{
    struct settings settings;
    settings_init(&settings);
    settings.scheduling_cycle = distribution_new_constant(0.6e-3);
    return cluster_new_with(run, "", settings, only_scheduler);
}

static void create(struct cluster *cluster, const void *record)
{
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    const enum reply reply = client_create(&cluster->admin, (struct object *)record, NULL, NULL);
    cr_assert_eq(reply, REPLY_CREATED);
}

static const struct pod *find_pod(const struct cluster *cluster, const char *name)
{
    return pod_of(client_get(&cluster->admin, KIND_POD, text_find(cluster->run->texts, "default"),
                             text_find(cluster->run->texts, name)));
}

static void delete_pod(struct cluster *cluster, const char *name)
{
    const struct delete_options now = { .grace_seconds = 0 };
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_delete(&cluster->admin, object_key(&find_pod(cluster, name)->meta.object), now, NULL);
}

static void expect_bound(const struct cluster *cluster, const char *name, const char *node)
{
    const struct pod *pod = find_pod(cluster, name);
    cr_expect_str_eq(text_s(pod->node_name), node, "%s is on \"%s\"", name, text_s(pod->node_name));
    cr_expect(pod_condition_is_true(pod, POD_SCHEDULED));
}

static void expect_waiting(const struct cluster *cluster, const char *name, const char *message)
{
    const struct pod *pod = find_pod(cluster, name);
    cr_expect_null(pod->node_name);
    cr_expect_str_eq(pod_condition_reason(pod, POD_SCHEDULED), "Unschedulable");
    cr_expect_str_eq(pod_condition_message(pod, POD_SCHEDULED), message);
}

Test(scheduler, binds_to_the_node_that_stays_emptiest)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "small", 4, 8, NULL));
    create(cluster, node_make(&cluster->codec, "large", 8, 16, NULL));
    create(cluster, pod_make(&cluster->codec, "web", requests("2", "4Gi")));
    run_until(run, SIM_SECOND);
    expect_bound(cluster, "web", "large");
    cluster_free(cluster);
    run_free(run);
}

Test(scheduler, says_why_a_pod_waits_and_tries_again_when_a_node_joins)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_make(&cluster->codec, "first", requests("3", "1Gi")));
    run_until(run, SIM_SECOND);
    create(cluster, pod_make(&cluster->codec, "second", requests("2", "1Gi")));
    run_until(run, 2 * SIM_SECOND);
    expect_waiting(cluster, "second",
                   "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
                   "preemption: 0/1 nodes are available: 1 No preemption victims found for "
                   "incoming pod.");
    create(cluster, node_make(&cluster->codec, "b", 4, 8, NULL));
    run_until(run, 3 * SIM_SECOND);
    expect_bound(cluster, "second", "b");
    cluster_free(cluster);
    run_free(run);
}

Test(scheduler, gives_the_room_of_a_deleted_pod_to_one_that_waits)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_make(&cluster->codec, "first", requests("3", "1Gi")));
    run_until(run, SIM_SECOND);
    create(cluster, pod_make(&cluster->codec, "second", requests("2", "1Gi")));
    run_until(run, 20 * SIM_SECOND);
    delete_pod(cluster, "first");
    run_until(run, 21 * SIM_SECOND);
    expect_bound(cluster, "second", "a");
    cluster_free(cluster);
    run_free(run);
}

Test(scheduler, retries_without_any_event_while_there_are_no_nodes)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, pod_make(&cluster->codec, "web", requests("1", "1Gi")));
    run_until(run, 4 * SIM_SECOND);
    expect_waiting(cluster, "web", "no nodes available to schedule pods");
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    run_until(run, 20 * SIM_SECOND);
    expect_bound(cluster, "web", "a");
    cluster_free(cluster);
    run_free(run);
}

Test(scheduler, leaves_pods_of_other_schedulers_alone)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_make(&cluster->codec, "other",
                             "\"containers\":[],\"schedulerName\":\"my-scheduler\""));
    run_until(run, SIM_SECOND);
    cr_expect_null(find_pod(cluster, "other")->node_name);
    cr_expect_eq(find_pod(cluster, "other")->conditions_present, 0);
    cluster_free(cluster);
    run_free(run);
}

/* An attempt takes 0.6 ms: what happens within it meets a decision that was made before. */
static void let_half_an_attempt_pass(struct run *run)
{
    run_until(run, run_now(run) + 300 * SIM_MICROSECOND);
}

Test(scheduler, gives_back_the_room_of_a_pod_deleted_while_it_was_tried)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    run_until(run, SIM_SECOND);
    create(cluster, pod_make(&cluster->codec, "first", requests("3", "1Gi")));
    let_half_an_attempt_pass(run);
    delete_pod(cluster, "first");
    run_until(run, 2 * SIM_SECOND);
    cr_expect_null(find_pod(cluster, "first"));
    create(cluster, pod_make(&cluster->codec, "second", requests("3", "1Gi")));
    run_until(run, 3 * SIM_SECOND);
    expect_bound(cluster, "second", "a");
    cluster_free(cluster);
    run_free(run);
}

Test(scheduler, leaves_a_pod_where_somebody_else_has_bound_it)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "small", 4, 8, NULL));
    create(cluster, node_make(&cluster->codec, "large", 8, 16, NULL));
    run_until(run, SIM_SECOND);
    create(cluster, pod_make(&cluster->codec, "web", requests("3", "1Gi")));
    let_half_an_attempt_pass(run);
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_bind(&cluster->admin, object_key(&find_pod(cluster, "web")->meta.object),
                text_find(run->texts, "small"), NULL, NULL);
    run_until(run, 2 * SIM_SECOND);
    expect_bound(cluster, "web", "small");
    /* Its room is where it runs: the large node still takes 8, the small one no 2 more. */
    create(cluster, pod_make(&cluster->codec, "big", requests("8", "1Gi")));
    run_until(run, 3 * SIM_SECOND);
    expect_bound(cluster, "big", "large");
    create(cluster, pod_make(&cluster->codec, "late", requests("2", "1Gi")));
    run_until(run, 4 * SIM_SECOND);
    cr_expect_null(find_pod(cluster, "late")->node_name);
    cluster_free(cluster);
    run_free(run);
}

static const struct pod *pod_with_priority(struct cluster *cluster, const char *name, int priority,
                                           const char *cpu)
{
    char *spec = mem_format("\"priority\":%d,%s", priority, requests(cpu, "1Gi"));
    const struct pod *pod = pod_make(&cluster->codec, name, spec);
    free(spec);
    return pod;
}

/* 4 CPUs hold two pods of 2 CPUs and the same priority; the one that has run for less time goes. It
 * has 30 s to end, in which the preemptor waits with the promise of its room. */
Test(scheduler, makes_room_for_a_pod_of_higher_priority)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_with_priority(cluster, "first", 1, "2"));
    create(cluster, pod_with_priority(cluster, "second", 0, "2"));
    run_until(run, SIM_SECOND);
    create(cluster, pod_with_priority(cluster, "boss", 100, "2"));
    run_until(run, 10 * SIM_SECOND);
    expect_waiting(cluster, "boss", "0/1 nodes are available: 1 Insufficient cpu.");
    cr_expect_str_eq(text_s(pod_nominated_node(find_pod(cluster, "boss"))), "a");
    const struct pod *victim = find_pod(cluster, "second");
    cr_expect(victim->meta.deleting);
    cr_expect_str_eq(pod_condition_reason(victim, POD_DISRUPTION_TARGET), "PreemptionByScheduler");
    cr_expect_str_eq(pod_condition_message(victim, POD_DISRUPTION_TARGET),
                     "default-scheduler: preempting to accommodate a higher priority pod");
    cr_expect_not(find_pod(cluster, "first")->meta.deleting);

    /* Its room is promised: a pod of lower priority does not get it, one of higher priority may. */
    create(cluster, pod_with_priority(cluster, "late", 50, "1"));
    delete_pod(cluster, "second");
    run_until(run, 20 * SIM_SECOND);
    expect_bound(cluster, "boss", "a");
    cr_expect_null(find_pod(cluster, "late")->node_name);
    cluster_free(cluster);
    run_free(run);
}

/* preemptionPolicy Never waits as everybody else does. */
Test(scheduler, leaves_alone_whom_a_polite_pod_could_preempt)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_with_priority(cluster, "first", 0, "3"));
    run_until(run, SIM_SECOND);
    char *spec =
        mem_format("\"priority\":100,\"preemptionPolicy\":\"Never\",%s", requests("2", "1Gi"));
    create(cluster, pod_make(&cluster->codec, "polite", spec));
    free(spec);
    run_until(run, 10 * SIM_SECOND);
    expect_waiting(cluster, "polite",
                   "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
                   "preemption: not eligible due to preemptionPolicy=Never.");
    cr_expect_not(find_pod(cluster, "first")->meta.deleting);
    cluster_free(cluster);
    run_free(run);
}

/* An attempt takes 0.6 ms, a write 10: that big does not fit is written at 10.6, and only then web is
 * tried, until 11.2, and bound at 21.2. */
Test(scheduler, goes_on_when_it_has_written_why_a_pod_waits)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_scheduler(run);
    distribution_free(cluster->settings.api_write);
    cluster->settings.api_write = distribution_new_constant(0.010);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    run_until(run, SIM_SECOND);
    create(cluster, pod_make(&cluster->codec, "big", requests("9", "1Gi")));
    create(cluster, pod_make(&cluster->codec, "web", requests("1", "1Gi")));
    run_until(run, 2 * SIM_SECOND);
    const struct pod *big = find_pod(cluster, "big"), *web = find_pod(cluster, "web");
    cr_expect_eq(big->transitions[POD_SCHEDULED] - big->meta.created, 10600 * SIM_MICROSECOND);
    cr_expect_eq(web->transitions[POD_SCHEDULED] - web->meta.created, 21200 * SIM_MICROSECOND);
    cluster_free(cluster);
    run_free(run);
}
