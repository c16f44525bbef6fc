/* Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
 * 6(2), 1979. */
#include "sim/stat/comparisons.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/stat/interval.h"

double paired_p_value(const double *a, const double *b, size_t count)
{
    const struct interval difference = interval_of_difference(a, b, count, 0.95);
    if (count < 2 || (difference.error == 0 && difference.mean == 0))
        return 1;
    if (difference.error == 0)
        return 0;
    return 2 * gsl_cdf_tdist_Q(fabs(difference.mean) / difference.error, (double)(count - 1));
}

double correlation_of(const double *a, const double *b, size_t count)
{
    double of_a = 0, of_b = 0, squares_a = 0, squares_b = 0, products = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = a[i] - of_a, y = b[i] - of_b;
        of_a += x / (double)(i + 1);
        of_b += y / (double)(i + 1);
        squares_a += x * (a[i] - of_a);
        squares_b += y * (b[i] - of_b);
        products += x * (b[i] - of_b);
    }
    return squares_a > 0 && squares_b > 0 ? products / sqrt(squares_a * squares_b) : NAN;
}

struct ranked {
    double p;
    size_t at;
};

static int ascending(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void holm_adjust(double *p_values, size_t count)
{
    struct ranked *ranked = mem_new((count + 1) * sizeof *ranked);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){ p_values[i], i };
    qsort(ranked, count, sizeof *ranked, ascending);
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fmin(1, ranked[i].p * (double)(count - i)));
        p_values[ranked[i].at] = largest;
    }
    free(ranked);
}

double simultaneous_confidence(double confidence, size_t intervals)
{
    assert(confidence > 0 && confidence < 1);
    return intervals < 2 ? confidence : 1 - (1 - confidence) / (double)intervals;
}
