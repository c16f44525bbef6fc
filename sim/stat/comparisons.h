/* Comparing alternatives: how surely they differ, and how surely several comparisons are right at once. */
#ifndef SIM_STAT_COMPARISONS_H
#define SIM_STAT_COMPARISONS_H

#include <stddef.h>

/* The probability of a mean difference at least this far from zero if there were none: the two-sided
 * p-value of the paired t-test. 1 from fewer than two pairs, or from pairs that are all equal. */
double paired_p_value(const double *a, const double *b, size_t count);

/* How far the luck of a and b is common: Pearson's coefficient, NAN when one of them never varies. */
double correlation_of(const double *a, const double *b, size_t count);

/* Of p-values of several comparisons, those at which each is significant when all are to be right at
 * once: Holm's step-down procedure. In place; O(n log n). */
void holm_adjust(double *p_values, size_t count);

/* The confidence of each of several intervals that all cover with the given one: Bonferroni's bound. */
double simultaneous_confidence(double confidence, size_t intervals);

#endif
