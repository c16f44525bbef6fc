/* Making, copying and drawing from distributions; distribution_families.c knows how. */
#include "sim/chance/distribution.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/chance/distribution_private.h"

struct distribution *distribution_new(const struct family *family, double first, double second)
{
    struct distribution *distribution = mem_new(sizeof *distribution);
    *distribution = (struct distribution){ .family = family, .parameters = { first, second } };
    for (int i = 0; i < DISTRIBUTION_PARAMETERS; i++) {
        const struct parameter *parameter = &family->parameters[i];
        assert(parameter->name == NULL ||
               range_fault(parameter->range, distribution->parameters[i]) == NULL);
    }
    return distribution;
}

struct distribution *distribution_new_constant(double value)
{
    return distribution_new(family_find("constant"), value, 0);
}

struct distribution *distribution_new_exponential(double mean)
{
    return distribution_new(family_find("exponential"), mean, 0);
}

struct distribution *distribution_new_uniform(double lower, double upper)
{
    assert(lower <= upper);
    return distribution_new(family_find("uniform"), lower, upper);
}

struct distribution *distribution_new_weibull(double shape, double scale)
{
    return distribution_new(family_find("weibull"), shape, scale);
}

struct distribution *distribution_new_gamma(double shape, double scale)
{
    return distribution_new(family_find("gamma"), shape, scale);
}

struct distribution *distribution_new_pareto(double shape, double scale)
{
    return distribution_new(family_find("pareto"), shape, scale);
}

struct distribution *distribution_new_lognormal(double mu, double sigma)
{
    return distribution_new(family_find("lognormal"), mu, sigma);
}

struct distribution *distribution_new_lognormal_quantiles(double p, double at_p, double q,
                                                          double at_q)
{
    struct distribution *distribution = distribution_new(family_find("lognormal"), 0, 1);
    bool fits = lognormal_fit(distribution, (double[]){ p, q }, (double[]){ at_p, at_q });
    assert(fits);
    return distribution;
}

/* Ascending, so that a larger u never gives a smaller value. */
static int compare_outcomes(const void *left, const void *right)
{
    const struct outcome *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

struct distribution *distribution_new_empirical(const double *values, const double *weights,
                                                size_t count)
{
    assert(count > 0);
    struct distribution *distribution =
        mem_new(sizeof *distribution + count * sizeof *distribution->outcomes);
    struct outcome *outcomes = distribution->outcomes;
    double total = 0, sum = 0;
    distribution->family = family_find("empirical");
    distribution->count = count;
    for (size_t i = 0; i < count; i++)
        outcomes[i] = (struct outcome){ values[i], weights ? weights[i] : 1, 0 };
    qsort(outcomes, count, sizeof *outcomes, compare_outcomes);
    for (size_t i = 0; i < count; i++)
        total += outcomes[i].weight;
    assert(total > 0);
    for (size_t i = 0; i < count; i++) {
        sum += outcomes[i].weight;
        outcomes[i].below = sum / total;
    }
    return distribution;
}

struct distribution *distribution_copy(const struct distribution *distribution)
{
    const size_t size = sizeof *distribution + distribution->count * sizeof *distribution->outcomes;
    struct distribution *copy = memcpy(mem_new(size), distribution, size);
    if (copy->parts == NULL)
        return copy;
    copy->parts = mem_new(copy->count * sizeof *copy->parts);
    for (size_t i = 0; i < copy->count; i++)
        copy->parts[i] = distribution_copy(distribution->parts[i]);
    return copy;
}

void distribution_free(struct distribution *distribution)
{
    for (size_t i = 0;
         distribution != NULL && distribution->parts != NULL && i < distribution->count; i++)
        distribution_free(distribution->parts[i]);
    if (distribution != NULL)
        free(distribution->parts);
    free(distribution);
}

double distribution_sample(const struct distribution *distribution, struct stream *stream)
{
    return distribution->family->quantile(distribution, stream_uniform(stream));
}

double distribution_sample_residual(const struct distribution *distribution, double age,
                                    struct stream *stream)
{
    assert(age >= 0);
    const double left = distribution->family->residual(distribution, age, stream_uniform(stream));
    return left > 0 ? left : 0;
}

double distribution_draw_lognormal(double mu, double sigma, struct stream *stream)
{
    const struct distribution drawn = { .family = family_find("lognormal"),
                                        .parameters = { mu, sigma } };
    return sigma > 0 ? distribution_sample(&drawn, stream) : exp(mu);
}

sim_time distribution_sample_time(const struct distribution *distribution, struct stream *stream)
{
    return sim_time_from_seconds(distribution_sample(distribution, stream));
}

double distribution_quantile(const struct distribution *distribution, double u)
{
    assert(u > 0 && u < 1);
    return distribution->family->quantile(distribution, u);
}

double distribution_below(const struct distribution *distribution, double x)
{
    return distribution->family->below(distribution, x);
}

double distribution_mean(const struct distribution *distribution)
{
    return distribution->family->mean(distribution);
}

bool distribution_is_constant(const struct distribution *distribution)
{
    return distribution->family == family_find("constant");
}
