/* ResourceQuotas, LimitRanges and ServiceAccounts: what admission asks of a namespace.
 *
 * Their records are their documents; who needs one reads it into a struct below, whose names and
 * amounts are borrowed from the object. Follows pkg/apis/core, pkg/quota/v1 and k8s.io/apiserver
 * pkg/quota/v1 of the release named in docs/fidelity.md. */
#ifndef MODELS_API_QUOTA_H
#define MODELS_API_QUOTA_H

#include "models/api/amounts.h"
#include "models/api/kinds.h"
#include "models/api/pod.h"

extern const struct object_kind resource_quota_kind, limit_range_kind, service_account_kind;

/* ── ResourceQuota ── */

/* One of scopes (which must exist), or one expression of scopeSelector. */
struct quota_scope {
    const char *name, *operator; /* "PriorityClass", "In" */
    const struct value *values;
};

struct quota {
    struct amounts spec_hard, hard, used; /* of spec; of status */
    bool counted;                         /* status has both lists */
    struct quota_scope *scopes;           /* owned */
    size_t scope_count;
};

struct quota quota_read(const struct object *resource_quota);
void quota_close(struct quota *quota);
/* Write status.hard and status.used of an unshared record, in the order of names. */
void quota_set_status(struct object *resource_quota, struct amounts *hard, struct amounts *used);
/* Does spec.hard of two versions differ? */
bool quota_hard_changed(const struct object *before, const struct object *after);

/* ── what objects use ── */

/* Are there quotas of objects of this kind at all? Of Events and of what is outside of namespaces
 * there are none. */
bool quota_counts_kind(enum kind kind);

/* "widgets.oracle.example": the resource of a kind whose plural nobody told (meta.UnsafeGuessKind-
 * ToResource); the caller frees. */
char *quota_resource(const char *group, size_t group_length, const char *kind, size_t length);

/* What an object uses, under the names that quotas have for it. */
struct usage {
    struct amounts amounts;
    const struct text *count, *class_count, *class_storage; /* names of its own, held; or NULL */
};

/* What an object uses at a time. Of pods that have ended, or whose deletion is past its grace twice
 * over, only the object counts. Close it. */
struct usage usage_of(const struct codec *codec, const struct object *object, sim_time now);
void usage_close(struct usage *usage);

/* Is this name of a quota one of those that objects like this one use? (Evaluator.MatchingResources) */
bool quota_tracks(const struct codec *codec, const struct object *object, const char *name);

/* Do all scopes of a quota fit the object? Objects that are neither pods nor claims fit none. */
bool quota_scopes_fit(const struct quota *quota, const struct object *object);

/* "limits.cpu for: c; requests.cpu for: c": which of the quota's names the pod's containers leave
 * open, although a quota of them makes them mandatory; the caller frees. NULL: none. */
char *quota_missing(const struct quota *quota, const struct pod *pod);

/* After when a pod that is being deleted counts no more, if it is still there; SIM_FOREVER for others. */
sim_time quota_pod_expires(const struct pod *pod);

/* ── LimitRange ── */

struct limit {
    const char *type; /* "Container", "Pod", "PersistentVolumeClaim" */
    struct amounts max, min, usual, usual_request, ratio;
};
struct limits {
    struct limit *items; /* owned; in the order of the document */
    size_t count;
};
struct limits limits_read(const struct object *limit_range);
void limits_close(struct limits *limits);

#endif
