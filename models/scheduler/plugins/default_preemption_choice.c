/* On which node preemption costs least.
 *
 * Follows pickOneNodeForPreemption of pkg/scheduler/framework/preemption/preemption.go of the
 * release named in docs/fidelity.md: five scores, each asked only of those that are still best. */
#include <stdlib.h>

#include "models/scheduler/plugins/default_preemption_private.h"

static int64_t fewest_violations(const struct extender_victims *victims)
{
    return -victims->pdb_violations;
}

static int64_t lowest_first_victim(const struct extender_victims *victims)
{
    return -(int64_t)victims->pods[0]->spec->priority;
}

/* Priorities are made positive, so that few victims are better than many of negative priority. */
static int64_t lowest_sum(const struct extender_victims *victims)
{
    int64_t sum = 0;
    for (size_t i = 0; i < victims->count; i++)
        sum += (int64_t)victims->pods[i]->spec->priority + INT32_MAX + 1;
    return -sum;
}

static int64_t fewest_victims(const struct extender_victims *victims)
{
    return -(int64_t)victims->count;
}

/* Of the victims with the highest priority, the one that has run longest. */
static int64_t latest_start(const struct extender_victims *victims)
{
    int64_t earliest = victim_start(victims->pods[0]);
    int32_t highest = victims->pods[0]->spec->priority;
    for (size_t i = 1; i < victims->count; i++) {
        const int32_t priority = victims->pods[i]->spec->priority;
        const int64_t start = victim_start(victims->pods[i]);
        if (priority > highest || (priority == highest && start < earliest))
            earliest = start;
        if (priority > highest)
            highest = priority;
    }
    return earliest;
}

static int64_t (*const criteria[])(const struct extender_victims *victims) = {
    fewest_violations, lowest_first_victim, lowest_sum, fewest_victims, latest_start,
};

/* Those of best[0..count) with the greatest score stay. */
static size_t keep_greatest(const struct extender_victims *candidates, size_t *best, size_t count,
                            int64_t (*score)(const struct extender_victims *victims))
{
    int64_t greatest = INT64_MIN;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t present = score(&candidates[best[i]]);
        if (present < greatest)
            continue;
        if (present > greatest)
            kept = 0;
        greatest = present;
        best[kept++] = best[i];
    }
    return kept;
}

/* An insertion sort: there are few. */
static void sort_by_slot(const struct extender_victims *candidates, size_t *best, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const size_t moved = best[i];
        size_t at = i;
        for (; at > 0 && candidates[best[at - 1]].slot > candidates[moved].slot; at--)
            best[at] = best[at - 1];
        best[at] = moved;
    }
}

size_t victims_choose(const struct extender_victims *candidates, size_t count, size_t *best)
{
    size_t kept = count;
    for (size_t i = 0; i < count; i++)
        best[i] = i;
    for (size_t i = 0; i < sizeof criteria / sizeof *criteria && kept > 1; i++)
        kept = keep_greatest(candidates, best, kept, criteria[i]);
    sort_by_slot(candidates, best, kept);
    return kept;
}
