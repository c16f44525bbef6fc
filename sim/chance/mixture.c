/* Mixtures: with a probability one distribution, with another another.
 *
 * Inverted as a whole rather than by choosing a part first, so that a sample takes one uniform and a
 * larger uniform never gives a smaller sample: runs on common or mirrored luck stay comparable. The
 * u-quantile lies between the least and the greatest of the parts' and is found by bisection. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/chance/distribution_private.h"

double mixture_below(const struct distribution *d, double x)
{
    double sum = 0;
    for (size_t i = 0; i < d->count; i++)
        sum += d->outcomes[i].weight * distribution_below(d->parts[i], x);
    return sum;
}

double mixture_quantile(const struct distribution *d, double u)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < d->count; i++) {
        const double at = distribution_quantile(d->parts[i], u);
        low = fmin(low, at);
        high = fmax(high, at);
    }
    while (high - low > 1e-15 * high) { /* the smallest x that is not below u is in (low, high] */
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (mixture_below(d, middle) < u)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double mixture_mean(const struct distribution *d)
{
    double sum = 0;
    for (size_t i = 0; i < d->count; i++)
        sum += d->outcomes[i].weight * distribution_mean(d->parts[i]);
    return sum;
}

double mixture_residual(const struct distribution *d, double age, double u)
{
    const double passed = mixture_below(d, age);
    return mixture_quantile(d, fmin(passed + u * (1 - passed), 1 - 0x1p-53)) - age;
}

struct distribution *distribution_new_mixture(struct distribution *const *parts,
                                              const double *weights, size_t count)
{
    assert(count > 0);
    struct distribution *mixture = mem_new(sizeof *mixture + count * sizeof *mixture->outcomes);
    double total = 0;
    mixture->family = family_find("mixture");
    mixture->parts = mem_new(count * sizeof(struct distribution *));
    for (size_t i = 0; i < count; i++)
        total += weights[i];
    assert(total > 0);
    for (size_t i = 0; i < count; i++) {
        if (weights[i] == 0)
            continue;
        mixture->parts[mixture->count] = distribution_copy(parts[i]);
        mixture->outcomes[mixture->count++].weight = weights[i] / total;
    }
    return mixture;
}
