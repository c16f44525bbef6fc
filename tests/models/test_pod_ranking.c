/* Which of two pods is given up first, rule by rule; a later rule counts only where the earlier
 * ones see no difference. */
#include <criterion/criterion.h>

#include <string.h>

#include "models/controllers/pod_ranking.h"
#include "sim/chance/stream.h"

static const struct pod low = { .meta.uid = { 1, 1 } }, high = { .meta.uid = { 1, 2 } };

/* Assigned, running, ready for 100 s at the time of comparing, made 5 s before. */
#define SOUND                                                                                      \
    .assigned = true, .ready = true, .phase = 2, .colocated = 1, .ready_at = 900, .created_at = 895

static const sim_time now = 1000 * SIM_SECOND;

static const struct {
    const char *why;
    struct pod_rank first, second;
} rows[] = {
    { "not assigned before assigned", { .pod = &high }, { .pod = &low, SOUND } },
    { "Pending before Running, even if more expensive",
      { .pod = &high, .assigned = true, .phase = 0, .deletion_cost = 9 },
      { .pod = &low, .assigned = true, .phase = 2 } },
    { "not ready before ready",
      { .pod = &high, .assigned = true, .phase = 2, .created_at = 10 },
      { .pod = &low, SOUND } },
    { "lower deletion cost first, before colocation",
      { .pod = &high, SOUND, .deletion_cost = -1 },
      { .pod = &low,
        .assigned = true,
        .ready = true,
        .phase = 2,
        .colocated = 7,
        .ready_at = 900,
        .created_at = 895 } },
    { "more pods of the owner on its node first",
      { .pod = &high,
        .assigned = true,
        .ready = true,
        .phase = 2,
        .colocated = 3,
        .ready_at = 100,
        .created_at = 100 },
      { .pod = &low,
        .assigned = true,
        .ready = true,
        .phase = 2,
        .colocated = 2,
        .ready_at = 999,
        .created_at = 999 } },
    { "ready for 60 s before ready for 100 s: 2^35 ns lies under, 2^36 ns = 68.7 s between",
      { .pod = &high, .assigned = true, .ready = true, .phase = 2, .ready_at = 940 },
      { .pod = &low, .assigned = true, .ready = true, .phase = 2, .ready_at = 900 } },
    { "ready for 70 s and for 100 s is the same power of two: smaller uid first",
      { .pod = &low, .assigned = true, .ready = true, .phase = 2, .ready_at = 900 },
      { .pod = &high, .assigned = true, .ready = true, .phase = 2, .ready_at = 930 } },
    { "ready since this very second has no power at all: first",
      { .pod = &high, .assigned = true, .ready = true, .phase = 2, .ready_at = 1000 },
      { .pod = &low, .assigned = true, .ready = true, .phase = 2, .ready_at = 999 } },
    { "more restarts first, where both became ready in the same second",
      { .pod = &high, SOUND, .restarts = 2 },
      { .pod = &low, SOUND, .restarts = 1, .sidecar_restarts = 9 } },
    { "more restarts of sidecars first",
      { .pod = &high, SOUND, .restarts = 1, .sidecar_restarts = 2 },
      { .pod = &low, SOUND, .restarts = 1 } },
    { "the time of readiness does not count for pods that are not ready: newer first",
      { .pod = &high, .assigned = true, .phase = 2, .ready_at = 100, .created_at = 999 },
      { .pod = &low, .assigned = true, .phase = 2, .ready_at = 999, .created_at = 100 } },
};

Test(pod_ranking, follows_the_eight_rules_in_their_order)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_lt(pod_rank_compare(&rows[i].first, &rows[i].second, now), 0, "%s", rows[i].why);
        cr_expect_gt(pod_rank_compare(&rows[i].second, &rows[i].first, now), 0, "%s: the other way",
                     rows[i].why);
    }
}

Test(pod_ranking, pods_alike_are_not_told_apart_but_sorted_by_uid)
{
    struct pod_rank ranks[] = { { .pod = &high, SOUND }, { .pod = &low, SOUND } };
    cr_expect_eq(pod_rank_compare(&ranks[0], &ranks[1], now), 0);
    pod_ranks_sort(ranks, 2, now);
    cr_expect_eq(ranks[0].pod, &low);
}

/* Two ways to one answer: of pods that all rules tell apart, the first few are the same. */
Test(pod_ranking, selecting_the_first_is_sorting_and_taking_them)
{
    enum { PODS = 500 };
    static struct pod pods[PODS];
    static struct pod_rank all[PODS], some[PODS];
    struct stream luck = stream_of(3, "", "ranking", "select", 0);
    for (size_t wanted = 1; wanted <= PODS; wanted = wanted * 3 / 2 + 1) {
        for (size_t i = 0; i < PODS; i++) {
            pods[i].meta.uid = (struct uid){ stream_below(&luck, 1000), i };
            all[i] = (struct pod_rank){ .pod = &pods[i], SOUND };
            all[i].assigned = stream_below(&luck, 20) > 0;
            all[i].colocated = (int)stream_below(&luck, 4);
        }
        memcpy(some, all, sizeof all);
        pod_ranks_sort(all, PODS, now);
        pod_ranks_select(some, PODS, wanted, now);
        for (size_t i = 0; i < wanted; i++)
            cr_assert_eq(some[i].pod, all[i].pod, "%zu of the first %zu", i, wanted);
        for (size_t i = wanted; i < PODS; i++)
            cr_assert_gt(pod_rank_compare(&some[i], &some[wanted - 1], now) +
                             (some[i].pod != some[wanted - 1].pod),
                         0);
    }
}

/* ---- what a rank is read from ---- */

Test(pod_ranking, deletion_cost_is_a_plain_number_or_nothing)
{
    static const struct {
        const char *why, *annotation;
        int32_t cost;
    } costs[] = {
        { "a number", "100", 100 },
        { "a negative number", "-5", -5 },
        { "nought", "0", 0 },
        { "no leading noughts", "007", 0 },
        { "no plus sign", "+3", 0 },
        { "no fraction", "1.5", 0 },
        { "no blank after the sign", "- 5", 0 },
        { "beyond 32 bits", "2147483648", 0 },
    };
    struct texts *texts = texts_new();
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        struct pod pod = { .meta.annotations = labels_with(
                               texts, NULL, "controller.kubernetes.io/pod-deletion-cost",
                               costs[i].annotation) };
        cr_expect_eq(pod_deletion_cost(&pod), costs[i].cost, "%s", costs[i].why);
        labels_drop(pod.meta.annotations);
    }
    texts_free(texts);
}

Test(pod_ranking, counts_the_active_pods_of_the_owner_on_each_node)
{
    struct texts *texts = texts_new();
    const struct text *n0 = text_intern(texts, "n0"), *n1 = text_intern(texts, "n1");
    const struct pod on_n0 = { .node_name = n0 }, on_n1 = { .node_name = n1 }, nowhere = { 0 };
    const struct pod going = { .node_name = n1, .meta.deleting = true };
    const struct pod failed = { .node_name = n0, .phase = POD_FAILED };
    const struct pod *related[] = { &on_n0, &on_n1, &going, &on_n0, &failed, &nowhere, &on_n0 };
    struct pod_rank ranks[] = { { .pod = &on_n0 }, { .pod = &on_n1 }, { .pod = &nowhere } };
    pod_ranks_count_colocated(ranks, 3, related, 7);
    cr_expect_eq(ranks[0].colocated, 3);
    cr_expect_eq(ranks[1].colocated, 1, "the one that is being deleted does not count");
    cr_expect_eq(ranks[2].colocated, 1, "pods without a node are together, too");
    text_drop(n0);
    text_drop(n1);
    texts_free(texts);
}

Test(pod_ranking, the_most_restarted_container_counts_and_sidecars_apart)
{
    struct container init[] = { { .sidecar = false }, { .sidecar = true } };
    const struct pod_spec spec = { .init_containers = init,
                                   .init_container_count = 2,
                                   .container_count = 2 };
    struct container_statuses *statuses =
        calloc(1, sizeof *statuses + 4 * sizeof statuses->items[0]);
    statuses->count = 4;
    const int32_t restarts[] = { 50, 4, 2, 3 };
    for (int i = 0; i < 4; i++)
        statuses->items[i].restart_count = restarts[i];
    const struct pod pod = { .spec = &spec, .containers = statuses };
    const struct pod_rank rank = pod_rank_of(&pod);
    cr_expect_eq(rank.restarts, 3);
    cr_expect_eq(rank.sidecar_restarts, 4, "plain init containers do not count");
    free(statuses);
}
