/* What the rule files share: one function per rule, all of one shape.
 *
 * A check looks at a node (NULL when the field is absent), knows its path and appends to the
 * errors. A path is built on the stack of the check: CHILD, ITEM and KEY name one step. */
#ifndef MODELS_API_VALIDATION_VALIDATION_PRIVATE_H
#define MODELS_API_VALIDATION_VALIDATION_PRIVATE_H

#include "models/api/field_error.h"
#include "models/api/schema.h"
#include "models/api/text_rules.h"
#include "sim/base/value.h"

#define CHILD(path, step) (&(struct field_path){ .up = (path), .name = (step) })
#define ITEM(path, at)    (&(struct field_path){ .up = (path), .index = (at) })
#define KEY(path, key)    (&(struct field_path){ .up = (path), .name = (key), .is_key = true })

typedef void check_fn(struct field_errors *errors, const struct value *node,
                      const struct field_path *path);

/* ── reading nodes (node.c) ── */

/* Items of a list, entries of a map; 0 for NULL. */
size_t size_of(const struct value *node);
/* Present and not null. */
bool has(const struct value *map, const char *key);
/* A member as text, "" when absent; as a number, 0 when absent; as truth. */
const char *text_at(const struct value *map, const char *key);
int64_t number_at(const struct value *map, const char *key);
bool truth_at(const struct value *map, const char *key);
/* Does a list hold this text? */
bool list_has(const struct value *list, const char *text);
bool one_of(const char *text, const char *const *list); /* ends with NULL */

/* ── rules that repeat (rules.c) ── */

void check_text(struct field_errors *errors, const struct value *text,
                const struct field_path *path, text_rule *rule);
/* The same, for a text derived from the one that is blamed. */
void check_derived_text(struct field_errors *errors, const struct value *blamed, const char *text,
                        const struct field_path *path, text_rule *rule);
/* A member that must not be empty, and has the shape when it is not (`rule` may be NULL). */
void check_required_text(struct field_errors *errors, const struct value *map, const char *key,
                         const struct field_path *path, text_rule *rule);
/* A member that may be absent or empty, otherwise has the shape. */
void check_optional_text(struct field_errors *errors, const struct value *map, const char *key,
                         const struct field_path *path, text_rule *rule);
/* A member that must be one of these; `required` complains of an empty one. */
enum presence { OPTIONAL, REQUIRED };
void check_choice(struct field_errors *errors, const struct value *map, const char *key,
                  const struct field_path *path, const char *const *choices,
                  enum presence presence);
void check_not_negative(struct field_errors *errors, const struct value *map, const char *key,
                        const struct field_path *path);
void check_range(struct field_errors *errors, const struct value *map, const char *key,
                 const struct field_path *path, int64_t low, int64_t high);
/* Blame a number; an absent one is 0. */
void invalid_number(struct field_errors *errors, const struct value *map, const char *key,
                    const struct field_path *path, const char *detail);
void check_port(struct field_errors *errors, const struct value *port,
                const struct field_path *path);
void check_port_or_name(struct field_errors *errors, const struct value *port,
                        const struct field_path *path);
void check_ip(struct field_errors *errors, const struct value *ip, const struct field_path *path);
void check_cidr(struct field_errors *errors, const struct value *cidr, const char *text,
                const struct field_path *path);
/* Not loopback, link-local or unspecified. */
void check_ordinary_ip(struct field_errors *errors, const struct value *ip,
                       const struct field_path *path);
/* Relative, without "..": validateLocalDescendingPath. */
void check_descending_path(struct field_errors *errors, const struct value *file, const char *text,
                           const struct field_path *path);
void check_no_backsteps(struct field_errors *errors, const struct value *file,
                        const struct field_path *path);
/* The same, and no name that begins with "..": ValidateLocalNonReservedPath. */
void check_local_path(struct field_errors *errors, const struct value *file,
                      const struct field_path *path);
void check_immutable(struct field_errors *errors, const struct value *now,
                     const struct value *before, const struct field_path *path,
                     const char *type_name); /* NULL: printed as it stands */
/* Print a node as the internal struct of this type and blame it. */
void invalid_struct(struct field_errors *errors, const struct value *node, const char *type_name,
                    const struct field_path *path, const char *detail);
bool is_trimmed(const char *text);

/* ── metadata (meta.c, selector.c) ── */

struct meta_rules {
    bool namespaced;
    text_rule *name; /* NULL: any name */
};
/* What holds for every object, custom resources too; and for Kubernetes' own kinds. */
void check_any_meta(struct field_errors *errors, const struct value *meta,
                    const struct field_path *path, struct meta_rules rules);
void check_meta(struct field_errors *errors, const struct value *meta,
                const struct field_path *path, struct meta_rules rules);
void check_meta_update(struct field_errors *errors, const struct value *meta,
                       const struct value *before, const struct field_path *path);
check_fn check_labels, check_annotations, check_label_selector, check_finalizers;
/* A label selector that does not compile: metav1.LabelSelectorAsSelector. */
bool selector_compiles(const struct value *selector);
/* NULL matches nothing; {} everything. */
bool selector_fits(const struct value *selector, const struct value *labels);

/* ── pods ── */

/* What checks of a pod spec's parts need to know of the whole. */
struct pod_check {
    struct field_errors *errors;
    const struct value *spec;
    bool is_pod;                  /* a Pod, not a template */
    const char *pod_name;         /* NULL in a template */
    const struct value *grace;    /* terminationGracePeriodSeconds */
    const struct value **volumes; /* those without fault; owned */
    size_t volume_count;
    bool host_users;
};

void check_pod_create(struct field_errors *errors, const struct value *pod);
void check_pod_update(struct field_errors *errors, const struct value *pod,
                      const struct value *before);
void check_pod_meta_and_spec(struct field_errors *errors, const struct value *pod);
void check_pod_spec(struct field_errors *errors, const struct value *spec, const char *pod_name,
                    bool is_pod, const struct field_path *path);
void check_pod_template(struct field_errors *errors, const struct value *template,
                        const struct field_path *path);
/* Annotations that mean something to pods, also on update. */
void check_pod_annotations(struct field_errors *errors, const struct value *annotations,
                           const struct value *spec, const struct field_path *path);
void check_profile_annotations(struct field_errors *errors, const struct value *annotations,
                               const struct value *spec, const struct field_path *path);

void check_containers(struct pod_check *check, const struct field_path *path);
void check_init_containers(struct pod_check *check, const struct field_path *path);
void check_ephemeral_containers(struct pod_check *check, const struct field_path *path);
/* Rules of pods that templates are spared. */
void check_images_for_pod(struct field_errors *errors, const struct value *containers,
                          const struct field_path *path);
check_fn check_env, check_env_from, check_object_field;
void check_field_selector(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path, const char *const *paths);
void check_resource_field(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path, bool in_volume);
void check_probes(struct pod_check *check, const struct value *container,
                  const struct field_path *path);
void check_lifecycle(struct pod_check *check, const struct value *lifecycle,
                     const struct field_path *path);
void check_mounts(struct pod_check *check, const struct value *container,
                  const struct field_path *path);
void check_volumes(struct pod_check *check, const struct field_path *path);
/* Kinds of volume sources by number, in the API server's order; NULL after the last. */
const char *volume_source_at(size_t index);
void check_volume_source(struct field_errors *errors, size_t index, const struct value *node,
                         const struct field_path *path);
void forbid_second_source(struct field_errors *errors, size_t index, const struct value *node,
                          const struct field_path *path);
check_fn check_projected, check_volume_items, check_downward_file, check_claim_spec;
check_fn check_csi_driver; /* of a volume's source */
/* A list of access modes; one that is empty is blamed by whoever needs one. */
check_fn check_access_modes;
void check_file_mode(struct field_errors *errors, const struct value *map, const char *key,
                     const struct field_path *path);
void check_resources(struct pod_check *check, const struct value *requirements,
                     const struct field_path *path, bool pod_level);
void check_pod_resources(struct pod_check *check, const struct field_path *path);
void check_quantity(struct field_errors *errors, const char *resource, const struct value *amount,
                    const struct field_path *path);
/* Blame an amount, printed in its canonical form. */
void invalid_amount(struct field_errors *errors, const struct field_path *path,
                    const struct value *amount, const char *detail);
/* A resource that a quota limits, or a LimitRange (of containers, or of anything): its name, with
 * the amount to blame. */
void check_quota_resource(struct field_errors *errors, const char *name, const struct value *amount,
                          const struct field_path *path);
void check_limited_resource(struct field_errors *errors, const char *name,
                            const struct value *amount, const struct field_path *path,
                            bool of_containers);
/* Is it one of Kubernetes' own names for a quota? May more be promised of it than there is? */
bool is_quota_resource(const char *name);
bool may_be_overcommitted(const char *name);
/* The name of a resource that containers can ask for. */
void check_container_resource_name(struct field_errors *errors, const struct value *name,
                                   const struct field_path *path);
void check_pod_security(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path);
void check_container_security(struct pod_check *check, const struct value *context,
                              const struct field_path *path);
check_fn check_windows_options;
void check_os(struct field_errors *errors, const struct value *spec, const struct field_path *path);
void check_host_process(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path);
void check_affinity(struct field_errors *errors, const struct value *affinity,
                    const struct field_path *path);
void check_node_selector(struct field_errors *errors, const struct value *selector,
                         const struct field_path *path);
check_fn check_tolerations, check_topology_spread, check_scheduling_gates;
void check_taint_effect(struct field_errors *errors, const struct value *map,
                        const struct field_path *path, enum presence presence);

/* ── workloads ── */

check_fn check_replica_template, check_stateful_template, check_daemon_template; /* of a spec */
void check_restart_and_deadline(struct field_errors *errors, const struct value *template,
                                const struct field_path *path, const char *kind);
void check_selector_stays(struct field_errors *errors, const struct value *now,
                          const struct value *before);

/* What a CronJob makes; and the policies of a Job's spec. */
check_fn check_job_template, check_job_failure_policy, check_job_success_policy;

check_fn check_int_or_percent, check_at_most_all; /* a count or a percentage */
/* Both of the above for a member, if it is given. */
void check_int_or_percent_at(struct field_errors *errors, const struct value *map, const char *key,
                             const struct field_path *path);
/* The number before a per cent sign, or the number; 0 when it is neither. */
int64_t int_or_percent_amount(const struct value *number);

/* ── the kinds: what is asked of a new object, and of one that replaces another ── */

typedef void check_create_fn(struct field_errors *errors, const struct value *now);
typedef void check_update_fn(struct field_errors *errors, const struct value *now,
                             const struct value *before);

check_create_fn check_deployment, check_replicaset, check_daemonset, check_statefulset;
check_create_fn check_service, check_node, check_namespace, check_endpoint_slice;
check_create_fn check_disruption_budget, check_priority_class, check_lease, check_event;
check_update_fn check_deployment_update, check_replicaset_update, check_daemonset_update;
check_update_fn check_statefulset_update, check_service_update, check_node_update;
check_update_fn check_endpoint_slice_update, check_priority_class_update;
check_create_fn check_autoscaler;
check_update_fn check_autoscaler_update;
check_create_fn check_job, check_cronjob, check_claim, check_volume_object, check_storage_class;
check_update_fn check_job_update, check_cronjob_update, check_claim_update;
check_update_fn check_volume_object_update, check_storage_class_update;
check_create_fn check_controller_revision, check_resource_quota, check_limit_range;
check_create_fn check_config_map, check_secret_object, check_service_account, check_network_policy;
check_update_fn check_resource_quota_update, check_config_map_update, check_secret_object_update;
check_update_fn check_controller_revision_update;
check_create_fn check_chaos; /* of any kind of Chaos Mesh */
check_update_fn check_chaos_update;
check_create_fn check_stage; /* of KWOK */

#endif
