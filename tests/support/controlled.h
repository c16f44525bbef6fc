/* A cluster of controllers only, for stories about them: no scheduler and no kubelet.
 *
 * Pods are put on node n0 and become ready one second after they were created, unless they have
 * the label ready=never; deleted, they are gone after one second. Times are those of the
 * recordings' fake kubelet, calls take no time. What happens to Deployments and ReplicaSets is
 * written down, one line each:
 *
 *     0.000 web-7984c657f 0 -> 3
 *     1.000 web: NewReplicaSetAvailable
 */
#ifndef TESTS_SUPPORT_CONTROLLED_H
#define TESTS_SUPPORT_CONTROLLED_H

#include "models/api/workloads.h"
#include "models/cluster/cluster.h"
#include "sim/base/writer.h"

struct controlled {
    struct run *run;
    struct cluster *cluster;
    struct writer story;
    struct step *steps; /* of pods, still to come */
};

/* A cluster with these controllers (of the table, all of them). Release with controlled_free(). */
struct controlled *controlled_new(void);
void controlled_free(struct controlled *controlled);

/* Create an object of namespace default from a defaulted document in JSON, or replace the spec
 * of the one that is there. */
void controlled_apply(struct controlled *controlled, const char *json);
void controlled_delete(struct controlled *controlled, enum kind kind, const char *name);
/* Let seconds pass. */
void controlled_wait(struct controlled *controlled, double seconds);

/* The present version; NULL when there is none. */
const void *controlled_get(const struct controlled *controlled, enum kind kind, const char *name);
size_t controlled_count(const struct controlled *controlled, enum kind kind);

/* What was written down since the last call equals `expected`, or the test fails with both. */
void controlled_expect(struct controlled *controlled, const char *expected);

/* {"apiVersion": "apps/v1", "kind": "Deployment", ...} with its defaults; `strategy` is the JSON
 * of spec.strategy, `extra` more fields of spec, each with a comma at its end. The caller frees. */
char *controlled_deployment(const char *name, int replicas, int version, const char *strategy,
                            const char *extra);

#endif
