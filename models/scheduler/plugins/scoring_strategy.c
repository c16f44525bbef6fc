/* The three strategies; see scoring_strategy.h. All in integers, as the real ones. */
#include "models/scheduler/plugins/scoring_strategy.h"

#include <string.h>

static bool load_shape(const struct value *points, struct scoring_strategy *strategy,
                       struct error *error)
{
    if (points == NULL || points->count == 0)
        return error_set(error, (struct place){ 0 }, "requestedToCapacityRatio has no shape");
    if (points->count > SHAPE_POINTS)
        return error_set(error, points->at, "the shape has more than %d points", SHAPE_POINTS);
    for (size_t i = 0; i < points->count; i++) {
        const struct value *point = value_at(points, i);
        /* Users give scores of 0 to 10. */
        strategy->shape[strategy->shape_count++] =
            (struct shape_point){ .utilization = value_int(value_get(point, "utilization"), 0),
                                  .score = 10 * value_int(value_get(point, "score"), 0) };
        if (i > 0 && strategy->shape[i].utilization <= strategy->shape[i - 1].utilization)
            return error_set(error, point->at, "utilization does not rise from point to point");
    }
    return true;
}

bool scoring_strategy_load(const struct value *from, struct scoring_strategy *strategy,
                           struct error *error)
{
    const char *type = value_text(value_get(from, "type"), "LeastAllocated");
    if (strcmp(type, "LeastAllocated") == 0)
        strategy->type = LEAST_ALLOCATED;
    else if (strcmp(type, "MostAllocated") == 0)
        strategy->type = MOST_ALLOCATED;
    else if (strcmp(type, "RequestedToCapacityRatio") == 0)
        strategy->type = REQUESTED_TO_CAPACITY_RATIO;
    else
        return error_set(error, from->at,
                         "unknown scoring strategy \"%s\" (try LeastAllocated, MostAllocated or "
                         "RequestedToCapacityRatio)",
                         type);
    if (strategy->type != REQUESTED_TO_CAPACITY_RATIO)
        return true;
    return load_shape(value_path(from, "requestedToCapacityRatio", "shape", NULL), strategy, error);
}

/* Amounts that nobody has wrap around, as Go's do. */
static int64_t hundredfold(int64_t amount)
{
    return (int64_t)((uint64_t)amount * 100);
}

static int64_t least_allocated(int64_t requested, int64_t allocatable)
{
    return requested > allocatable ? 0 : hundredfold(allocatable - requested) / allocatable;
}

static int64_t most_allocated(int64_t requested, int64_t allocatable)
{
    return hundredfold(requested > allocatable ? allocatable : requested) / allocatable;
}

/* The broken line through the points, level before the first and after the last. */
static int64_t shape_score(const struct scoring_strategy *strategy, int64_t utilization)
{
    const struct shape_point *shape = strategy->shape;
    for (size_t i = 0; i < strategy->shape_count; i++) {
        if (utilization > shape[i].utilization)
            continue;
        if (i == 0)
            return shape[0].score;
        return shape[i - 1].score + (shape[i].score - shape[i - 1].score) *
                                        (utilization - shape[i - 1].utilization) /
                                        (shape[i].utilization - shape[i - 1].utilization);
    }
    return shape[strategy->shape_count - 1].score;
}

int64_t scoring_strategy_score(const struct scoring_strategy *strategy, int64_t requested,
                               int64_t allocatable)
{
    switch (strategy->type) {
    case LEAST_ALLOCATED:
        return least_allocated(requested, allocatable);
    case MOST_ALLOCATED:
        return most_allocated(requested, allocatable);
    default:
        return shape_score(strategy,
                           requested > allocatable ? 100 : hundredfold(requested) / allocatable);
    }
}
