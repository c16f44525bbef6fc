/* Pods that stay on nodes which crash and come back: the cluster's machinery, and a theory of it.
 *
 * A Deployment has one pod on each node, by required anti-affinity, and the pods tolerate every taint: none
 * is ever evicted, so that nodes fail and are repaired independently of each other. Lives of nodes are exponential
 * with mean F, repairs with mean R. As tests/validation/test_renewal.c derives, a pod counts as not
 * ready for u = (R exp(-D / R) + C) / (F + R) of the time, with D = 47.5 s until a crash shows and C = 1 s
 * for the container to start. Of n pods all are not ready for u^n of the time, and how many are
 * is binomial. A stay in `not ready` is R + C long in the mean, and nearly exponential. */
#ifndef TESTS_SUPPORT_PINNED_H
#define TESTS_SUPPORT_PINNED_H

#include "models/cluster/scenario.h"

struct pinned {
    int pods;
    double life, repair; /* means, in seconds */
    int days;            /* measured, after one more day of warm-up */
};

/* The scenario; its only workload is deployment/web. Release with scenario_close(). */
void pinned_given(struct scenario *scenario, const struct pinned *pinned);

/* The theory: one pod's share of not ready; the share in which at least `failed` of them are not ready. */
double pinned_unready(const struct pinned *pinned);
double pinned_share(const struct pinned *pinned, int failed);

/* The variance of the measured unavailability (no pod ready) over a long time, times that time in
 * seconds: of the Markov chain with these shares and stays. */
double pinned_variance(const struct pinned *pinned);

#endif
