/* Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
 * American Statistical Association 22(158), 1927. */
#include "sim/stat/proportion.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

struct bounds proportion_of(uint64_t successes, uint64_t trials, double confidence)
{
    assert(successes <= trials && confidence > 0 && confidence < 1);
    if (trials == 0)
        return (struct bounds){ NAN, 0, 1 };
    const double n = (double)trials, p = (double)successes / n;
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + confidence / 2);
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return (struct bounds){ p, successes == 0 ? 0 : middle - half,
                            successes == trials ? 1 : middle + half };
}
