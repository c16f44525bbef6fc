/* StatefulSets: pods with a name, an order and storage of their own. */
#ifndef MODELS_API_STATEFULSET_H
#define MODELS_API_STATEFULSET_H

#include "models/api/kinds.h"
#include "models/api/workloads.h"

struct statefulset {
    struct meta meta; /* meta.document: {spec: {selector, volumeClaimTemplates, ...}}: what has no
                       * member below, and what the members say of strategy and policies */
    int32_t replicas;
    int32_t min_ready_seconds;
    int32_t revision_history_limit; /* negative: no limit */
    int32_t start;                  /* of the ordinals */
    bool parallel;                  /* podManagementPolicy Parallel; otherwise OrderedReady */
    bool on_delete; /* pods are replaced when somebody deletes them, not by a rolling update */
    bool has_rolling_update; /* updateStrategy.rollingUpdate is there */
    int32_t partition;       /* of rollingUpdate: ordinals before it keep their revision */
    struct int_or_percent max_unavailable; /* of rollingUpdate; 1 unless it says otherwise */
    bool deletes_claims_with_set, deletes_claims_when_scaled; /* the retention policy */
    const struct text *service_name;                          /* NULL: none */
    const struct selector *selector;
    const struct pod_template *template;

    /* status */
    int32_t status_replicas, ready, available, current, updated;
    int64_t observed_generation;
    int32_t collision_count;                               /* -1: nil */
    const struct text *current_revision, *update_revision; /* names; NULL: not said yet */
    const struct conditions *conditions;
};

extern const struct object_kind statefulset_kind;

static inline const struct statefulset *statefulset_of(const struct object *object)
{
    return (const struct statefulset *)object;
}

/* The templates of the claims that each of its pods has; NULL: none. */
const struct value *statefulset_claims(const struct statefulset *set);

/* "data-db-0": the claim of a template for the pod with this ordinal. The caller frees. */
char *statefulset_claim_name(const struct statefulset *set, const struct value *claim,
                             int64_t ordinal);

/* The ordinal of a pod with this name if it can be the set's ("db-0" of "db"); -1 otherwise. What
 * counts as a number is what strconv.ParseInt takes for an int32. */
int64_t statefulset_ordinal(const struct statefulset *set, const char *pod_name);

/* The spec of its pod with this ordinal, made from a template of its (the present one, or one of
 * an earlier revision): hostname, subdomain and the volumes of its claims. One reference. */
const struct pod_spec *statefulset_pod_spec(const struct codec *codec,
                                            const struct statefulset *set,
                                            const struct pod_template *template, int64_t ordinal);

#endif
