/* The table of kinds: what a cluster stores, and how each kind goes to and from documents.
 *
 * Kinds that are simulated have a compact record of their own; every other kind is kept
 * as its document ("kept, not simulated"). One row per kind; adding a kind is one row. */
#ifndef MODELS_API_KINDS_H
#define MODELS_API_KINDS_H

#include "models/api/meta.h"
#include "sim/base/error.h"
#include "sim/kernel/queue.h"

enum kind {
    KIND_NAMESPACE,
    KIND_NODE,
    KIND_POD,
    KIND_REPLICASET,
    KIND_DEPLOYMENT,
    KIND_DAEMONSET,
    KIND_SERVICE,
    KIND_ENDPOINTSLICE,
    KIND_PODDISRUPTIONBUDGET,
    KIND_PRIORITYCLASS,
    KIND_EVENT,
    KIND_LEASE,
    KIND_MACHINE, /* ours: the computer under a node, which failures strike */
    KIND_IMAGE,   /* ours: what containers of an image do */
    KIND_PERSISTENTVOLUMECLAIM,
    KIND_PERSISTENTVOLUME,
    KIND_STORAGECLASS,
    KIND_CSIDRIVER,
    KIND_CSINODE,
    KIND_CSISTORAGECAPACITY,
    KIND_VOLUMEATTACHMENT,
    KIND_JOB,
    KIND_STATEFULSET,
    /* kept as documents, until they are simulated; one that is keeps its number, which seeds uids */
    KIND_ENDPOINTS,
    KIND_CONFIGMAP,
    KIND_SECRET,
    KIND_SERVICEACCOUNT,
    KIND_CONTROLLERREVISION,
    KIND_CRONJOB, /* simulated */
    KIND_REPLICATIONCONTROLLER,
    KIND_HORIZONTALPODAUTOSCALER, /* simulated */
    KIND_LIMITRANGE,
    KIND_RESOURCEQUOTA,
    KIND_NETWORKPOLICY,
    KIND_INGRESS,
    /* of Chaos Mesh, simulated (models/chaos) */
    KIND_PODCHAOS,
    KIND_NETWORKCHAOS,
    KIND_STRESSCHAOS,
    KIND_IOCHAOS,
    KIND_TIMECHAOS,
    KIND_DNSCHAOS,
    KIND_HTTPCHAOS,
    KIND_KERNELCHAOS,
    KIND_JVMCHAOS,
    KIND_BLOCKCHAOS,
    KIND_AWSCHAOS,
    KIND_GCPCHAOS,
    KIND_AZURECHAOS,
    KIND_PHYSICALMACHINECHAOS,
    KIND_PHYSICALMACHINE,
    KIND_CHAOSSCHEDULE,
    KIND_WORKFLOW,
    KIND_WORKFLOWNODE,
    KIND_STATUSCHECK,
    KIND_STAGE, /* of KWOK, simulated (models/kubelet) */
    KIND_OTHER, /* every other kind: the name is "group/Kind/name" */
    KIND_COUNT
};

/* The experiments of Chaos Mesh are next to each other. */
static inline bool kind_is_experiment(unsigned kind)
{
    return kind >= KIND_PODCHAOS && kind <= KIND_PHYSICALMACHINECHAOS;
}

/* What reading and printing needs to know of its cluster. */
struct codec {
    struct texts *texts;
    struct pod_specs *specs;
    int64_t epoch_seconds;     /* Unix time of the run's start */
    const struct queue *clock; /* whose present a Lease is printed at; NULL: its first renewal */
    /* What admission makes of the PodSpec that a template gives to its pods; consumes the
     * reference. NULL: nothing. */
    struct value *(*admit_pod_spec)(void *context, struct value *spec);
    void *admit_context;
};

struct kind_info {
    const char *api_version, *name, *plural; /* "apps/v1", "Deployment", "deployments" */
    const char *short_names;                 /* "deploy", space-separated; "" */
    bool namespaced;
    bool simulated;
    const struct object_kind *type;
    /* Read a defaulted, checked tree into a record with one reference; metadata included. */
    struct object *(*load)(const struct codec *codec, const struct value *tree);
    /* The object as a tree in the API's order of fields: apiVersion, kind, metadata, ... */
    struct value *(*print)(const struct codec *codec, const struct object *object);
    /* Does generation rise between these two? NULL: the kind has no generation. */
    bool (*spec_changed)(const struct object *before, const struct object *after);
    /* Give an unshared record the status of another version, as an update of the spec keeps the
     * stored status and an update of the status keeps the stored spec. NULL: no status. */
    void (*take_status)(struct object *into, const struct object *from);
};

extern const struct kind_info kind_infos[KIND_COUNT];
extern const struct object_kind *const object_kinds[KIND_COUNT];

/* The kind of an apiVersion and kind; KIND_OTHER when there is no row. */
enum kind kind_find(const char *api_version, const char *kind);
/* The kind a kubectl user means: "deploy", "deployment", "deployments", "deployment.apps";
 * KIND_COUNT when unknown. */
enum kind kind_of_resource(const char *resource);

/* "deployment.apps/web" as kubectl prints it; the caller frees. */
char *kind_print_name(enum kind kind, const char *name);

/* The record of a kind that is kept as its document. Of KIND_OTHER the document has apiVersion
 * and kind, too. */
struct document_object {
    struct meta meta;
};
extern const struct object_kind document_kind;

#endif
