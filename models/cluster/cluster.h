/* A cluster: a store, a cache, and the components that meet in them.
 *
 * A run may hold several clusters. Components are listed in one table in cluster.c, in the
 * order in which they hear of writes. */
#ifndef MODELS_CLUSTER_CLUSTER_H
#define MODELS_CLUSTER_CLUSTER_H

#include "models/api/kinds.h"
#include "models/api/pod.h"
#include "models/cluster/api_server.h"
#include "models/cluster/caches.h"
#include "models/cluster/client.h"
#include "models/cluster/eviction.h"
#include "models/cluster/metrics_api.h"
#include "models/cluster/processes.h"
#include "models/cluster/settings.h"

/* A part of the cluster that watches and writes: controllers, scheduler, kubelets,
 * failures, metrics. One const per component. */
struct component {
    const char *name;
    /* Wire it into a cluster (watches, clients); returns its state. */
    void *(*start)(struct cluster *cluster);
    void (*stop)(void *state); /* release */
};

/* A write that was made, as those see it who watch over the cluster; borrowed for the call. */
struct write {
    const struct client *by;
    const struct object *before, *after; /* NULL: it was created, it was removed */
};

struct field_manager;

struct cluster {
    struct run *run;
    const char *id; /* in stream names and trace; "" for the only cluster */
    struct settings settings;
    struct store *store;
    struct cache *cache;   /* shared by the clients without a cache of their own */
    struct caches *caches; /* of a run with a variation; NULL: there is one for all */
    struct codec codec;
    /* Indexes of the cache; -1: none. */
    int by_namespace[KIND_COUNT];
    int by_owner[KIND_COUNT]; /* by the uid of the controller; orphans by namespace */
    int slices_by_service, services_by_label;
    int pods_by_node, pods_of_replicasets, jobs_by_owner_name;
    struct api_server api_server;
    struct event_recorder *events;
    struct identities *identities;
    struct zone_labels *zone_labels;
    struct pod_admissions *pod_admissions;
    struct client admin; /* what users and scenarios do: kubectl's identity; takes no time */

    /* Names and uids for new objects: fills in what a recording says and leaves the rest to
     * be drawn from streams. NULL: nothing is said. */
    void (*identify)(void *context, struct meta *object);
    void *identify_context;

    /* Hears what processes do; NULL: nobody. */
    process_listener *hear_process;
    void *process_listener;

    /* Told of every write at once, in the order in which the store takes them. Reads, never writes.
     * NULL: nobody. */
    void (*written)(void *context, const struct write *write);
    void *written_context;

    /* Are the objects of this kind (pods of a node, or the Node itself) played by stages, and left alone by
     * the node's kubelet? NULL: none are. */
    bool (*plays_stages)(void *context, enum kind kind, const struct text *node);
    void *stages_context;

    /* Hears how budgets answer evictions; NULL: nobody. */
    eviction_listener *hear_eviction;
    void *eviction_listener;

    const struct field_manager *manager; /* whose documents are admitted, for managedFields; NULL:
                                          * nobody's, and none are noted */

    uint32_t service_addresses, node_ports; /* given to Services so far */

    const struct metrics_api *metrics;  /* borrowed from who measures; NULL: nobody does */
    struct usage_source *usage_sources; /* who knows what pods use */
    size_t usage_count, usage_capacity;

    struct running_component {
        const struct component *component;
        void *state;
    } * components;
    size_t component_count;
};

/* An empty cluster with the namespaces and priority classes every cluster has, and all
 * components started. Takes the settings over; `id` is borrowed. Release with cluster_free(),
 * before the run. */
struct cluster *cluster_new(struct run *run, const char *id, struct settings settings);
/* The same with components of the caller's choice (a list that ends with NULL). */
struct cluster *cluster_new_with(struct run *run, const char *id, struct settings settings,
                                 const struct component *const *components);
void cluster_free(struct cluster *cluster);

/* The state of a component by its name; NULL when there is none. */
void *cluster_component(const struct cluster *cluster, const char *name);

/* Intern in the run's table. */
static inline const struct text *cluster_text(const struct cluster *cluster, const char *s)
{
    return text_intern(cluster->run->texts, s);
}

/* Create or admit from a user's document: schema check, defaults, admission, validation,
 * record. The record has one reference; NULL with errors appended. Warnings (unknown
 * fields) are appended to `warnings`, or are errors when it is NULL. */
struct object *cluster_admit(struct cluster *cluster, const struct value *document,
                             const char *default_namespace, struct error_list *errors,
                             struct error_list *warnings);
/* The same where the API server's own answer is wanted: *refusal is its Status when there is no
 * record. */
struct refusal;
struct object *cluster_admit_or_refuse(struct cluster *cluster, const struct value *document,
                                       const char *default_namespace, struct refusal *refusal,
                                       struct error_list *errors, struct error_list *warnings);

/* The same for a document that replaces a stored object: it keeps that one's identity, status and
 * version, so that client_update() takes it. */
struct object *cluster_admit_update(struct cluster *cluster, const struct value *document,
                                    const struct object *stored, struct error_list *errors,
                                    struct error_list *warnings);

/* What pods made from a template's PodSpec get; consumes the reference. For struct codec. */
struct value *cluster_admit_template(void *cluster, struct value *spec);

/* An object as a document in the API's order of fields. */
struct value *cluster_print(const struct cluster *cluster, const struct object *object);

#endif
