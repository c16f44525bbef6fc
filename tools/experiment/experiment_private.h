/* What the files of the experiment loader share. */
#ifndef TOOLS_EXPERIMENT_EXPERIMENT_PRIVATE_H
#define TOOLS_EXPERIMENT_EXPERIMENT_PRIVATE_H

#include "models/cluster/shape.h"
#include "tools/experiment/experiment.h"

extern const struct shape experiment_shape, level_shape, replications_shape;

/* A text that lives as long as the experiment; takes it. */
const char *experiment_keep(struct experiment *experiment, char *text);
/* A document that does; takes the reference. */
const struct value *experiment_keep_document(struct experiment *experiment, struct value *document);

/* Read `factors` of a spec that fits its shape; false after faults were appended. */
bool experiment_read_factors(struct experiment *experiment, const struct value *spec,
                             struct error_list *faults);
/* Lay out the points of the design, and read the scenario of each. */
bool experiment_make_points(struct experiment *experiment, const struct value *spec,
                            struct error_list *faults, struct error_list *warnings);
/* Read `responses`, or take the usual ones; they are looked for at the baseline (or the first point). */
bool experiment_read_responses(struct experiment *experiment, const struct value *spec,
                               struct error_list *faults);

#endif
