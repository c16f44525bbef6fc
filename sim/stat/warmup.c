/* MSER-5: White, "An effective truncation heuristic for bias reduction in simulation output",
 * Simulation 69(6), 1997; White, Cobb and Spratt, "A comparison of five steady-state
 * truncation heuristics for simulation", WSC 2000. The statistic for leaving out d of n
 * batch means is sum over i > d of (x_i - mean)^2, divided by (n - d)^2. */
#include "sim/stat/warmup.h"

enum { BATCH = 5 };

static double batch_mean(const double *observations, size_t batch)
{
    double sum = 0;
    for (size_t i = 0; i < BATCH; i++)
        sum += observations[batch * BATCH + i];
    return sum / BATCH;
}

struct warmup warmup_find(const double *observations, size_t count)
{
    const size_t batches = count / BATCH;
    double mean = 0, squares = 0, best = 0;
    size_t left_out = batches / 2;
    /* From the end, so that each step adds one batch to the rest (Welford's recurrence). */
    for (size_t kept = 1; kept <= batches; kept++) {
        const double x = batch_mean(observations, batches - kept);
        const double before = x - mean;
        mean += before / (double)kept;
        squares += before * (x - mean);
        const double error = squares / ((double)kept * (double)kept);
        if (kept < batches - batches / 2)
            continue;
        if (kept == batches - batches / 2 || error <= best) {
            best = error;
            left_out = batches - kept;
        }
    }
    return (struct warmup){ left_out * BATCH, batches >= 2 && left_out < batches / 2 };
}
