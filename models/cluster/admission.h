/* What the API server does to a user's document on its way into the store:
 * schema check, defaults, strategy, mutating admission, validation.
 *
 * The same for a manifest of a scenario and for an HTTP request. Follows the registry strategies
 * (pkg/registry) and the default admission plugins (NamespaceLifecycle, ServiceAccount,
 * Priority, DefaultTolerationSeconds) of the release named in docs/fidelity.md. */
#ifndef MODELS_CLUSTER_ADMISSION_H
#define MODELS_CLUSTER_ADMISSION_H

#include "models/api/field_error.h"
#include "models/api/schema.h"
#include "sim/base/error.h"
#include "sim/base/value.h"

struct priority_class {
    const char *name; /* "" when no class is meant: priority 0 */
    int32_t value;
    const char *preemption_policy; /* "PreemptLowerPriority" or "Never" */
};

/* What admission asks of its cluster. */
struct admission {
    const char *default_namespace; /* of a document that names none */
    /* The class with this name, or for NULL the global default. False when there is none.
     * system-node-critical and system-cluster-critical need not be asked. */
    bool (*find_priority_class)(void *context, const char *name, struct priority_class *found);
    void *context;
};

/* Why a document is refused, as the API server would answer. */
struct refusal {
    int code;                   /* 400, 403, 422; 0: it was admitted */
    char *message;              /* of the Status; owned */
    struct field_errors fields; /* of 422 */
};
void refusal_close(struct refusal *refusal);

/* The whole way of a new object: the document to store, one new reference; NULL with the refusal.
 * Each fault is also appended to `faults` with its place; unknown fields are
 * warnings, or faults when `warnings` is NULL. */
struct value *admit_create(const struct admission *admission, const struct value *document,
                           struct refusal *refusal, struct error_list *faults,
                           struct error_list *warnings);

/* The same for a document that replaces `old`, which was stored before. */
struct value *admit_update(const struct admission *admission, const struct value *document,
                           const struct value *old, struct refusal *refusal,
                           struct error_list *faults, struct error_list *warnings);

/* --- the steps, for those who need one alone ------------------------------------------- */

/* What creation drops and sets by itself: status, generation, fields of disabled features. Consumes
 * the reference; so do the functions below. */
struct value *admission_prepare_create(struct value *document, const struct schema_kind *kind);

/* The plugins on a PodSpec: priority, tolerations, service account and its volume, whose name is
 * drawn from `name`. NULL with the refusal's message (about pods "name"). Give it the spec of
 * a defaulted pod template once, and all its pods share the result. */
struct value *admission_pod_spec(const struct admission *admission, struct value *spec,
                                 const char *name, struct refusal *refusal);

#endif
