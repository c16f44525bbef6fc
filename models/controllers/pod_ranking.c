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

/* Pods by node, in an open table; NULL, not assigned, is a node like others. */
struct node_count {
    const struct text *node;
    int pods; /* 0: a free place */
};

static struct node_count *count_of(struct node_count *counts, size_t mask, const struct text *node)
{
    size_t place = (node != NULL ? node->hash : 0) & mask;
    while (counts[place].pods > 0 && counts[place].node != node)
        place = (place + 1) & mask;
    return &counts[place];
}

void pod_ranks_count_colocated(struct pod_rank *ranks, size_t count,
                               const struct pod *const *related, size_t related_count)
{
    size_t places = 16;
    while (places < related_count * 2)
        places *= 2;
    struct node_count *counts = mem_new(places * sizeof *counts);
    for (size_t i = 0; i < related_count; i++) {
        if (!pod_is_active(related[i]))
            continue;
        struct node_count *here = count_of(counts, places - 1, related[i]->node_name);
        here->node = related[i]->node_name;
        here->pods++;
    }
    for (size_t i = 0; i < count; i++)
        ranks[i].colocated = count_of(counts, places - 1, ranks[i].pod->node_name)->pods;
    free(counts);
}

static int compare_for_sort(const void *a, const void *b, void *now)
{
    const struct pod_rank *left = a, *right = b;
    const int order = pod_rank_compare(left, right, *(const sim_time *)now);
    return order != 0 ? order : compare_uids(left->pod->meta.uid, right->pod->meta.uid);
}

static void swap(struct pod_rank *a, struct pod_rank *b)
{
    const struct pod_rank was = *a;
    *a = *b;
    *b = was;
}

/* Bring those that come before the middle one of three to the front; returns how many there are, and
 * leaves that one behind them. */
static size_t part(struct pod_rank *ranks, size_t count, sim_time now)
{
    struct pod_rank *first = &ranks[0], *middle = &ranks[count / 2], *last = &ranks[count - 1];
    if (compare_for_sort(middle, first, &now) < 0)
        swap(middle, first);
    if (compare_for_sort(last, middle, &now) < 0)
        swap(last, middle);
    if (compare_for_sort(middle, first, &now) < 0)
        swap(middle, first);
    swap(middle, last);
    size_t before = 0;
    for (size_t i = 0; i + 1 < count; i++)
        if (compare_for_sort(&ranks[i], last, &now) < 0)
            swap(&ranks[i], &ranks[before++]);
    swap(&ranks[before], last);
    return before;
}

void pod_ranks_sort(struct pod_rank *ranks, size_t count, sim_time now)
{
    qsort_r(ranks, count, sizeof *ranks, compare_for_sort, &now);
}

void pod_ranks_select(struct pod_rank *ranks, size_t count, size_t wanted, sim_time now)
{
    size_t from = 0, to = count;
    while (to - from > 16 && wanted < to) {
        const size_t middle = from + part(ranks + from, to - from, now);
        if (middle < wanted)
            from = middle + 1;
        else
            to = middle;
    }
    qsort_r(ranks, wanted < to ? to : wanted, sizeof *ranks, compare_for_sort, &now);
}
