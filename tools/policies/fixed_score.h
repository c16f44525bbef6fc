/* Scores of policies are doubles; totals of the scheduler are integers. */
#ifndef TOOLS_POLICIES_FIXED_SCORE_H
#define TOOLS_POLICIES_FIXED_SCORE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define SCORE_LIMIT 1e12
#define SCORE_UNIT  1e6

/* In millionths: scores that agree to six decimals are equal. False for what is no score: not a
 * number, infinite, or further from 0 than SCORE_LIMIT. */
static inline bool fixed_score(double score, int64_t *fixed)
{
    if (!(fabs(score) <= SCORE_LIMIT))
        return false;
    *fixed = llround(score * SCORE_UNIT);
    return true;
}

#endif
