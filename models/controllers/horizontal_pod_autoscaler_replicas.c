/* From figures of pods and objects to numbers of replicas.
 *
 * Follows pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go of
 * kube-controller-manager, in the release named in docs/fidelity.md: also in its integer divisions,
 * and in what becomes of numbers that do not fit. */
#include <assert.h>
#include <math.h>

#include "models/controllers/horizontal_pod_autoscaler_private.h"

static bool is_within(struct tolerances tolerances, double ratio)
{
    return 1.0 - tolerances.down <= ratio && ratio <= 1.0 + tolerances.up;
}

/* What is put in for pods without a figure of their own. */
struct assumptions {
    bool missing, unready; /* do they count at all? */
    int64_t share;         /* of missing ones: percent of the request, */
    int64_t amount;        /* or an amount; both 0: nothing */
};

struct sums {
    int64_t usage, request;
    int64_t count;
};

/* Sums and products wrap around, as Go's do. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t times(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static struct sums add_up(const struct pod_figure *pods, size_t count, struct assumptions assumed)
{
    struct sums sums = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct pod_figure *pod = &pods[i];
        const bool missing = pod->counts == POD_MISSING && assumed.missing;
        if (pod->counts != POD_COUNTS && !missing &&
            !(pod->counts == POD_UNREADY && assumed.unready))
            continue;
        const int64_t usage = pod->counts == POD_COUNTS ? pod->usage
                              : missing ? assumed.amount + times(pod->request, assumed.share) / 100
                                        : 0;
        sums.usage = plus(sums.usage, usage);
        sums.request = plus(sums.request, pod->request);
        sums.count++;
    }
    return sums;
}

static int64_t count_of(const struct pod_figure *pods, size_t count, enum pod_counts counts)
{
    int64_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += pods[i].counts == counts;
    return found;
}

/* The ratio of usage to its target, in the two ways of reckoning. */
struct target {
    int32_t percent; /* 0: by the amount */
    int64_t amount;
};

static double ratio_of(struct sums sums, struct target target, struct proposal *proposal)
{
    assert(sums.count > 0); /* nobody measured is refused before */
    proposal->usage = sums.usage / sums.count;
    if (target.percent == 0)
        return (double)proposal->usage / (double)target.amount;
    proposal->utilization = (int32_t)(uint32_t)(times(sums.usage, 100) / sums.request);
    return (double)proposal->utilization / (double)target.percent;
}

/* On the way down, pods that are missing use all they may; on the way up they use nothing, and nor do
 * those that are not ready. Then the ratio may not have changed its direction. */
static int32_t reckon_again(const struct pod_figure *pods, size_t count, int32_t current,
                            struct target target, double ratio, bool with_unready,
                            struct tolerances tolerances)
{
    const bool missing = count_of(pods, count, POD_MISSING) > 0 && ratio != 1.0;
    const int64_t most = target.percent > 100 ? target.percent : 100;
    const struct sums sums = add_up(
        pods, count,
        (struct assumptions){ .missing = missing,
                              .unready = with_unready,
                              .share = ratio < 1.0 && target.percent > 0 ? most : 0,
                              .amount = ratio < 1.0 && target.percent == 0 ? target.amount : 0 });
    struct proposal again;
    const double new_ratio = ratio_of(sums, target, &again);
    if (is_within(tolerances, new_ratio) || (ratio < 1.0 && new_ratio > 1.0) ||
        (ratio > 1.0 && new_ratio < 1.0))
        return current;
    const int32_t replicas = go_int32(ceil(new_ratio * (double)sums.count));
    if ((new_ratio < 1.0 && replicas > current) || (new_ratio > 1.0 && replicas < current))
        return current;
    return replicas;
}

static void reckon(const struct pod_figure *pods, size_t count, int32_t current,
                   struct target target, struct tolerances tolerances, struct proposal *proposal)
{
    const struct sums sums = add_up(pods, count, (struct assumptions){ 0 });
    const double ratio = ratio_of(sums, target, proposal);
    const bool with_unready = count_of(pods, count, POD_UNREADY) > 0 && ratio > 1.0;
    if (with_unready || count_of(pods, count, POD_MISSING) > 0)
        proposal->replicas =
            reckon_again(pods, count, current, target, ratio, with_unready, tolerances);
    else if (is_within(tolerances, ratio))
        proposal->replicas = current;
    else
        proposal->replicas = go_int32(ceil(ratio * (double)sums.count));
}

bool pods_have_figures(const struct pod_figure *pods, size_t count, struct error *error)
{
    return count_of(pods, count, POD_COUNTS) > 0 ||
           error_set(error, (struct place){ 0 },
                     "did not receive metrics for targeted pods (pods might be unready)");
}

bool replicas_by_utilization(const struct pod_figure *pods, size_t count, int32_t current,
                             int32_t target, struct tolerances tolerances,
                             struct proposal *proposal, struct error *error)
{
    *proposal = (struct proposal){ 0 };
    if (!pods_have_figures(pods, count, error))
        return false;
    if (add_up(pods, count, (struct assumptions){ 0 }).request == 0)
        return error_set(error, (struct place){ 0 }, "no metrics returned matched known pods");
    reckon(pods, count, current, (struct target){ .percent = target }, tolerances, proposal);
    return true;
}

bool replicas_by_average(const struct pod_figure *pods, size_t count, int32_t current,
                         int64_t target, struct tolerances tolerances, struct proposal *proposal,
                         struct error *error)
{
    *proposal = (struct proposal){ 0 };
    if (!pods_have_figures(pods, count, error))
        return false;
    reckon(pods, count, current, (struct target){ .amount = target }, tolerances, proposal);
    return true;
}

void replicas_by_value(int64_t usage, int32_t current, int32_t ready, int64_t target,
                       struct tolerances tolerances, struct proposal *proposal)
{
    const double ratio = (double)usage / (double)target;
    const double wanted = ratio * (double)ready;
    *proposal = (struct proposal){ .replicas = current, .usage = usage };
    if (current == 0)
        proposal->replicas = go_int32(ceil(ratio));
    else if (!is_within(tolerances, ratio))
        proposal->replicas = wanted > INT32_MAX ? INT32_MAX : go_int32(ceil(wanted));
}

/* A double as Go's int64() makes one of it on amd64. */
static int64_t to_int64(double number)
{
    return number >= -9223372036854775808.0 && number < 9223372036854775808.0 ? (int64_t)number
                                                                              : INT64_MIN;
}

void replicas_by_value_per_pod(int64_t usage, int32_t status_replicas, int64_t target,
                               struct tolerances tolerances, struct proposal *proposal)
{
    const double ratio = (double)usage / ((double)target * (double)status_replicas);
    const double wanted = ceil((double)usage / (double)target);
    *proposal = (struct proposal){ .replicas = status_replicas };
    if (!is_within(tolerances, ratio))
        proposal->replicas = wanted > INT32_MAX ? INT32_MAX : go_int32(wanted);
    proposal->usage = to_int64(ceil((double)usage / (double)status_replicas));
}
