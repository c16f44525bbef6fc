/* Shared by the files of admission. */
#ifndef MODELS_CLUSTER_ADMISSION_PRIVATE_H
#define MODELS_CLUSTER_ADMISSION_PRIVATE_H

#include "models/cluster/admission.h"

/* Refuse with a message, once. Returns false. */
bool refuse_document(struct refusal *refusal, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What creation drops and sets by itself (rest.RESTCreateStrategy.PrepareForCreate). */
void prepare_create(struct value **document, const struct schema_kind *kind);

/* The same for an update (PrepareForUpdate). */
void prepare_update(struct value **document, const struct value *old,
                    const struct schema_kind *kind);

/* What creation adds once the object's uid is known, with zeros in its place: for validation, which
 * comes before the store draws one. job_select_pods() does the same to records. */
void prepare_identified(struct value **document, const struct schema_kind *kind);

/* Fields behind feature gates: dropped while the gate is off, unless `old` (NULL: none) has them. */
void prepare_gated(const struct admission *admission, struct value **document,
                   const struct value *old, const struct schema_kind *kind);

/* Addresses and ports of a Service: what the user gives in one form is put into the other, what
 * is left open is allocated. `old` is NULL for a new one. */
void service_normalize(struct value **document, const struct value *old);
/* Ports that a user chose must be of the range; asked of a cluster only, as a dry run does not allocate. */
void service_check_ports(const struct admission *admission, const struct value *document,
                         struct field_errors *errors);
void service_allocate(const struct admission *admission, struct value **document);

/* The mutating plugins on a whole document. False with the refusal. */
bool admission_mutate(const struct admission *admission, struct value **document,
                      const struct schema_kind *kind, struct refusal *refusal);

/* LimitRanger: what it sets in a pod, and what it says of a pod or claim. False with the refusal. */
void admission_set_limits(const struct admission *admission, struct value **pod);
bool admission_check_limits(const struct admission *admission, const struct value *document,
                            struct refusal *refusal);

/* ServiceAccount: the pod's account, its pull secrets and token; which Secrets it may mount. False
 * with the refusal. */
bool admission_service_account(const struct admission *admission, struct value **spec,
                               const char *space, const char *name, struct refusal *refusal);
bool admission_check_secrets(const struct admission *admission, const struct value *spec,
                             const char *space, const char *name, struct refusal *refusal);

/* PodSecurity: a pod that its namespace forbids, false with the refusal; and what its namespace warns
 * of, in a pod or in a template of pods. */
bool admission_pod_security(const struct admission *admission, const struct value *pod,
                            const char *name, struct refusal *refusal);
void admission_warn_pod_security(const struct admission *admission, const struct value *document,
                                 struct error_list *warnings);

/* RuntimeClass: what the class adds to a pod. False with the refusal. */
bool admission_runtime_class(const struct admission *admission, struct value **spec,
                             const char *name, struct refusal *refusal);

/* The plugins that only judge, after validation. False with the refusal. */
bool admission_check(const struct admission *admission, const struct value *document,
                     const struct schema_kind *kind, struct refusal *refusal);

#endif
