/* Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association
 * 82(397), 1987: percentiles of the resamples, shifted by the bias of their median and by how the
 * standard error changes with the statistic (the acceleration, from the jackknife). */
#include "sim/stat/bootstrap.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double statistic_mean(double *values, size_t count, const void *context)
{
    (void)context;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

double statistic_quantile(double *values, size_t count, const void *context)
{
    const double share = *(const double *)context;
    const double rank = ceil(share * (double)count);
    qsort(values, count, sizeof *values, ascending);
    return values[rank < 1 ? 0 : (size_t)rank - 1];
}

struct sample {
    const double *values;
    size_t count;
    statistic_fn *statistic;
    const void *context;
    double *work; /* room for one sample */
};

static double statistic_of(const struct sample *sample)
{
    memcpy(sample->work, sample->values, sample->count * sizeof *sample->work);
    return sample->statistic(sample->work, sample->count, sample->context);
}

static double resampled(const struct sample *sample, struct stream *stream)
{
    for (size_t i = 0; i < sample->count; i++)
        sample->work[i] = sample->values[stream_below(stream, sample->count)];
    return sample->statistic(sample->work, sample->count, sample->context);
}

/* A sixth of the skewness of the statistic when each value in turn is left out. */
static double acceleration_of(const struct sample *sample)
{
    double *left_out = mem_new(sample->count * sizeof *left_out);
    double mean = 0, squares = 0, cubes = 0;
    for (size_t i = 0; i < sample->count; i++) {
        memcpy(sample->work, sample->values, i * sizeof *sample->work);
        memcpy(sample->work + i, sample->values + i + 1,
               (sample->count - i - 1) * sizeof *sample->work);
        left_out[i] = sample->statistic(sample->work, sample->count - 1, sample->context);
        mean += left_out[i] / (double)sample->count;
    }
    for (size_t i = 0; i < sample->count; i++) {
        const double d = mean - left_out[i];
        squares += d * d;
        cubes += d * d * d;
    }
    free(left_out);
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Which of the sorted resamples stands at a probability, corrected. */
static double corrected(const double *sorted, size_t count, double p, double bias,
                        double acceleration)
{
    const double z = bias + gsl_cdf_ugaussian_Pinv(p);
    const double q = gsl_cdf_ugaussian_P(bias + z / (1 - acceleration * z));
    const double rank = floor(q * (double)count);
    const size_t i = rank < 0 ? 0 : (size_t)rank;
    return sorted[i < count ? i : count - 1];
}

struct bounds bootstrap_of(const double *values, size_t count, statistic_fn *statistic,
                           const void *context, size_t resamples, struct stream *stream,
                           double confidence)
{
    assert(count > 0 && resamples > 0 && confidence > 0 && confidence < 1);
    double *work = mem_new(count * sizeof *work);
    double *sorted = mem_new(resamples * sizeof *sorted);
    const struct sample sample = { values, count, statistic, context, work };
    struct bounds bounds = { statistic_of(&sample), -INFINITY, INFINITY };
    double below = 0;
    for (size_t i = 0; i < resamples; i++) {
        sorted[i] = resampled(&sample, stream);
        below += sorted[i] < bounds.estimate ? 1 : sorted[i] == bounds.estimate ? 0.5 : 0;
    }
    qsort(sorted, resamples, sizeof *sorted, ascending);
    if (count > 1) {
        const double share = fmin(fmax(below, 0.5), (double)resamples - 0.5) / (double)resamples;
        const double bias = gsl_cdf_ugaussian_Pinv(share), acceleration = acceleration_of(&sample);
        const double tail = (1 - confidence) / 2;
        bounds.lower = corrected(sorted, resamples, tail, bias, acceleration);
        bounds.upper = corrected(sorted, resamples, 1 - tail, bias, acceleration);
    }
    free(sorted);
    free(work);
    return bounds;
}
