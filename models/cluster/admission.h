/* What the API server does to a user's document on its way into the store:
 * schema check, defaults, strategy, mutating admission, validation.
 *
 * The same for a manifest of a scenario and for an HTTP request. Follows the registry strategies
 * (pkg/registry) and the default admission plugins (LimitRanger, ServiceAccount, PodSecurity, Priority,
 * DefaultTolerationSeconds, TaintNodesByCondition, RuntimeClass) of the release named in docs/fidelity.md. */
#ifndef MODELS_CLUSTER_ADMISSION_H
#define MODELS_CLUSTER_ADMISSION_H

#include "models/api/field_error.h"
#include "models/api/labels.h"
#include "models/api/schema.h"
#include "sim/base/error.h"
#include "sim/base/value.h"
#include "sim/store/object.h"

/* A priority class as admission needs it. The texts are borrowed. */
struct priority_class {
    const char *name;
    int32_t value;
    bool preempts;
};

struct field_manager;

/* What admission asks of its cluster; a NULL function is never asked. */
struct admission {
    const char *default_namespace; /* of a document that names none */
    /* The class with this name, or for NULL the global default; false when there is none. NULL:
     * every name is a class of priority 0. */
    bool (*find_priority_class)(void *context, const char *name, struct priority_class *found);
    /* Is there such a service account, or runtime class? What is known of it goes to *found,
     * borrowed; NULL: it says nothing of pods. NULL: there are all, and they say nothing. */
    bool (*find_service_account)(void *context, const char *space, const char *name,
                                 const struct object **found);
    bool (*find_runtime_class)(void *context, const char *name, const struct object **found);
    /* Show each LimitRange of a namespace, the oldest first. NULL: there are none. */
    void (*each_limit_range)(void *context, const char *space,
                             void (*show)(void *to, const struct object *limit_range), void *to);
    /* The labels of a namespace, borrowed; NULL: it has none. NULL: nobody asks. */
    const struct labels *(*namespace_labels)(void *context, const char *space);
    /* A free address of the service range, or a free node port; the caller frees the text. NULL: the
     * address of the range itself and the port after the last one given, as in a dry run. */
    char *(*allocate_ip)(void *context);
    int (*allocate_node_port)(void *context, const char *protocol);
    const struct field_manager *manager; /* who writes, for managedFields; NULL: it is not noted */
    zone_reader *zones;                  /* who knows time zones; NULL: there are all */
    void *context;
    bool max_unavailable_stateful_set; /* the feature gate: without it the field is dropped */
    bool no_hpa_tolerance;             /* another gate is off: those fields are dropped */
};

/* Does the object of this document live in a namespace? A custom resource does when it names one. */
bool document_is_namespaced(const struct value *document);

/* Why a document is refused, as the API server would answer. All zero: it is not. */
struct refusal {
    int code;                   /* 400, 403, 422 */
    char *message;              /* of the Status; owned */
    struct field_errors fields; /* of 422 */
};
void refusal_close(struct refusal *refusal);

/* The whole way of a new object: the document to store, one new reference; NULL with the refusal.
 * Each fault is also appended to `faults` with its place; unknown fields are
 * warnings, or faults when `warnings` is NULL. A custom resource passes with its metadata checked.
 * A name that is to be generated is left to the store. */
struct value *admit_create(const struct admission *admission, const struct value *document,
                           struct refusal *refusal, struct error_list *faults,
                           struct error_list *warnings);

/* The same for a document that replaces `old`, which was stored before: what an update cannot
 * touch (identity, status, allocated addresses) is taken from there. */
struct value *admit_update(const struct admission *admission, const struct value *document,
                           const struct value *old, struct refusal *refusal,
                           struct error_list *faults, struct error_list *warnings);

/* What pods made from a template get of its PodSpec: the defaults and plugins that a Pod meets and
 * a template does not, once for all its pods. Consumes the reference to `spec`. Where a pod would
 * be refused, the spec is as far as admission came. The name of the service account's volume is
 * drawn from `name`. */
struct value *admission_pod_spec(const struct admission *admission, struct value *spec,
                                 const char *space, const char *name, struct refusal *refusal);

#endif
