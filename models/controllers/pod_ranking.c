/* Which pods a controller gives up first. See pod_ranking.h. */
#include "models/controllers/pod_ranking.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static const char DELETION_COST[] = "controller.kubernetes.io/pod-deletion-cost";

static const int phase_order[] = {
    [POD_PENDING] = 0, [POD_UNKNOWN] = 1, [POD_RUNNING] = 2, [POD_SUCCEEDED] = 0, [POD_FAILED] = 0
};

int32_t pod_deletion_cost(const struct pod *pod)
{
    const char *text = labels_get(pod->meta.annotations, DELETION_COST);
    if (text == NULL || *text == '\0')
        return 0;
    const bool plain = *text == '-' || (*text >= '1' && *text <= '9') || strcmp(text, "0") == 0;
    const char *digits = text + (*text == '-');
    if (!plain || !isdigit((unsigned char)*digits))
        return 0;
    char *end;
    errno = 0;
    const long long cost = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && cost >= INT32_MIN && cost <= INT32_MAX ? (int32_t)cost : 0;
}

/* The most restarts of any of its containers, sidecars apart; other init containers do not count. */
static void count_restarts(const struct pod *pod, struct pod_rank *rank)
{
    const struct container_statuses *statuses = pod->containers;
    const size_t init_count = pod->spec->init_container_count;
    for (size_t i = 0; statuses != NULL && i < statuses->count; i++) {
        const int32_t restarts = statuses->items[i].restart_count;
        if (i >= init_count) {
            if (restarts > rank->restarts)
                rank->restarts = restarts;
        } else if (pod->spec->init_containers[i].sidecar && restarts > rank->sidecar_restarts) {
            rank->sidecar_restarts = restarts;
        }
    }
}

struct pod_rank pod_rank_of(const struct pod *pod)
{
    struct pod_rank rank = {
        .pod = pod,
        .assigned = pod->node_name != NULL,
        .ready = pod_is_ready(pod),
        .phase = phase_order[pod->phase],
        .deletion_cost = pod_deletion_cost(pod),
        .ready_at = pod->transitions[POD_READY] / SIM_SECOND,
        .created_at = pod->meta.created / SIM_SECOND,
    };
    count_restarts(pod, &rank);
    return rank;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_uids(struct uid a, struct uid b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

/* floor(log2(age in nanoseconds)); -1 for an age that is not positive. */
static int age_power(int64_t at_seconds, sim_time now)
{
    const sim_time age = now - at_seconds * SIM_SECOND;
    return age > 0 ? 63 - __builtin_clzll((uint64_t)age) : -1;
}

/* The younger first, by powers of two; within one power by uid. */
static int compare_ages(int64_t a, int64_t b, const struct pod_rank *rank_a,
                        const struct pod_rank *rank_b, sim_time now)
{
    if (a == b)
        return 0;
    const int by_power = compare(age_power(a, now), age_power(b, now));
    return by_power != 0 ? by_power : compare_uids(rank_a->pod->meta.uid, rank_b->pod->meta.uid);
}

int pod_rank_compare(const struct pod_rank *a, const struct pod_rank *b, sim_time now)
{
    int order = 0;
    if ((order = compare(a->assigned, b->assigned)) != 0)
        return order;
    if ((order = compare(a->phase, b->phase)) != 0)
        return order;
    if ((order = compare(a->ready, b->ready)) != 0)
        return order;
    if ((order = compare(a->deletion_cost, b->deletion_cost)) != 0)
        return order;
    if ((order = compare(b->colocated, a->colocated)) != 0)
        return order;
    if (a->ready && (order = compare_ages(a->ready_at, b->ready_at, a, b, now)) != 0)
        return order;
    if ((order = compare(b->restarts, a->restarts)) != 0)
        return order;
    if ((order = compare(b->sidecar_restarts, a->sidecar_restarts)) != 0)
        return order;
    return compare_ages(a->created_at, b->created_at, a, b, now);
}

/* By hash, then by name: NULL (not assigned) first. Any fixed order does for counting. */
static int compare_nodes(const void *a, const void *b)
{
    const struct text *left = *(const struct text *const *)a;
    const struct text *right = *(const struct text *const *)b;
    if (left == right)
        return 0;
    const uint64_t left_hash = left ? left->hash : 0, right_hash = right ? right->hash : 0;
    if (left_hash != right_hash)
        return left_hash < right_hash ? -1 : 1;
    return strcmp(text_s(left), text_s(right));
}

/* How many of the sorted `nodes` come before `node`, or before or at it. */
static size_t nodes_until(const struct text *const *nodes, size_t count, const struct text *node,
                          bool inclusive)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_nodes(&nodes[middle], &node);
        if (order < 0 || (inclusive && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void pod_ranks_count_colocated(struct pod_rank *ranks, size_t count,
                               const struct pod *const *related, size_t related_count)
{
    const struct text **nodes = mem_new((related_count + 1) * sizeof *nodes);
    size_t active = 0;
    for (size_t i = 0; i < related_count; i++)
        if (pod_is_active(related[i]))
            nodes[active++] = related[i]->node_name;
    qsort(nodes, active, sizeof *nodes, compare_nodes);
    for (size_t i = 0; i < count; i++) {
        const struct text *node = ranks[i].pod->node_name;
        ranks[i].colocated =
            (int)(nodes_until(nodes, active, node, true) - nodes_until(nodes, active, node, false));
    }
    free(nodes);
}

static int compare_for_sort(const void *a, const void *b, void *now)
{
    const struct pod_rank *left = a, *right = b;
    const int order = pod_rank_compare(left, right, *(const sim_time *)now);
    return order != 0 ? order : compare_uids(left->pod->meta.uid, right->pod->meta.uid);
}

void pod_ranks_sort(struct pod_rank *ranks, size_t count, sim_time now)
{
    qsort_r(ranks, count, sizeof *ranks, compare_for_sort, &now);
}
