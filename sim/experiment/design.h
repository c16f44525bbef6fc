/* Designs: which combinations of levels are played.
 *
 * A factor is what is varied, a level what it may be; a point of a design says for each factor which
 * level it has there. */
#ifndef SIM_EXPERIMENT_DESIGN_H
#define SIM_EXPERIMENT_DESIGN_H

#include <stddef.h>
#include <stdint.h>

#include "sim/chance/stream.h"

struct design_factor {
    size_t levels;   /* how many; 0: any place of a range from 0 to 1 */
    size_t baseline; /* the level that others are compared with */
};

/* What one factor is at one point. */
struct design_cell {
    size_t level; /* 0 for a range */
    double place; /* in (0, 1): the place in a range */
};

struct design {
    size_t points, factors;
    size_t baseline; /* the point at which every factor has its baseline; `points`: none */
    struct design_cell *cells; /* owned: point by point, a cell for each factor */
};

enum { DESIGN_POINTS_MOST = 100000 };

/* What a factor is at a point. */
static inline struct design_cell design_at(const struct design *design, size_t point, size_t factor)
{
    return design->cells[point * design->factors + factor];
}

/* Every combination of levels, the last factor changing first. The points of a full factorial are the
 * product of the levels: ask design_full_size() first. No factor may be a range. */
struct design design_full_factorial(const struct design_factor *factors, size_t count);
/* The product; DESIGN_POINTS_MOST + 1 for anything above. */
size_t design_full_size(const struct design_factor *factors, size_t count);

/* The baseline, and every other level of each factor with all others at their baseline. */
struct design design_one_at_a_time(const struct design_factor *factors, size_t count);

/* The baseline, unless a factor is a range, and `points` points of a Latin hypercube: each factor's range
 * (or list of levels) is cut into as many equal strata as there are points, and every stratum is used
 * once. A point lies anywhere in its stratum. McKay, Beckman and Conover, A comparison of three methods
 * for selecting values of input variables, Technometrics 21 (1979). Draws from the stream. */
struct design design_latin_hypercube(const struct design_factor *factors, size_t count,
                                     size_t points, struct stream *stream);

void design_close(struct design *design);

#endif
