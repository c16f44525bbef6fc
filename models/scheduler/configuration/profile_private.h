/* The inside of configurations: how one profile is made. */
#ifndef MODELS_SCHEDULER_PROFILE_PRIVATE_H
#define MODELS_SCHEDULER_PROFILE_PRIVATE_H

#include "models/scheduler/configuration/profile.h"

/* What the whole configuration says to its profiles. */
struct profile_base {
    int percentage_of_nodes_to_score;
    bool old_weights;                      /* see configuration_has_old_weights() */
    const struct value *left_to_extenders; /* a list: resources that NodeResourcesFit ignores */
};

/* A profile of a configuration that was checked; NULL stands for the default one. Errors of
 * arguments are appended, the profile is to be freed all the same. */
struct profile *profile_load(struct texts *texts, const struct value *from,
                             const struct profile_base *base, struct error_list *errors);
void profile_free(struct profile *profile);

#endif
