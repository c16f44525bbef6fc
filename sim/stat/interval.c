/* Student's t, and batch means as in Law and Kelton, "Simulation Modeling and Analysis",
 * section 9.5. The test of correlation is von Neumann's ratio of the mean square successive
 * difference to the variance (Fishman, "Grouping observations in digital simulation",
 * Management Science 24(5), 1978). */
#include "sim/stat/interval.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { FEWEST_BATCHES = 16 };

struct interval interval_of(const double *values, size_t count, double confidence)
{
    assert(confidence > 0 && confidence < 1);
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        const double before = values[i] - mean;
        mean += before / (double)(i + 1);
        squares += before * (values[i] - mean);
    }
    if (count < 2)
        return (struct interval){ mean, INFINITY, INFINITY, count };
    const double freedom = (double)(count - 1);
    const double error = sqrt(squares / freedom / (double)count);
    const double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, freedom);
    return (struct interval){ mean, error, t * error, count };
}

struct interval interval_of_difference(const double *a, const double *b, size_t count,
                                       double confidence)
{
    double *differences = mem_new(count * sizeof *differences);
    for (size_t i = 0; i < count; i++)
        differences[i] = a[i] - b[i];
    const struct interval interval = interval_of(differences, count, confidence);
    free(differences);
    return interval;
}

struct interval interval_of_pairs(const double *values, size_t count, double confidence)
{
    double *means = mem_new((count / 2 + 1) * sizeof *means);
    for (size_t i = 0; i < count / 2; i++)
        means[i] = (values[2 * i] + values[2 * i + 1]) / 2;
    const struct interval interval = interval_of(means, count / 2, confidence);
    free(means);
    return interval;
}

double interval_relative(struct interval interval)
{
    return interval.half_width / fabs(interval.mean);
}

/* ---- batch means ---- */

void batches_init(struct batches *batches, uint64_t size)
{
    assert(size > 0);
    *batches = (struct batches){ .size = size };
}

/* Neighbours become one; a last one without a neighbour is dropped. Returns how many are left. */
static size_t pair_up(double *sums, size_t count)
{
    for (size_t i = 0; i < count / 2; i++)
        sums[i] = sums[2 * i] + sums[2 * i + 1];
    return count / 2;
}

void batches_add(struct batches *batches, double value)
{
    batches->sum += value;
    if (++batches->begun < batches->size)
        return;
    batches->sums[batches->count++] = batches->sum;
    batches->sum = 0;
    batches->begun = 0;
    if (batches->count == BATCHES) {
        batches->count = pair_up(batches->sums, BATCHES);
        batches->size *= 2;
    }
}

/* Independent values: C = 1 - sum (x_i - x_{i+1})^2 / (2 sum (x_i - mean)^2) is about normal
 * with mean 0 and variance (n - 2) / (n^2 - 1); neighbours that are alike make it larger. */
static bool are_correlated(const double *x, size_t count)
{
    double mean = 0, squares = 0, successive = 0;
    for (size_t i = 0; i < count; i++)
        mean += x[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    for (size_t i = 1; i < count; i++)
        successive += (x[i] - x[i - 1]) * (x[i] - x[i - 1]);
    const double n = (double)count;
    return squares > 0 && 1 - successive / (2 * squares) >
                              gsl_cdf_ugaussian_Pinv(0.95) * sqrt((n - 2) / (n * n - 1));
}

struct interval batches_interval(const struct batches *batches, double confidence, bool *is_sound)
{
    double means[BATCHES];
    size_t count = batches->count;
    double size = (double)batches->size;
    bool sound = false;
    memcpy(means, batches->sums, count * sizeof *means);
    while (count >= FEWEST_BATCHES && !(sound = !are_correlated(means, count)) &&
           count / 2 >= FEWEST_BATCHES) {
        count = pair_up(means, count);
        size *= 2;
    }
    for (size_t i = 0; i < count; i++)
        means[i] /= size;
    if (is_sound != NULL)
        *is_sound = sound;
    return interval_of(means, count, confidence);
}
