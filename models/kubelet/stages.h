/* The stage-table kubelet: objects move through states by a table.
 *
 * A stage applies to the objects of a kind that meet all its requirements. An object for which
 * a stage applies waits for the stage's delay, is then changed (or deleted), and is looked at
 * again. The first stage of the table that applies counts. Such a kubelet knows no containers:
 * it serves recordings whose kubelet was a fake, and documents of the kind KWOK calls Stage. */
#ifndef MODELS_KUBELET_STAGES_H
#define MODELS_KUBELET_STAGES_H

#include "models/api/selector.h"
#include "models/cluster/cluster.h"
#include "models/kubelet/pod_addresses.h"

enum { STAGE_REQUIREMENTS = 6, STAGE_VALUES = 2 };

/* One requirement. Fields: "status.phase", "status.ready" (a node's condition),
 * "spec.nodeName", "spec.restartPolicy", "metadata.deletionTimestamp", and "labels:KEY",
 * "annotations:KEY". An absent field equals no value. */
struct stage_requirement {
    const char *field;               /* NULL ends the list */
    enum selector_operator operator; /* In, NotIn, Exists, DoesNotExist */
    const char *values[STAGE_VALUES];
};

/* What the change of a stage is given as its context. */
struct stage_work {
    struct texts *texts;
    struct pod_addresses *addresses;
    sim_time now;
};

struct stage {
    const char *name;
    enum kind kind; /* KIND_POD or KIND_NODE */
    struct stage_requirement when[STAGE_REQUIREMENTS];
    sim_time delay;
    const char *delay_annotation; /* overrides `delay` with its duration; NULL: none does */
    change_fn *next;              /* the change; its context is a struct stage_work; NULL: none */
    bool remove;                  /* delete with a grace period of 0 */
};

/* A fake kubelet for many nodes. */
struct stage_table {
    struct stage_requirement manages; /* of a node: others are left alone, as if dead */
    const struct stage *stages;
    size_t count;
    int64_t lease_duration_seconds;
    sim_time lease_period;
};

/* The fake kubelet behind the recordings of tests/oracle: what its README.md says. */
extern const struct stage_table recorded_stages;

/* Does the object meet all of a stage's requirements? */
bool stage_applies(const struct stage *stage, const struct object *object);

/* Play a table in a cluster. Release with stage_player_free(). */
struct stage_player *stage_player_new(struct cluster *cluster, const struct stage_table *table);
void stage_player_free(struct stage_player *player);

/* Plays recorded_stages where settings.stage_kubelet asks for it; otherwise does nothing. */
extern const struct component stage_kubelet;

#endif
