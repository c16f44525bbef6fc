/* What the files of the client share: one call's time and the way into the store. */
#ifndef MODELS_CLUSTER_CLIENT_PRIVATE_H
#define MODELS_CLUSTER_CLIENT_PRIVATE_H

#include "models/cluster/cluster.h"
#include "models/cluster/reply.h"

/* Under which key the index by owner lists objects of a namespace that have no controller. The low
 * half of a uid has its first bit set, so no owner has this key. */
static inline uint64_t orphan_key(const struct text *space)
{
    return (space != NULL ? space->hash : 0) >> 1 | 1;
}

/* Under which key a Service is listed by a label of its selector. */
static inline uint64_t label_key(const struct text *space, const struct label *label)
{
    const uint64_t in = space != NULL ? space->hash : 0;
    const uint64_t value = label->value != NULL ? label->value->hash : 0;
    return ((label->key->hash ^ in) * 0x9E3779B97F4A7C15u ^ value) | 1;
}

/* Under which key pods of a ReplicaSet are counted. */
static inline uint64_t replica_key(struct uid replicaset, enum replica_state state)
{
    return (replicaset.low + (uint64_t)state + 1) * 0x9E3779B97F4A7C15u | 1;
}

/* Under which key the index by the controller's name lists a Job. */
static inline uint64_t owner_name_key(const struct text *space, const struct text *controller)
{
    const uint64_t in = space != NULL ? space->hash : 0;
    return ((controller != NULL ? controller->hash : 0) ^ (in << 21 | in >> 43)) | 1;
}

/* A call that writes begins: wait for the rate limiter, then let the call's own time pass.
 * client->now stands at the instant of the write afterwards. REPLY_OK, or the refusal when the
 * API server does not answer. */
enum reply client_call(struct client *client, struct error *error);

/* Tell those who watch over the cluster. */
void client_wrote(const struct client *client, const struct object *before,
                  const struct object *after);

/* Store a changed version in the place of `before` and note it in the trace; the reference to
 * `after` is taken. Nothing is written when both are equal. */
enum reply client_store(struct client *client, const char *verb, const struct object *before,
                        struct object *after);
/* Remove an object whose last state is `last`; the reference is taken. */
enum reply client_remove(struct client *client, struct object *last);

/* True, and the object removed, when a write has left nothing to wait for: deletion was asked
 * for, no grace is left, and the last finalizer is gone. Takes both references when it does. */
bool client_remove_finished(struct client *client, const struct object *before,
                            struct object *after);

/* Delete an object of the store, whose preconditions were checked, within a call that has been paid. */
enum reply client_delete_object(struct client *client, const struct object *object,
                                struct delete_options options);

/* Label sets with the topology of a node added, shared by the pods that get the same. */
struct zone_labels *zone_labels_new(struct cluster *cluster);
void zone_labels_free(struct zone_labels *zone_labels);

/* Note the writer of a change among the managers of fields, where the object has any. */
void client_note_manager(struct client *client, const char *verb, const struct object *before,
                         struct object *after);

#endif
