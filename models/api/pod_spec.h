/* A pod template as the simulation reads it: compiled once, shared by all its pods.
 *
 * The document (a defaulted and admitted PodSpec) is the truth for printing; the members
 * beside it are what scheduler and kubelet ask for many times. Immutable and
 * reference-counted; equal documents of one cluster share one pod_spec, so that pods are
 * a few hundred bytes however long their template is. */
#ifndef MODELS_API_POD_SPEC_H
#define MODELS_API_POD_SPEC_H

#include "models/api/amounts.h"
#include "models/api/labels.h"
#include "models/api/pod_affinity.h"
#include "models/api/pod_usage.h"
#include "models/api/selector.h"
#include "models/api/spread_constraint.h"
#include "sim/base/text.h"
#include "sim/base/time.h"
#include "sim/base/value.h"

/* Amounts of resources. Saturating sums of exact quantities, rounded up as the scheduler
 * does (cpu to milli, the rest to units). */
struct extended_resource {
    const struct text *name;
    int64_t amount;
};
struct resources {
    int64_t cpu_milli, memory_bytes, ephemeral_storage_bytes;
    struct extended_resource *extended; /* owned; sorted by name; hugepages and devices too */
    size_t extended_count;
};

enum restart_policy { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };
enum pull_policy { PULL_IF_NOT_PRESENT, PULL_ALWAYS, PULL_NEVER };
enum taint_effect { EFFECT_ANY, NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE };

/* Start-up, readiness or liveness probe; durations as times. What the probe asks (HTTP,
 * exec, ...) does not matter: whether it succeeds is the container model's business. */
struct probe {
    sim_time initial_delay, period, timeout;
    int success_threshold, failure_threshold;
    int exchanges; /* of packets over the network: 2 of HTTP and gRPC, 1 of TCP, 0 of a command */
    int64_t termination_grace_seconds; /* -1: the pod's */
};

struct host_port {
    int port;
    const struct text *protocol, *ip; /* ip NULL: 0.0.0.0 */
};

struct container {
    const struct text *name, *image;
    enum pull_policy pull_policy;
    bool sidecar; /* an init container with restartPolicy Always */
    const struct probe *startup, *readiness, *liveness; /* NULL: none */
    bool has_pre_stop;
    sim_time pre_stop; /* how long the preStop hook takes (sleep); -1: as the model says */
    struct resources requests, limits;
    int64_t cpu_milli_limit;
};

/* A volume that has a say in where the pod can run; the others (ConfigMaps, emptyDirs, ...) are
 * in the document only. */
enum pod_volume_type {
    POD_VOLUME_CLAIM,
    POD_VOLUME_EPHEMERAL, /* its claim is made for the pod, and named after pod and volume */
    POD_VOLUME_CSI,       /* inline: of a CSI driver, without a claim */
    POD_VOLUME_DISK,      /* inline: of a plugin that has moved to a CSI driver */
    POD_VOLUME_ISCSI,
    POD_VOLUME_RBD
};
struct pod_volume {
    enum pod_volume_type type;
    const struct text *name;
    const struct text *id;                /* claim, CSI driver, disk, IQN or image */
    const struct text *handle;            /* of a disk: as its CSI driver knows it */
    const struct migrated_plugin *plugin; /* of a disk: see storage.h */
    bool read_only;
    const struct text *pool;      /* of an RBD image... */
    const struct text **monitors; /* ...and where its cluster is: owned */
    size_t monitor_count;
};

struct toleration {
    const struct text *key, *value; /* key NULL: every key */
    bool exists;                    /* operator Exists; otherwise Equal */
    enum taint_effect effect;
    bool forever; /* no tolerationSeconds */
    int64_t seconds;
};

struct preferred_term {
    int32_t weight;
    const struct node_selector *term; /* of one term; NULL: it has a value that is none */
};

enum qos_class { QOS_GUARANTEED, QOS_BURSTABLE, QOS_BEST_EFFORT };

struct pod_spec {
    uint32_t refs;
    uint64_t hash;          /* of the document */
    uint32_t id;            /* small number, unique in the cluster: for caches by template */
    struct value *document; /* PodSpec: defaulted, admitted, without nodeName */
    struct value
        *written; /* as the first template wrote it, for others that do the same; or NULL */

    struct container *containers, *init_containers; /* owned */
    size_t container_count, init_container_count;
    enum restart_policy restart_policy;
    int64_t termination_grace_seconds;
    int64_t active_deadline_seconds; /* -1: none */

    const struct text *scheduler_name, *priority_class_name, *node_name, *hostname, *subdomain;
    int32_t priority;
    bool preempts; /* preemptionPolicy is not Never */
    const struct labels *node_selector;
    const struct node_selector *required_affinity; /* NULL: none */
    struct preferred_term *preferred_affinity;
    size_t preferred_affinity_count;
    const struct pod_affinity *pod_affinity; /* held; NULL: no terms */
    struct toleration *tolerations;
    size_t toleration_count;
    struct spread_constraint *spread; /* topologySpreadConstraints */
    size_t spread_count;
    const struct text **scheduling_gates;
    size_t scheduling_gate_count;
    struct host_port *host_ports;
    size_t host_port_count;
    struct pod_volume *volumes; /* owned; in the order of the document */
    size_t volume_count;
    bool host_network;

    struct resources requests; /* effective: containers, init containers, sidecars, overhead,
                                      * pod level; what NodeResourcesFit checks */
    int64_t nonzero_cpu_milli, nonzero_memory_bytes; /* the same with 100m and 200 MiB where
                                      * nothing is requested: how a node's load is counted */
    int64_t scored_cpu_milli, scored_memory_bytes;   /* as NodeResourcesFit scores the pod: each
                                      * container with these defaults, pod level left out */
    enum qos_class qos;
    struct pod_usage usage; /* what quotas charge: ask pod_spec_usage() */
};

/* Holds the compiled templates of one cluster by document. */
struct pod_specs;
struct pod_specs *pod_specs_new(struct texts *texts);
void pod_specs_free(struct pod_specs *specs);

/* The compiled form of a PodSpec tree that has passed the schema check, defaulted. One
 * reference for the caller; an equal document gives the same pod_spec. O(size of the
 * document) for a new tree, O(1) for a tree seen before (by address). */
const struct pod_spec *pod_spec_compile(struct pod_specs *specs, struct value *document);
const struct pod_spec *pod_spec_hold(const struct pod_spec *spec);
void pod_spec_drop(const struct pod_spec *spec);

/* A ResourceList document as amounts; closed with resources_close(). */
void resources_load(struct texts *texts, const struct value *list, struct resources *resources);
void resources_close(struct resources *resources);
/* The amount of any resource by its name; 0 when it is not there. */
int64_t resources_get(const struct resources *resources, const char *name);
bool resources_equal(const struct resources *a, const struct resources *b);

/* What a PodSpec document requests as a whole, and how much it is limited to (a resource that no
 * container limits is not there), in exact amounts whose names are the document's; and whether it
 * asks for the pod as a whole. Close them. */
struct amounts pod_spec_requests(const struct value *spec);
struct amounts pod_spec_limits(const struct value *spec);
bool pod_spec_has_pod_level(const struct value *spec);

/* What a pod requests in the middle of a resize in place, where that is not what its template says:
 * the most of what is wanted, allocated and in force. Shared, never changed. */
struct resized {
    uint32_t refs;
    struct resources requests;
    int64_t nonzero_cpu_milli, nonzero_memory_bytes; /* as of pod_spec */
};
/* From a PodStatus document whose container statuses are in the template's order; NULL when the
 * template says the same. */
struct resized *pod_spec_resized(const struct pod_spec *spec, const struct value *status);
struct resized *resized_hold(struct resized *resized); /* NULL is fine, here and below */
void resized_drop(struct resized *resized);

/* Does this toleration tolerate a taint? Kubernetes v1.Toleration.ToleratesTaint. */
bool toleration_tolerates(const struct toleration *toleration, const struct text *key,
                          const struct text *value, enum taint_effect effect);

#endif
