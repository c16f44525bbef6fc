/* What pods are like and what bounds are, worked out a second time.
 *
 * As pkg/api/v1/pod/util.go, apimachinery pkg/util/intstr and deploymentutil.ResolveFenceposts say,
 * in the release named in docs/fidelity.md; and in none of the code that controllers use, so that a
 * mistake there is not made here as well. */
#include <string.h>

#include "models/invariants/census.h"

bool seen_ended(const struct pod *pod)
{
    return pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED;
}

bool seen_active(const struct pod *pod)
{
    return !seen_ended(pod) && !pod->meta.deleting;
}

/* The API keeps times in whole seconds, rounded down. */
static sim_time in_seconds(sim_time at)
{
    const sim_time rest = at % SIM_SECOND;
    return at - (rest < 0 ? rest + SIM_SECOND : rest);
}

bool seen_available(const struct pod *pod, int32_t min_ready_seconds, sim_time at)
{
    if (!(pod->conditions_true >> POD_READY & 1))
        return false;
    return min_ready_seconds == 0 ||
           at - in_seconds(pod->transitions[POD_READY]) >= min_ready_seconds * SIM_SECOND;
}

int32_t share_of_total(struct int_or_percent share, int32_t total, bool up)
{
    if (!share.percent)
        return share.number;
    const int64_t hundredths = (int64_t)share.number * total;
    return (int32_t)(hundredths / 100 + (up && hundredths % 100 > 0));
}

void rollout_bounds(struct int_or_percent surge, struct int_or_percent unavailable,
                    int32_t replicas, int32_t *most, int32_t *least)
{
    const int32_t more = share_of_total(surge, replicas, true);
    int32_t fewer = share_of_total(unavailable, replicas, false);
    if (more == 0 && fewer == 0)
        fewer = 1;
    *most = replicas + more;
    *least = replicas > fewer ? replicas - fewer : 0;
}

bool written_by(const struct write *write, const char *client)
{
    return strcmp(write->by->name, client) == 0;
}

sim_time writer_knows_both(const struct write *write, enum kind one, enum kind other)
{
    const sim_time a = writer_knows(write, one), b = writer_knows(write, other);
    return a < b ? a : b;
}
