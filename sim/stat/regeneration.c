/* The classical ratio estimate: Crane and Iglehart, "Simulating stable stochastic systems III:
 * regenerative processes and discrete-event simulations", Operations Research 23(1), 1975. */
#include "sim/stat/regeneration.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

void regeneration_add(struct regeneration *cycles, double reward, double length)
{
    assert(length >= 0);
    const double n = (double)++cycles->count;
    const double of_reward = reward - cycles->reward, of_length = length - cycles->length;
    cycles->reward += of_reward / n;
    cycles->length += of_length / n;
    cycles->rewards += of_reward * (reward - cycles->reward);
    cycles->lengths += of_length * (length - cycles->length);
    cycles->reward_times_length += of_reward * (length - cycles->length);
}

struct interval regeneration_interval(const struct regeneration *cycles, double confidence)
{
    assert(confidence > 0 && confidence < 1);
    const double ratio = cycles->reward / cycles->length, n = (double)cycles->count;
    if (cycles->count < 2)
        return (struct interval){ ratio, INFINITY, INFINITY, cycles->count };
    const double squares =
        cycles->rewards - 2 * ratio * cycles->reward_times_length + ratio * ratio * cycles->lengths;
    const double error = sqrt(fmax(squares, 0) / (n - 1) / n) / cycles->length;
    const double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, n - 1);
    return (struct interval){ ratio, error, t * error, cycles->count };
}
