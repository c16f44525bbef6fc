/* What the attach/detach controller remembers, and what its files share.
 *
 * A link is a volume on a node: wanted there by pods, attached there, or both. Links hang off their volume
 * and off their node. What is attached follows from the VolumeAttachments, so that a new process finds
 * it again. */
#ifndef MODELS_CONTROLLERS_ATTACH_DETACH_PRIVATE_H
#define MODELS_CONTROLLERS_ATTACH_DETACH_PRIVATE_H

#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/api/storage.h"
#include "models/controllers/controller.h"
#include "sim/base/table.h"

enum link_state {
    LINK_DETACHED,
    LINK_ATTACHING, /* an operation is under way */
    LINK_ATTACHED,
    LINK_DETACHING, /* another */
    LINK_UNCERTAIN  /* an operation failed */
};

struct link {
    struct link *of_volume, *of_node; /* the next ones */
    struct linked_volume *volume;
    struct linked_node *node;
    struct object_key *pods; /* owned and held: who wants it */
    size_t pod_count, pod_capacity;
    uint8_t state;        /* enum link_state */
    bool mounted;         /* by the kubelet's word, and before it has said anything */
    bool reported;        /* to be in the node's volumesAttached */
    bool conflict_told;   /* users know that it is attached elsewhere */
    sim_time unwanted;    /* since when it is to be detached; -1: it is not */
    sim_time deadline;    /* of the operation under way */
    uint8_t failed;       /* enum link_state: which operation failed last, */
    sim_time wait, retry; /* how long it waits therefore, and until when */
};

struct linked_volume {
    struct table_node by_name;
    struct linked_volume *previous, *next;
    const struct text *name; /* held: of the PersistentVolume */
    struct link *first;
};

struct linked_node {
    struct table_node by_name;
    struct linked_node *previous, *next;
    const struct text *name; /* held */
    struct link *first;
};

/* A pod that wants links. */
struct linked_pod {
    struct table_node by_uid;
    struct linked_pod *previous, *next;
    struct object_key key; /* held */
    struct uid uid;
    size_t count;
    struct link *links[];
};

struct attach_detach {
    struct table volumes, nodes, pods;
    struct linked_volume *first_volume; /* for closing */
    struct linked_node *first_node;
    struct linked_pod *first_pod;
    struct object_key *waiting; /* owned and held: pods whose claims are not bound yet */
    size_t waiting_count, waiting_capacity;
};

void attach_detach_init(void *state, struct cluster *cluster);
void attach_detach_close(void *state);

/* NULL: there is none. */
struct linked_volume *linked_volume_find(const struct attach_detach *world,
                                         const struct text *name);
struct linked_node *linked_node_find(const struct attach_detach *world, const struct text *name);
struct linked_pod *linked_pod_find(const struct attach_detach *world, struct uid uid);
struct link *link_find(const struct linked_volume *volume, const struct text *node);

/* The link of a volume and a node, made if need be. */
struct link *link_take(struct attach_detach *world, const struct text *volume,
                       const struct text *node);
/* Forget a link that nobody wants and that is detached, and its volume and node with the last one. */
void link_forget_idle(struct attach_detach *world, struct link *link);

/* The pod wants these links from now on; they are as many as `count`. */
void linked_pod_add(struct attach_detach *world, const struct pod *pod, struct link *const *links,
                    size_t count);
void linked_pod_drop(struct attach_detach *world, struct linked_pod *pod);

void attach_detach_wait(struct attach_detach *world, const struct pod *pod);
void attach_detach_stop_waiting(struct attach_detach *world, struct object_key pod);

/* --- attach_detach.c ------------------------------------------------------------------------ */

/* The reconciler's first look at or after `at`. */
sim_time attach_detach_look(sim_time at);

/* --- attach_detach_operations.c ------------------------------------------------------------- */

/* Borrowed; NULL: it is gone. */
const struct persistent_volume *link_volume(const struct client *client, const struct link *link);
/* At one of the reconciler's looks: attach what is wanted, detach what is not, if now is the time; and come
 * back when it is. */
void link_attach(struct client *client, struct link *link, const struct persistent_volume *volume);
void link_detach(struct client *client, struct link *link, const struct persistent_volume *volume);
/* Has the operation under way ended? */
void link_follow(struct client *client, struct link *link);
/* Say in a node's status what is attached to it; false when that could not be written. */
bool linked_node_report(struct client *client, const struct linked_node *node);

/* --- attach_detach_events.c ---------------------------------------------------------------- */

/* Tell the users of a link that it was attached, or why not. */
void link_tell_attached(struct client *client, const struct link *link);
void link_tell_failure(struct client *client, const struct link *link, const char *error);
/* Tell them once that the volume is attached to another node. */
void link_tell_conflict(struct client *client, struct link *link);

#endif
