/* Deployments: what a rollout does to its ReplicaSets, step by step. The hashes and the steps are
 * those of the recordings in tests/oracle where these have the same parameters. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/pod.h"
#include "models/controllers/deployment_private.h"
#include "sim/base/memory.h"
#include "tests/support/controlled.h"

#define ROLLING(surge, unavailable)                                                                \
    "{\"type\": \"RollingUpdate\", \"rollingUpdate\": {\"maxSurge\": " surge                       \
    ", \"maxUnavailable\": " unavailable "}}"
#define RECREATING "{\"type\": \"Recreate\"}"

static void apply(struct controlled *c, int replicas, int version, const char *strategy,
                  const char *extra)
{
    char *json = controlled_deployment("web", replicas, version, strategy, extra);
    controlled_apply(c, json);
    free(json);
}

/* The same with a template whose pods never become ready. */
static void apply_never_ready(struct controlled *c, int replicas, const char *strategy,
                              const char *extra)
{
    static const char labels[] = "\"template\": {\"metadata\": {\"labels\": {";
    char *json = controlled_deployment("web", replicas, 2, strategy, extra);
    const char *at = strstr(json, labels) + strlen(labels);
    char *never = mem_format("%.*s\"ready\": \"never\", %s", (int)(at - json), json, at);
    controlled_apply(c, never);
    free(never);
    free(json);
}

static const struct deployment *web(const struct controlled *c)
{
    return controlled_get(c, KIND_DEPLOYMENT, "web");
}

static const char *annotation(const struct controlled *c, const char *set, const char *key)
{
    const struct replicaset *found = controlled_get(c, KIND_REPLICASET, set);
    cr_assert_not_null(found, "%s", set);
    const char *value = labels_get(found->meta.annotations, key);
    return value ? value : "";
}

static void expect_condition(const struct controlled *c, const char *type, const char *says)
{
    const struct condition *found = conditions_find(web(c)->conditions, type);
    cr_assert_not_null(found, "%s", type);
    char *text = mem_format("%s %s: %s", condition_status_name(found->status),
                            text_s(found->reason), text_s(found->message));
    cr_expect_str_eq(text, says);
    free(text);
}

/* ---- proportional scaling ---- */

Test(proportional_change, keeps_the_shares_and_rounds_halves_away)
{
    static const struct {
        const char *why;
        int32_t replicas, before, now, change;
    } rows[] = {
        { "round(8 * 18 / 13) = round(11.08) = 11", 8, 13, 18, 3 },
        { "round(5 * 18 / 13) = round(6.92) = 7", 5, 13, 18, 2 },
        { "round(11 * 11 / 18) = round(6.72) = 7", 11, 18, 11, -4 },
        { "round(7 * 5 / 10) = round(3.5) = 4", 7, 10, 5, -3 },
        { "nobody knows what the largest total was", 7, 0, 5, 0 },
        { "nothing changes", 7, 12, 12, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(proportional_change(rows[i].replicas, rows[i].before, rows[i].now),
                     rows[i].change, "%s", rows[i].why);
}

Test(deployment, a_half_done_rollout_is_scaled_in_proportion)
{
    struct controlled *c = controlled_new();
    apply(c, 10, 1, ROLLING("3", "2"), "");
    controlled_wait(c, 5);
    apply(c, 10, 2, ROLLING("3", "2"), "");
    controlled_wait(c, 0.5); /* 8 old and 5 new, none of which is ready */
    writer_clear(&c->story);
    apply(c, 15, 2, ROLLING("3", "2"), "");
    controlled_wait(c, 0.25);
    controlled_expect(c, "5.500 web-7984c657f 8 -> 11\n"
                         "5.500 web-fb85b444 5 -> 7\n");
    cr_expect_str_eq(annotation(c, "web-fb85b444", "deployment.kubernetes.io/max-replicas"), "18");
    controlled_free(c);
}

/* ---- rolling update ---- */

Test(deployment, surge_of_one_replaces_pods_one_by_one)
{
    struct controlled *c = controlled_new();
    apply(c, 4, 1, ROLLING("1", "0"), "");
    controlled_wait(c, 5);
    controlled_expect(c, "0.000 web-7984c657f 0 -> 4\n"
                         "0.000 web: NewReplicaSetCreated\n"
                         "0.000 web: ReplicaSetUpdated\n"
                         "1.000 web: NewReplicaSetAvailable\n");
    apply(c, 4, 2, ROLLING("1", "0"), "");
    controlled_wait(c, 15);
    controlled_expect(c, "5.000 web-fb85b444 0 -> 1\n"
                         "5.000 web: NewReplicaSetCreated\n"
                         "5.000 web: ReplicaSetUpdated\n"
                         "6.000 web-7984c657f 4 -> 3\n"
                         "6.000 web-fb85b444 1 -> 2\n"
                         "7.000 web-7984c657f 3 -> 2\n"
                         "7.000 web-fb85b444 2 -> 3\n"
                         "8.000 web-7984c657f 2 -> 1\n"
                         "8.000 web-fb85b444 3 -> 4\n"
                         "9.000 web-7984c657f 1 -> 0\n"
                         "9.000 web: NewReplicaSetAvailable\n");
    cr_expect_eq(web(c)->status_replicas, 4);
    cr_expect_eq(web(c)->terminating_replicas, 0);
    cr_expect_str_eq(labels_get(web(c)->meta.annotations, REVISION_ANNOTATION), "2");
    controlled_free(c);
}

Test(deployment, a_rollover_gives_up_what_is_not_available_yet)
{
    struct controlled *c = controlled_new();
    apply(c, 3, 1, ROLLING("1", "1"), "");
    controlled_wait(c, 5);
    apply(c, 3, 2, ROLLING("1", "1"), "");
    controlled_wait(c, 0.5); /* two old and available, two of version 2 that are not */
    writer_clear(&c->story);
    apply(c, 3, 3, ROLLING("1", "1"), "");
    controlled_wait(c, 5);
    controlled_expect(c, "5.500 web-7c86fcd49c 0 -> 0\n"
                         "5.500 web: NewReplicaSetCreated\n"
                         "5.500 web-fb85b444 2 -> 0\n"
                         "5.500 web-7c86fcd49c 0 -> 2\n"
                         "5.500 web: ReplicaSetUpdated\n"
                         "6.500 web-7984c657f 2 -> 0\n"
                         "6.500 web-7c86fcd49c 2 -> 3\n"
                         "7.500 web: NewReplicaSetAvailable\n");
    controlled_free(c);
}

Test(deployment, min_ready_seconds_stretch_every_step)
{
    struct controlled *c = controlled_new();
    apply(c, 2, 1, ROLLING("1", "0"), "\"minReadySeconds\": 5,");
    controlled_wait(c, 5.999);
    cr_expect_eq(web(c)->ready_replicas, 2);
    cr_expect_eq(web(c)->available_replicas, 0);
    expect_condition(c, "Available",
                     "False MinimumReplicasUnavailable: Deployment does not have minimum "
                     "availability.");
    controlled_wait(c, 4.001);
    writer_clear(&c->story);
    apply(c, 2, 2, ROLLING("1", "0"), "\"minReadySeconds\": 5,");
    controlled_wait(c, 20);
    controlled_expect(c, "10.000 web-fb85b444 0 -> 1\n"
                         "10.000 web: NewReplicaSetCreated\n"
                         "10.000 web: ReplicaSetUpdated\n"
                         "16.000 web-7984c657f 2 -> 1\n"
                         "16.000 web-fb85b444 1 -> 2\n"
                         "22.000 web-7984c657f 1 -> 0\n"
                         "22.000 web: NewReplicaSetAvailable\n");
    controlled_free(c);
}

struct census {
    int32_t wanted; /* sum of spec.replicas of the ReplicaSets */
    int32_t ready;  /* pods that are ready and stay */
};

static void count_set(void *context, const struct object *object)
{
    ((struct census *)context)->wanted += ((const struct replicaset *)object)->replicas;
}

static void count_pod(void *context, const struct object *object)
{
    const struct pod *pod = (const struct pod *)object;
    ((struct census *)context)->ready += pod_is_ready(pod) && !pod->meta.deleting;
}

static struct census take_census(const struct controlled *c)
{
    struct census census = { 0 };
    store_each(c->cluster->store, KIND_REPLICASET, count_set, &census);
    store_each(c->cluster->store, KIND_POD, count_pod, &census);
    return census;
}

/* Look at a rollout from version 1 to 2 ten times a second, until it must have ended. */
static void roll_within_bounds(int replicas, const char *surge, const char *unavailable)
{
    struct controlled *c = controlled_new();
    char *strategy = mem_format("{\"type\": \"RollingUpdate\", \"rollingUpdate\": {\"maxSurge\": "
                                "%s, \"maxUnavailable\": %s}}",
                                surge, unavailable);
    apply(c, replicas, 1, strategy, "");
    controlled_wait(c, 5);
    apply(c, replicas, 2, strategy, "");
    const struct fenceposts bounds = deployment_fenceposts(web(c));
    for (int tenths = 0; tenths < 600; tenths++) {
        const struct census census = take_census(c);
        cr_assert_leq(census.wanted, replicas + bounds.surge, "%d, %s, %s", replicas, surge,
                      unavailable);
        cr_assert_geq(census.ready, replicas - bounds.unavailable, "%d, %s, %s", replicas, surge,
                      unavailable);
        controlled_wait(c, 0.1);
    }
    expect_condition(c, "Progressing",
                     "True NewReplicaSetAvailable: ReplicaSet \"web-fb85b444\" has successfully "
                     "progressed.");
    free(strategy);
    controlled_free(c);
}

Test(deployment, no_rollout_leaves_its_bounds)
{
    static const int sizes[] = { 1, 2, 3, 5, 8, 13 };
    static const char *const bounds[] = { "0", "1", "\"25%\"", "\"60%\"", "\"100%\"" };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t surge = 0; surge < 5; surge++)
            for (size_t unavailable = surge == 0; unavailable < 5; unavailable++)
                roll_within_bounds(sizes[i], bounds[surge], bounds[unavailable]);
}

/* ---- recreate ---- */

Test(deployment, recreate_waits_for_the_last_old_pod_to_be_gone)
{
    struct controlled *c = controlled_new();
    apply(c, 3, 1, RECREATING, "");
    controlled_wait(c, 5);
    writer_clear(&c->story);
    apply(c, 3, 2, RECREATING, "");
    controlled_wait(c, 5);
    controlled_expect(c, "5.000 web-7984c657f 3 -> 0\n"
                         "6.000 web-fb85b444 0 -> 3\n"
                         "6.000 web: NewReplicaSetCreated\n"
                         "6.000 web: ReplicaSetUpdated\n"
                         "7.000 web: NewReplicaSetAvailable\n");
    controlled_free(c);
}

/* ---- progress ---- */

Test(deployment, a_stuck_rollout_is_found_out_a_second_after_its_deadline_and_stays_as_it_is)
{
    struct controlled *c = controlled_new();
    apply(c, 3, 1, ROLLING("1", "1"), "\"progressDeadlineSeconds\": 10,");
    controlled_wait(c, 5);
    writer_clear(&c->story);
    apply_never_ready(c, 3, ROLLING("1", "1"), "\"progressDeadlineSeconds\": 10,");
    controlled_wait(c, 60);
    controlled_expect(c, "5.000 web-64d856fcd7 0 -> 1\n"
                         "5.000 web: NewReplicaSetCreated\n"
                         "5.000 web-7984c657f 3 -> 2\n"
                         "5.000 web-64d856fcd7 1 -> 2\n"
                         "5.000 web: ReplicaSetUpdated\n"
                         "16.000 web: ProgressDeadlineExceeded\n");
    expect_condition(c, "Progressing",
                     "False ProgressDeadlineExceeded: ReplicaSet \"web-64d856fcd7\" has timed out "
                     "progressing.");
    controlled_free(c);
}

Test(deployment, paused_it_scales_but_does_not_roll)
{
    struct controlled *c = controlled_new();
    apply(c, 3, 1, ROLLING("1", "1"), "");
    controlled_wait(c, 5);
    writer_clear(&c->story);
    apply(c, 3, 2, ROLLING("1", "1"), "\"paused\": true,");
    controlled_wait(c, 1);
    apply(c, 5, 2, ROLLING("1", "1"), "\"paused\": true,");
    controlled_wait(c, 1);
    controlled_expect(c, "5.000 web: DeploymentPaused\n"
                         "6.000 web-7984c657f 3 -> 5\n");
    apply(c, 5, 2, ROLLING("5", "0"), "");
    controlled_wait(c, 3);
    controlled_expect(c, "7.000 web: DeploymentResumed\n"
                         "7.000 web-fb85b444 0 -> 5\n"
                         "7.000 web: ReplicaSetUpdated\n"
                         "8.000 web-7984c657f 5 -> 0\n"
                         "8.000 web: NewReplicaSetAvailable\n");
    controlled_free(c);
}

/* ---- revisions ---- */

Test(deployment, an_old_template_brings_back_its_replicaset_under_a_new_revision)
{
    struct controlled *c = controlled_new();
    for (int version = 1; version <= 3; version++) {
        apply(c, 1, version, ROLLING("1", "0"), "");
        controlled_wait(c, 5);
    }
    apply(c, 1, 1, ROLLING("1", "0"), ""); /* what kubectl rollout undo --to-revision=1 sends */
    controlled_wait(c, 5);
    cr_expect_eq(controlled_count(c, KIND_REPLICASET), 3);
    cr_expect_str_eq(annotation(c, "web-7984c657f", REVISION_ANNOTATION), "4");
    cr_expect_str_eq(annotation(c, "web-7984c657f", "deployment.kubernetes.io/revision-history"),
                     "1");
    cr_expect_str_eq(annotation(c, "web-fb85b444", REVISION_ANNOTATION), "2");
    cr_expect_str_eq(labels_get(web(c)->meta.annotations, REVISION_ANNOTATION), "4");
    controlled_free(c);
}

Test(deployment, old_revisions_beyond_the_limit_are_deleted)
{
    struct controlled *c = controlled_new();
    for (int version = 1; version <= 5; version++) {
        apply(c, 1, version, ROLLING("1", "0"), "\"revisionHistoryLimit\": 2,");
        controlled_wait(c, 5);
    }
    cr_expect_eq(controlled_count(c, KIND_REPLICASET), 3, "the new one and two old ones");
    cr_expect_null(controlled_get(c, KIND_REPLICASET, "web-fb85b444"));
    cr_expect_not_null(controlled_get(c, KIND_REPLICASET, "web-7c86fcd49c"));
    controlled_free(c);
}

static const char stranger[] =
    "{\"apiVersion\": \"apps/v1\", \"kind\": \"ReplicaSet\","
    " \"metadata\": {\"name\": \"web-7984c657f\"},"
    " \"spec\": {\"replicas\": 0, \"selector\": {\"matchLabels\": {\"app\": \"other\"}},"
    "  \"template\": {\"metadata\": {\"labels\": {\"app\": \"other\"}},"
    "   \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"other\"}]}}}}";

Test(deployment, a_taken_name_counts_as_a_collision_and_gives_another_hash)
{
    struct controlled *c = controlled_new();
    controlled_apply(c, stranger);
    apply(c, 1, 1, ROLLING("1", "0"), "");
    controlled_wait(c, 5);
    controlled_expect(c, "0.000 web-7984c657f 0 -> 0\n"
                         "0.000 web-695dc86854 0 -> 1\n"
                         "0.000 web: NewReplicaSetCreated\n"
                         "0.000 web: ReplicaSetUpdated\n"
                         "1.000 web: NewReplicaSetAvailable\n");
    cr_expect_eq(web(c)->collision_count, 1);
    controlled_free(c);
}
