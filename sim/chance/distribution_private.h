/* What the families of distributions share with the functions that serve all of them. */
#ifndef SIM_CHANCE_DISTRIBUTION_PRIVATE_H
#define SIM_CHANCE_DISTRIBUTION_PRIVATE_H

#include "sim/chance/distribution.h"

enum { DISTRIBUTION_PARAMETERS = 2 };

/* What a parameter may be. */
enum range { ANY_NUMBER, NOT_NEGATIVE, POSITIVE, GAMMA_SHAPE };

/* NULL if it is, else what it must be: "must be more than 0". Only finite numbers are. */
const char *range_fault(enum range range, double value);

struct parameter {
    const char *name; /* NULL: there is none */
    bool is_amount;   /* in the unit of the samples: a duration will do */
    enum range range;
};

/* One family: its name in a scenario, its parameters, and its functions of them. */
struct family {
    const char *name;
    struct parameter parameters[DISTRIBUTION_PARAMETERS];
    double (*quantile)(const struct distribution *distribution, double u);
    double (*mean)(const struct distribution *distribution);
    /* The u-quantile of X - age given X > age; not more than 0 when there is no such X. */
    double (*residual)(const struct distribution *distribution, double age, double u);
    /* P(X <= x). */
    double (*below)(const struct distribution *distribution, double x);
};

/* A value of an empirical distribution. */
struct outcome {
    double value, weight;
    double below; /* weights up to and with this one, as a share of all */
};

struct distribution {
    const struct family *family;
    double parameters[DISTRIBUTION_PARAMETERS];
    bool in_time; /* amounts were given as durations, and are printed so */
    /* A lognormal that was given by two quantiles: they are printed, not mu and sigma. */
    struct {
        double p[2], at[2]; /* p in (0, 1), 0: not given so */
    } given;
    const struct published *published; /* whose name stands for it; NULL: nobody's */
    struct distribution **parts; /* owned; of a mixture, as many as weights; NULL: it is none */
    size_t count; /* of an empirical distribution, ascending values; of a mixture, weights */
    struct outcome outcomes[];
};

/* By name; NULL when there is none. */
const struct family *family_find(const char *name);
extern const struct family families[];
extern const size_t family_count;

/* A distribution of a family without outcomes; the parameters are in range. */
struct distribution *distribution_new(const struct family *family, double first, double second);

/* mixture.c */
double mixture_below(const struct distribution *d, double x);
double mixture_quantile(const struct distribution *d, double u);
double mixture_mean(const struct distribution *d);
double mixture_residual(const struct distribution *d, double age, double u);

/* Set mu and sigma so that the quantiles are as given; false when no lognormal has them. */
bool lognormal_fit(struct distribution *distribution, const double p[2], const double at[2]);

#endif
