/* What the files that read OpenSLO share. */
#ifndef MODELS_CLUSTER_OPENSLO_PRIVATE_H
#define MODELS_CLUSTER_OPENSLO_PRIVATE_H

#include "models/cluster/openslo.h"
#include "models/cluster/shape.h"

/* A duration shorthand: a whole number and one of m h d w M Q Y. False with the error. */
bool slo_shorthand(const struct value *from, int64_t *count, char *unit, struct error *error);
/* The same as a length of time, without months and longer. */
bool slo_duration(const struct value *from, const char *what, sim_time *time, struct error *error);

/* A number of at most fifteen digits, exactly. False with the error. */
bool slo_share(const struct value *from, const char *what, struct spending_share *share,
               struct error *error);

/* Read the one time window. */
bool slo_window_read(const struct value *windows, struct place at, zone_reader *zones,
                     struct slo_window *window, struct error *error);

#endif
