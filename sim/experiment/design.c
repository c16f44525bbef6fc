/* Designs: combinations of levels, listed point by point. */
#include "sim/experiment/design.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"

static struct design design_of(size_t points, size_t factors)
{
    return (struct design){ .points = points,
                            .factors = factors,
                            .cells = mem_new((points * factors + 1) * sizeof(struct design_cell)) };
}

static struct design_cell *cell(struct design *design, size_t point, size_t factor)
{
    return &design->cells[point * design->factors + factor];
}

static void fill_with_baseline(struct design *design, size_t point,
                               const struct design_factor *factors)
{
    for (size_t f = 0; f < design->factors; f++)
        cell(design, point, f)->level = factors[f].baseline;
}

size_t design_full_size(const struct design_factor *factors, size_t count)
{
    size_t size = 1;
    for (size_t f = 0; f < count && size <= DESIGN_POINTS_MOST; f++)
        size = factors[f].levels > DESIGN_POINTS_MOST ? DESIGN_POINTS_MOST + 1
                                                      : size * factors[f].levels;
    return size <= DESIGN_POINTS_MOST ? size : DESIGN_POINTS_MOST + 1;
}

struct design design_full_factorial(const struct design_factor *factors, size_t count)
{
    struct design design = design_of(design_full_size(factors, count), count);
    assert(design.points <= DESIGN_POINTS_MOST);
    for (size_t point = 0; point < design.points; point++) {
        size_t rest = point;
        for (size_t f = count; f-- > 0;) {
            cell(&design, point, f)->level = rest % factors[f].levels;
            rest /= factors[f].levels;
        }
    }
    for (size_t f = 0; f < count; f++)
        design.baseline = design.baseline * factors[f].levels + factors[f].baseline;
    return design;
}

struct design design_one_at_a_time(const struct design_factor *factors, size_t count)
{
    size_t points = 1, point = 1;
    for (size_t f = 0; f < count; f++)
        points += factors[f].levels - 1;
    struct design design = design_of(points, count);
    fill_with_baseline(&design, 0, factors);
    for (size_t f = 0; f < count; f++)
        for (size_t level = 0; level < factors[f].levels; level++)
            if (level != factors[f].baseline) {
                fill_with_baseline(&design, point, factors);
                cell(&design, point++, f)->level = level;
            }
    return design;
}

/* The strata in an order of luck (Fisher and Yates), and a place in each. */
static void scatter(struct design *design, size_t first, size_t factor, size_t levels,
                    struct stream *stream)
{
    const size_t count = design->points - first;
    size_t *strata = mem_new((count + 1) * sizeof *strata);
    for (size_t i = 0; i < count; i++)
        strata[i] = i;
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)stream_below(stream, i), kept = strata[i - 1];
        strata[i - 1] = strata[other];
        strata[other] = kept;
    }
    for (size_t i = 0; i < count; i++) {
        struct design_cell *here = cell(design, first + i, factor);
        here->place = ((double)strata[i] + stream_uniform(stream)) / (double)count;
        if (levels > 0)
            here->level = (size_t)fmin(floor(here->place * (double)levels), (double)levels - 1);
    }
    free(strata);
}

struct design design_latin_hypercube(const struct design_factor *factors, size_t count,
                                     size_t points, struct stream *stream)
{
    size_t first = 1;
    for (size_t f = 0; f < count; f++)
        if (factors[f].levels == 0)
            first = 0; /* a range has no baseline */
    struct design design = design_of(first + points, count);
    if (first == 1)
        fill_with_baseline(&design, 0, factors);
    else
        design.baseline = design.points;
    for (size_t f = 0; f < count; f++)
        scatter(&design, first, f, factors[f].levels, stream);
    return design;
}

void design_close(struct design *design)
{
    free(design->cells);
    *design = (struct design){ 0 };
}
