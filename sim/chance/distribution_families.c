/* The families: inverse distribution function and mean of each.
 *
 * Closed forms, for the lognormal with Wichura's AS 241 (gsl_cdf_ugaussian_Pinv). A stream's u
 * is a multiple of 2^-53, so 1 - u is exact and log(1 - u) as good as log1p(-u), at a third of
 * its cost. The gamma is inverted here, because gsl_cdf_gamma_Pinv of GSL 2.7 finds nothing for
 * many u when the shape is small or large. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "sim/chance/distribution_private.h"

const char *range_fault(enum range range, double value)
{
    if (!isfinite(value))
        return "must be finite";
    if (range == NOT_NEGATIVE && value < 0)
        return "must not be negative";
    if (range == POSITIVE && value <= 0)
        return "must be more than 0";
    if (range == GAMMA_SHAPE && !(value >= 0.001 && value <= 1e5))
        return "must be from 0.001 to 100000";
    return NULL;
}

static double constant_quantile(const struct distribution *d, double u)
{
    (void)u;
    return d->parameters[0];
}

static double constant_residual(const struct distribution *d, double age, double u)
{
    (void)u;
    return d->parameters[0] - age;
}

static double first_parameter(const struct distribution *d)
{
    return d->parameters[0];
}

static double exponential_quantile(const struct distribution *d, double u)
{
    return -d->parameters[0] * log(1 - u);
}

/* It has no memory. */
static double exponential_residual(const struct distribution *d, double age, double u)
{
    (void)age;
    return exponential_quantile(d, u);
}

static double uniform_quantile(const struct distribution *d, double u)
{
    return d->parameters[0] + u * (d->parameters[1] - d->parameters[0]);
}

static double uniform_residual(const struct distribution *d, double age, double u)
{
    if (age < d->parameters[0])
        return uniform_quantile(d, u) - age;
    return u * (d->parameters[1] - age);
}

static double uniform_mean(const struct distribution *d)
{
    return d->parameters[0] + (d->parameters[1] - d->parameters[0]) / 2;
}

static double weibull_quantile(const struct distribution *d, double u)
{
    return d->parameters[1] * pow(-log(1 - u), 1 / d->parameters[0]);
}

/* The hazard so far, (age / scale)^shape, and one exponential of mean 1 more. */
static double weibull_residual(const struct distribution *d, double age, double u)
{
    const double shape = d->parameters[0], scale = d->parameters[1];
    const double hazard = pow(age / scale, shape), more = -log(1 - u);
    if (hazard < 1)
        return scale * pow(hazard + more, 1 / shape) - age;
    return age * expm1(log1p(more / hazard) / shape);
}

static double weibull_mean(const struct distribution *d)
{
    return d->parameters[1] * tgamma(1 + 1 / d->parameters[0]);
}

/* Where to begin: Wilson and Hilferty's cube, or near 0 the first term of the series,
 * P(x) = x^shape / Gamma(shape + 1). */
static double gamma_guess(double shape, double first_term, double u)
{
    const double z = gsl_cdf_ugaussian_Pinv(u);
    const double root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
    return root > 0.2 ? shape * root * root * root : first_term;
}

/* One step of Newton's method on the logarithm of the smaller tail against that of x. */
static double gamma_step(double x, double shape, double below, double u)
{
    const double above = gsl_cdf_gamma_Q(x, shape, 1);
    const double slope = gsl_ran_gamma_pdf(x, shape, 1) * x;
    const double step =
        u < 0.5 ? log(u / below) * below / slope : log(above / (1 - u)) * above / slope;
    return x * exp(step);
}

/* Newton's method, kept between bounds that it narrows. */
static double gamma_inverse(double shape, double u)
{
    int sign; /* of gamma(shape + 1), which is positive; lgamma() would leave it in a global */
    const double first_term = exp((log(u) + lgamma_r(shape + 1, &sign)) / shape);
    if (first_term < 1e-14 * (shape + 1))
        return first_term;
    double lower = 0, upper = INFINITY, x = gamma_guess(shape, first_term, u);
    for (int i = 0; i < 100; i++) {
        const double below = gsl_cdf_gamma_P(x, shape, 1);
        *(below < u ? &lower : &upper) = x;
        double next = gamma_step(x, shape, below, u);
        if (!(next > lower && next < upper))
            next = isinf(upper) ? 2 * x : lower + (upper - lower) / 2;
        if (fabs(next - x) <= 1e-14 * x)
            return next;
        x = next;
    }
    return x;
}

static double gamma_quantile(const struct distribution *d, double u)
{
    return gamma_inverse(d->parameters[0], u) * d->parameters[1];
}

static double gamma_residual(const struct distribution *d, double age, double u)
{
    const double beyond = gsl_cdf_gamma_Q(age / d->parameters[1], d->parameters[0], 1) * (1 - u);
    return gamma_quantile(d, fmin(1 - beyond, 1 - 0x1p-53)) - age;
}

static double gamma_mean(const struct distribution *d)
{
    return d->parameters[0] * d->parameters[1];
}

static double pareto_quantile(const struct distribution *d, double u)
{
    return d->parameters[1] * pow(1 - u, -1 / d->parameters[0]);
}

/* Beyond its scale what is left grows with age. */
static double pareto_residual(const struct distribution *d, double age, double u)
{
    if (age < d->parameters[1])
        return pareto_quantile(d, u) - age;
    return age * expm1(-log(1 - u) / d->parameters[0]);
}

static double pareto_mean(const struct distribution *d)
{
    const double shape = d->parameters[0];
    return shape > 1 ? d->parameters[1] * shape / (shape - 1) : INFINITY;
}

static double lognormal_quantile(const struct distribution *d, double u)
{
    return gsl_cdf_lognormal_Pinv(u, d->parameters[0], d->parameters[1]);
}

static double lognormal_residual(const struct distribution *d, double age, double u)
{
    if (age <= 0)
        return lognormal_quantile(d, u);
    const double beyond = gsl_cdf_lognormal_Q(age, d->parameters[0], d->parameters[1]) * (1 - u);
    return beyond > 0 ? gsl_cdf_lognormal_Qinv(beyond, d->parameters[0], d->parameters[1]) - age
                      : 0;
}

static double lognormal_mean(const struct distribution *d)
{
    return exp(d->parameters[0] + d->parameters[1] * d->parameters[1] / 2);
}

/* ln x_p = mu + sigma * z_p at both quantiles. */
bool lognormal_fit(struct distribution *distribution, const double p[2], const double at[2])
{
    const double z[2] = { gsl_cdf_ugaussian_Pinv(p[0]), gsl_cdf_ugaussian_Pinv(p[1]) };
    const double sigma = (log(at[1]) - log(at[0])) / (z[1] - z[0]);
    if (!(sigma > 0 && isfinite(sigma)))
        return false;
    distribution->parameters[0] = log(at[0]) - sigma * z[0];
    distribution->parameters[1] = sigma;
    for (int i = 0; i < 2; i++) {
        distribution->given.p[i] = p[i];
        distribution->given.at[i] = at[i];
    }
    return true;
}

/* The smallest value that at least a share u of the weight does not exceed. */
static double empirical_quantile(const struct distribution *d, double u)
{
    size_t low = 0, high = d->count - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (d->outcomes[middle].below < u)
            low = middle + 1;
        else
            high = middle;
    }
    return d->outcomes[low].value;
}

static double empirical_residual(const struct distribution *d, double age, double u)
{
    double passed = 0;
    for (size_t i = 0; i < d->count && d->outcomes[i].value <= age; i++)
        passed = d->outcomes[i].below;
    return empirical_quantile(d, passed + u * (1 - passed)) - age;
}

static double empirical_mean(const struct distribution *d)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < d->count; i++) {
        sum += d->outcomes[i].value * d->outcomes[i].weight;
        weight += d->outcomes[i].weight;
    }
    return sum / weight;
}

/* --- distribution functions, for mixtures --- */

static double constant_below(const struct distribution *d, double x)
{
    return x >= d->parameters[0];
}

static double exponential_below(const struct distribution *d, double x)
{
    return -expm1(-x / d->parameters[0]);
}

static double uniform_below(const struct distribution *d, double x)
{
    if (x >= d->parameters[1])
        return 1;
    return x <= d->parameters[0] ? 0
                                 : (x - d->parameters[0]) / (d->parameters[1] - d->parameters[0]);
}

static double weibull_below(const struct distribution *d, double x)
{
    return -expm1(-pow(x / d->parameters[1], d->parameters[0]));
}

static double gamma_below(const struct distribution *d, double x)
{
    return gsl_cdf_gamma_P(x, d->parameters[0], d->parameters[1]);
}

static double pareto_below(const struct distribution *d, double x)
{
    return x <= d->parameters[1] ? 0 : -expm1(d->parameters[0] * log(d->parameters[1] / x));
}

static double lognormal_below(const struct distribution *d, double x)
{
    return x > 0 ? gsl_cdf_lognormal_P(x, d->parameters[0], d->parameters[1]) : 0;
}

static double empirical_below(const struct distribution *d, double x)
{
    double below = 0;
    for (size_t i = 0; i < d->count && d->outcomes[i].value <= x; i++)
        below = d->outcomes[i].below;
    return below;
}

const struct family families[] = {
    { "constant",
      { { "value", true, NOT_NEGATIVE } },
      constant_quantile,
      first_parameter,
      constant_residual,
      constant_below },
    { "exponential",
      { { "mean", true, POSITIVE } },
      exponential_quantile,
      first_parameter,
      exponential_residual,
      exponential_below },
    { "uniform",
      { { "lower", true, NOT_NEGATIVE }, { "upper", true, NOT_NEGATIVE } },
      uniform_quantile,
      uniform_mean,
      uniform_residual,
      uniform_below },
    { "weibull",
      { { "shape", false, POSITIVE }, { "scale", true, POSITIVE } },
      weibull_quantile,
      weibull_mean,
      weibull_residual,
      weibull_below },
    { "gamma",
      { { "shape", false, GAMMA_SHAPE }, { "scale", true, POSITIVE } },
      gamma_quantile,
      gamma_mean,
      gamma_residual,
      gamma_below },
    { "pareto",
      { { "shape", false, POSITIVE }, { "scale", true, POSITIVE } },
      pareto_quantile,
      pareto_mean,
      pareto_residual,
      pareto_below },
    { "lognormal",
      { { "mu", false, ANY_NUMBER }, { "sigma", false, POSITIVE } },
      lognormal_quantile,
      lognormal_mean,
      lognormal_residual,
      lognormal_below },
    { "empirical",
      { { NULL, false, ANY_NUMBER } },
      empirical_quantile,
      empirical_mean,
      empirical_residual,
      empirical_below },
    { "mixture",
      { { NULL, false, ANY_NUMBER } },
      mixture_quantile,
      mixture_mean,
      mixture_residual,
      mixture_below },
};
const size_t family_count = sizeof families / sizeof *families;

const struct family *family_find(const char *name)
{
    for (size_t i = 0; i < family_count; i++)
        if (strcmp(families[i].name, name) == 0)
            return &families[i];
    return NULL;
}
