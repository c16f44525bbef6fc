/* The code defaults, one function per type; called for each node of that type, outermost first.
 *
 * A function changes its node by value_own(), and only when something is missing, so that what is
 * complete stays shared. */
#ifndef MODELS_API_DEFAULTS_DEFAULTS_PRIVATE_H
#define MODELS_API_DEFAULTS_DEFAULTS_PRIVATE_H

#include "models/api/defaults.h"

typedef void default_fn(struct value **node);

/* Set a member that is absent, null or "". */
void default_text(struct value **map, const char *key, const char *text);
/* Set a member that is absent or null; or also 0, for a field that is no pointer. */
void default_int(struct value **map, const char *key, int64_t number);
void default_count(struct value **map, const char *key, int64_t number);
void default_bool(struct value **map, const char *key, bool truth);
/* Set a member that is absent to an empty map. */
void default_map(struct value **map, const char *key);
/* A member as text, "" when it is absent. */
const char *default_reads(const struct value *map, const char *key);

/* pod.c, volume.c */
default_fn default_pod, default_pod_spec, default_container, default_probe, default_http_get;
default_fn default_object_field, default_volume, default_file_mode, default_token;
default_fn default_host_path;
/* workloads.c */
default_fn default_deployment, default_replicaset, default_daemonset, default_statefulset;
default_fn default_replication_controller, default_job, default_failure_pattern, default_cronjob;
default_fn default_autoscaler;
/* service.c */
default_fn default_service, default_protocol, default_slice_port, default_network_policy;
/* chaos.c */
default_fn default_chaos, default_network_chaos, default_delay, default_status_check;
/* cluster.c */
default_fn default_namespace, default_namespace_status, default_node_spec, default_node_status,
    default_secret;
default_fn default_claim, default_claim_spec, default_volume_object, default_limit_range,
    default_limit_ranges;
default_fn default_priority_class, default_storage_class;

/* The policy of an image that names none: Always for :latest. Constant. */
const char *default_pull_policy(const char *image);

#endif
