/* How a component reads and writes the cluster: the only way.
 *
 * A client has an identity, a cache it reads from (which may lag), a rate limit, and the
 * cause of what it is doing. Reads are free; each write takes virtual time (the API call's
 * cost, and the wait for the rate limiter), by which the client's own clock runs ahead of
 * the run's. A reconcile is a plain function at one instant: its writes take effect in the
 * store in program order, and watchers see each at the client's time of that write.
 *
 * Calls that the real component makes side by side (a batch of goroutines) are made one
 * after the other here, each from the batch's own start: client_batch().
 *
 * Objects handed to a write are unshared records (client_edit(), object_new()); the write
 * takes the reference whatever the outcome. Follows the API server of the release named in
 * docs/fidelity.md: generic registry store.go, and the strategies of each kind. */
#ifndef MODELS_CLUSTER_CLIENT_H
#define MODELS_CLUSTER_CLIENT_H

#include "models/api/kinds.h"
#include "models/cluster/reply.h"
#include "sim/store/cache.h"

struct cluster;

struct client {
    struct cluster *cluster;
    struct cache *cache;
    const char *name; /* constant: "replicaset-controller"; the source of its events */
    double qps;       /* token bucket; 0: no limit */
    int burst;
    double tokens;
    sim_time refilled;
    sim_time now;                /* its own clock: never before the run's while it works */
    struct cause cause;          /* of what it does now */
    struct stream stream;        /* draws the cost of its calls */
    struct luck_holder luck;     /* of that */
    struct varied slow, failing; /* calls, in a run with a variation: "api-slow", "api-fails" */
    bool free_of_charge;         /* its calls take no time: users, whose times a scenario names */
    bool is_world;               /* what it writes happens below the API, whoever answers there */
    uint64_t writes;
    void *owner; /* the component it belongs to */
};

/* A client of the cluster, which stays where it is. Release with client_close(). */
void client_init(struct client *client, struct cluster *cluster, const char *name, double qps,
                 int burst, void *owner);
void client_close(struct client *client);

/* Start a piece of work now, because of `cause`. Ends whenever the next one begins;
 * client->now tells how long it took. */
void client_begin(struct client *client, struct cause cause);

/* Calls made side by side: each starts when the batch did, and the client goes on when
 * the last of them has ended. The rate limit counts them all.
 *     struct batch batch = client_batch(client);
 *     for (...) {
 *         client_batch_next(client, &batch);
 *         client_create(client, ...);
 *     }
 *     client_batch_end(client, &batch); */
struct batch {
    sim_time start, end;
};
static inline struct batch client_batch(const struct client *client)
{
    return (struct batch){ client->now, client->now };
}
static inline void client_batch_next(struct client *client, struct batch *batch)
{
    batch->end = client->now > batch->end ? client->now : batch->end;
    client->now = batch->start;
}
static inline void client_batch_end(struct client *client, struct batch *batch)
{
    client->now = client->now > batch->end ? client->now : batch->end;
}

/* --- reading: borrowed, from the client's cache -------------------------------------- */

const struct object *client_get(const struct client *client, enum kind kind,
                                const struct text *space, const struct text *name);
/* Walk what the cache lists, in order of creation; see cache.h. */
struct cache_cursor client_list(const struct client *client, enum kind kind);
struct cache_cursor client_list_owned(const struct client *client, enum kind kind,
                                      struct uid controller);
/* Those of a namespace that have no controller and may be adopted. Both: pods, ReplicaSets,
 * ControllerRevisions. */
struct cache_cursor client_list_orphans(const struct client *client, enum kind kind,
                                        const struct text *space);
size_t client_count_orphans(const struct client *client, enum kind kind, const struct text *space);
/* Jobs whose controller has the name, whatever its uid; others may be among them. */
struct cache_cursor client_list_jobs_of(const struct client *client, const struct text *space,
                                        const struct text *controller);
/* How many pods of a ReplicaSet are so; what has ended is not counted. O(1). */
enum replica_state {
    REPLICA_UNREADY, /* it is active */
    REPLICA_READY,   /* so it is, too */
    REPLICA_TERMINATING,
    REPLICA_IRREGULAR /* not of its template as it was made: whatever its state */
};
size_t client_count_replicas(const struct client *client, struct uid replicaset,
                             enum replica_state state);
/* EndpointSlices that name a Service, and Services that ask for this label first; others may be among
 * both. */
struct cache_cursor client_list_slices_of(const struct client *client, const struct text *space,
                                          const struct text *service);
struct cache_cursor client_list_selecting(const struct client *client, const struct text *space,
                                          const struct label *label);
struct cache_cursor client_list_on_node(const struct client *client, const struct text *node);
struct cache_cursor client_list_namespace(const struct client *client, enum kind kind,
                                          const struct text *space); /* namespaced kinds */

/* The version the API server has now, past the cache: a GET. Borrowed until the next write
 * of the key; NULL when there is none. */
const struct object *client_read(const struct client *client, struct object_key key);

/* --- writing ------------------------------------------------------------------------ */

/* A changeable copy of a version, to hand to a write. */
struct object *client_edit(const struct object *version);

/* Create. Names from generate_name, uid, creationTimestamp and generation are filled in.
 * On success *stored (if not NULL) is the stored version, borrowed. On failure the error
 * carries the API server's message. */
enum reply client_create(struct client *client, struct object *object, const struct object **stored,
                         struct error *error);

/* Replace spec and metadata, or status: the other half is kept from the stored version.
 * Conflict when the stored version is not the one the record was copied from; when nothing
 * changes, nothing is written. */
enum reply client_update(struct client *client, struct object *object, struct error *error);
enum reply client_update_status(struct client *client, struct object *object, struct error *error);

/* As a PATCH: apply `change` to a copy of the stored version, whatever it is. `change`
 * returns false to leave it as it is. Status and metadata may both be touched. */
typedef bool change_fn(struct object *object, void *context);
enum reply client_patch(struct client *client, struct object_key key, change_fn *change,
                        void *context, struct error *error);

/* What becomes of the objects it owns. By default a finalizer that is already there decides,
 * then the kind: ReplicationControllers and Jobs orphan, everything else is collected. */
enum propagation {
    PROPAGATE_DEFAULT,
    PROPAGATE_BACKGROUND,
    PROPAGATE_FOREGROUND,
    PROPAGATE_ORPHAN
};

struct delete_options {
    int64_t grace_seconds; /* -1: the object's own */
    enum propagation propagation;
    const struct uid *uid; /* precondition; NULL: none */
    uint64_t version;      /* precondition; 0: none */
};

/* What a component usually asks for: the object's own grace, the kind's own propagation. */
static inline struct delete_options delete_options_default(void)
{
    return (struct delete_options){ .grace_seconds = -1 };
}

/* Delete: at once, or by setting deletionTimestamp where grace or finalizers ask for it. */
enum reply client_delete(struct client *client, struct object_key key,
                         struct delete_options options, struct error *error);

/* Evict a pod under its budgets: 201, 429 or 500 as the eviction subresource answers.
 * grace_seconds -1: the pod's own. */
enum reply client_evict(struct client *client, struct object_key pod, int64_t grace_seconds,
                        struct error *error);

/* The binding subresource: spec.nodeName, PodScheduled=True, zone labels, and the annotations of
 * the Binding (NULL: none), which become the pod's. */
enum reply client_bind(struct client *client, struct object_key pod, const struct text *node,
                       const struct labels *annotations, struct error *error);

/* Report an Event about an object, as client-go's recorder does: aggregated, counted,
 * spam-filtered. `type_warning`: Warning or Normal. `reason` is a constant. */
void client_event(struct client *client, const struct object *about, bool type_warning,
                  const char *reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
