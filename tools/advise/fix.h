/* A usual fix: what operators change about a workload that is not available enough.
 *
 * One const per fix, one line in the table of fixes.c. A fix looks at the workload as it is written and says what
 * would be written instead, as a level of an experiment (docs/experiment.md); whether it helps, the
 * simulation says. */
#ifndef TOOLS_ADVISE_FIX_H
#define TOOLS_ADVISE_FIX_H

#include "models/cluster/scenario.h"
#include "sim/base/value.h"

/* A workload of the scenario that may be changed. */
struct candidate {
    const struct scenario *scenario;
    const struct value *document; /* a Deployment or a StatefulSet */
    const char *target, *space;   /* "deployment/web", its namespace */
    int64_t replicas;
};

struct fix {
    const char *name; /* "replicas+1" */
    /* A level without a name, a new reference; NULL: there is nothing to change. */
    struct value *(*level)(const struct candidate *candidate);
    const char *says; /* what it does, one phrase */
};

/* The table, ends with NULL. */
extern const struct fix *const fixes[];

/* ── what fixes share ── */

/* The pods' template of a workload; its containers. NULL: there are none. */
const struct value *candidate_template(const struct candidate *candidate);
const struct value *candidate_containers(const struct candidate *candidate);

/* A level with one patch of the workload; takes the reference. */
struct value *level_of_patch(const struct candidate *candidate, struct value *patch);
/* The same of a patch of the pods' spec. */
struct value *level_of_pod_patch(const struct candidate *candidate, struct value *pod_spec);

/* Does a selector's matchLabels pick pods with these labels? An empty one picks all, NULL none. */
bool labels_are_picked(const struct value *match, const struct value *labels);

#endif
