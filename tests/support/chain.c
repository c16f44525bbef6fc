/* Linear equations by GSL's LU decomposition. */
#include "tests/support/chain.h"

#include <gsl/gsl_linalg.h>
#include <stdlib.h>

#include "sim/base/memory.h"

struct chain {
    size_t count;
    gsl_matrix *rates;  /* Q: rows sum to 0 */
    gsl_vector *shares; /* NULL: not solved yet */
};

struct chain *chain_new(size_t count)
{
    struct chain *chain = mem_new(sizeof *chain);
    *chain = (struct chain){ count, gsl_matrix_calloc(count, count), NULL };
    return chain;
}

void chain_free(struct chain *chain)
{
    gsl_matrix_free(chain->rates);
    if (chain->shares != NULL)
        gsl_vector_free(chain->shares);
    free(chain);
}

void chain_rate(struct chain *chain, size_t from, size_t to, double rate)
{
    *gsl_matrix_ptr(chain->rates, from, to) += rate;
    *gsl_matrix_ptr(chain->rates, from, from) -= rate;
}

/* A new vector x with matrix * x = right; the matrix is used up. */
static gsl_vector *solve(gsl_matrix *matrix, const gsl_vector *right)
{
    gsl_permutation *order = gsl_permutation_alloc(right->size);
    gsl_vector *x = gsl_vector_alloc(right->size);
    int sign;
    gsl_linalg_LU_decomp(matrix, order, &sign);
    gsl_linalg_LU_solve(matrix, order, right, x);
    gsl_permutation_free(order);
    return x;
}

/* p Q = 0, one equation of which says no more than the others: sum of p = 1 stands in its place. */
void chain_solve(struct chain *chain)
{
    gsl_matrix *matrix = gsl_matrix_alloc(chain->count, chain->count);
    gsl_vector *right = gsl_vector_calloc(chain->count);
    gsl_matrix_transpose_memcpy(matrix, chain->rates);
    for (size_t i = 0; i < chain->count; i++)
        gsl_matrix_set(matrix, 0, i, 1);
    gsl_vector_set(right, 0, 1);
    chain->shares = solve(matrix, right);
    gsl_vector_free(right);
    gsl_matrix_free(matrix);
}

double chain_share(const struct chain *chain, size_t state)
{
    return gsl_vector_get(chain->shares, state);
}

double chain_mean(const struct chain *chain, const double *values)
{
    double mean = 0;
    for (size_t i = 0; i < chain->count; i++)
        mean += chain_share(chain, i) * values[i];
    return mean;
}

double chain_events(const struct chain *chain)
{
    double events = 0;
    for (size_t i = 0; i < chain->count; i++)
        events -= chain_share(chain, i) * gsl_matrix_get(chain->rates, i, i);
    return events;
}

/* (1 p - Q) g = f - mean has one solution, and that one solves Poisson's equation, too. */
double chain_variance(const struct chain *chain, const double *values)
{
    const double mean = chain_mean(chain, values);
    gsl_matrix *matrix = gsl_matrix_alloc(chain->count, chain->count);
    gsl_vector *right = gsl_vector_alloc(chain->count);
    double variance = 0;
    for (size_t i = 0; i < chain->count; i++) {
        gsl_vector_set(right, i, values[i] - mean);
        for (size_t j = 0; j < chain->count; j++)
            gsl_matrix_set(matrix, i, j,
                           chain_share(chain, j) - gsl_matrix_get(chain->rates, i, j));
    }
    gsl_vector *g = solve(matrix, right);
    for (size_t i = 0; i < chain->count; i++)
        variance += 2 * chain_share(chain, i) * gsl_vector_get(right, i) * gsl_vector_get(g, i);
    gsl_vector_free(g);
    gsl_vector_free(right);
    gsl_matrix_free(matrix);
    return variance;
}
