/* Typical pods, and the fragmentation of a node; see fragmentation.h.
 *
 * F is summed as the authors' simulator does (pkg/utils/frag.go): apart for each reason why what is
 * left is of no use, in the order of the typical pods. A policy that cuts scores to whole
 * numbers sees the rounding: a placement that changes the reasons, but not F, may score 49 or 50, and the
 * published figures have it so. */
#include "models/scheduler/plugins/fragmentation.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

/* Why what is left of the GPUs is of no use to a pod, in the order in which they are added up. */
enum reason {
    LACKS_BOTH,
    LACKS_GPU,
    LACKS_CPU,
    ASKS_FOR_NO_GPU,
    ASKS_FOR_NO_GPU_AND_LACKS_CPU,
    WRONG_MODEL,
    REASONS
};

struct sort {
    int64_t cpu_milli, pods;
    struct gpu_request request; /* owned */
    double frequency;           /* among the chosen sorts */
    size_t demand;              /* what it asks of the GPUs */
};

struct demand {
    int milli, count;
};

/* Which sorts accept a model. */
struct accepting {
    const struct text *model; /* held; NULL: not said */
    bool *sorts;              /* owned */
};

struct typical_pods {
    struct sort *sorts;
    size_t count, capacity;
    struct demand *demands; /* distinct ones, by milli, ascending */
    int *too_small;         /* by demand, of the last room: see find_too_small() */
    size_t demand_count;
    struct accepting *models;
    size_t model_count, model_capacity;
};

struct typical_pods *typical_pods_new(void)
{
    return mem_new(sizeof(struct typical_pods));
}

void typical_pods_free(struct typical_pods *typical)
{
    if (typical == NULL)
        return;
    for (size_t i = 0; i < typical->count; i++)
        gpu_request_close(&typical->sorts[i].request);
    for (size_t i = 0; i < typical->model_count; i++) {
        text_drop(typical->models[i].model);
        free(typical->models[i].sorts);
    }
    free(typical->sorts);
    free(typical->demands);
    free(typical->too_small);
    free(typical->models);
    free(typical);
}

/* --- choosing ------------------------------------------------------------------------------ */

static bool asks_the_same(const struct sort *sort, int64_t cpu_milli,
                          const struct gpu_request *request)
{
    return sort->cpu_milli == cpu_milli && sort->request.count == request->count &&
           sort->request.milli == request->milli && sort->request.spec == request->spec;
}

void typical_pods_add(struct typical_pods *typical, int64_t cpu_milli, struct gpu_request request,
                      int64_t pods)
{
    if (request.count == 0)
        request.milli = 0;
    for (size_t i = 0; i < typical->count; i++)
        if (asks_the_same(&typical->sorts[i], cpu_milli, &request)) {
            typical->sorts[i].pods += pods;
            gpu_request_close(&request);
            return;
        }
    MEM_GROW(typical->sorts, typical->count, typical->capacity);
    typical->sorts[typical->count++] =
        (struct sort){ .cpu_milli = cpu_milli, .pods = pods, .request = request };
}

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* Most frequent first; see typical_pods_choose(). */
static int by_frequency(const void *a, const void *b)
{
    const struct sort *left = a, *right = b;
    int order = compare(right->pods, left->pods);
    if (order == 0)
        order = compare(right->cpu_milli, left->cpu_milli);
    if (order == 0)
        order = compare(right->request.milli, left->request.milli);
    if (order == 0)
        order = compare(right->request.count, left->request.count);
    return order != 0 ? order : strcmp(text_s(right->request.spec), text_s(left->request.spec));
}

static int by_milli(const void *a, const void *b)
{
    const struct demand *left = a, *right = b;
    const int order = compare(left->milli, right->milli);
    return order != 0 ? order : compare(left->count, right->count);
}

/* The distinct demands, and of each sort which is its. */
static void find_demands(struct typical_pods *typical)
{
    struct demand *demands = mem_new((typical->count + 1) * sizeof *demands);
    size_t kept = 0;
    for (size_t i = 0; i < typical->count; i++)
        demands[i] =
            (struct demand){ typical->sorts[i].request.milli, typical->sorts[i].request.count };
    qsort(demands, typical->count, sizeof *demands, by_milli);
    for (size_t i = 0; i < typical->count; i++)
        if (kept == 0 || by_milli(&demands[kept - 1], &demands[i]) != 0)
            demands[kept++] = demands[i];
    for (size_t i = 0; i < typical->count; i++) {
        struct sort *sort = &typical->sorts[i];
        while (demands[sort->demand].milli != sort->request.milli ||
               demands[sort->demand].count != sort->request.count)
            sort->demand++;
    }
    typical->demands = demands;
    typical->too_small = mem_new((kept + 1) * sizeof *typical->too_small);
    typical->demand_count = kept;
}

/* Frequencies in two steps, as in the authors' simulator: among all, then among the chosen. */
void typical_pods_choose(struct typical_pods *typical, int percent)
{
    assert(typical->demands == NULL);
    int64_t all = 0, covered = 0;
    size_t kept = 0;
    for (size_t i = 0; i < typical->count; i++)
        all += typical->sorts[i].pods;
    if (typical->count > 0)
        qsort(typical->sorts, typical->count, sizeof *typical->sorts, by_frequency);
    while (kept < typical->count && covered * 100 < all * percent)
        covered += typical->sorts[kept++].pods;
    for (size_t i = kept; i < typical->count; i++)
        gpu_request_close(&typical->sorts[i].request);
    typical->count = kept;
    for (size_t i = 0; i < kept; i++)
        typical->sorts[i].frequency =
            (double)typical->sorts[i].pods / (double)all / ((double)covered / (double)all);
    find_demands(typical);
}

size_t typical_pods_count(const struct typical_pods *typical)
{
    return typical->count;
}

static const bool *accepting_model(struct typical_pods *typical, const struct text *model)
{
    const struct node_gpus gpus = { .model = model };
    for (size_t i = 0; i < typical->model_count; i++)
        if (typical->models[i].model == model)
            return typical->models[i].sorts;
    bool *sorts = mem_new(typical->count + 1);
    for (size_t i = 0; i < typical->count; i++)
        sorts[i] = node_gpus_have_model(&gpus, &typical->sorts[i].request);
    MEM_GROW(typical->models, typical->model_count, typical->model_capacity);
    typical->models[typical->model_count++] = (struct accepting){ text_hold(model), sorts };
    return sorts;
}

/* What is left on each GPU, ascending; returns the sum. */
static int sort_left(const struct gpu_room *room, int sorted[NODE_GPUS])
{
    int sum = 0;
    for (int i = 0; i < room->count; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] > room->left[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = room->left[i];
        sum += room->left[i];
    }
    return sum;
}

/* For each demand what is left on GPUs that have too little left for it; -1: not enough GPUs have
 * enough. */
static void find_too_small(struct typical_pods *typical, const struct gpu_room *room,
                           const int *sorted)
{
    int small = 0, sum = 0;
    for (size_t i = 0; i < typical->demand_count; i++) {
        const struct demand *demand = &typical->demands[i];
        while (small < room->count && sorted[small] < demand->milli)
            sum += sorted[small++];
        typical->too_small[i] = room->count - small >= demand->count ? sum : -1;
    }
}

static enum reason reason_of(const struct sort *sort, bool has_cpu, bool accepts, bool has_gpus)
{
    if (sort->request.count == 0)
        return has_cpu ? ASKS_FOR_NO_GPU : ASKS_FOR_NO_GPU_AND_LACKS_CPU;
    if (!accepts)
        return WRONG_MODEL;
    if (has_gpus && !has_cpu)
        return LACKS_CPU;
    return has_cpu ? LACKS_GPU : LACKS_BOTH;
}

double fragmentation_of(struct typical_pods *typical, const struct gpu_room *room)
{
    const bool *accepting = accepting_model(typical, room->model);
    int sorted[NODE_GPUS];
    double sums[REASONS] = { 0 }, fragmentation = 0;
    const int all = sort_left(room, sorted);
    find_too_small(typical, room, sorted);
    for (size_t i = 0; i < typical->count; i++) {
        const struct sort *sort = &typical->sorts[i];
        const bool has_cpu = sort->cpu_milli <= room->cpu_milli;
        const int too_small = typical->too_small[sort->demand];
        const bool has_gpus = too_small >= 0;
        const bool runs = sort->request.count > 0 && accepting[i] && has_cpu && has_gpus;
        sums[reason_of(sort, has_cpu, accepting[i], has_gpus)] +=
            sort->frequency * (runs ? too_small : all);
    }
    for (int reason = 0; reason < REASONS; reason++)
        fragmentation += sums[reason];
    return fragmentation;
}
