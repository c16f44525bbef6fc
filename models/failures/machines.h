/* Taking power or network from the machines of nodes and of the API server, and giving it back;
 * making them ail (models/api/ailment.h), and healing them.
 *
 * Several failures may hold the same machine down: it comes back when the last one is mended. */
#ifndef MODELS_FAILURES_MACHINES_H
#define MODELS_FAILURES_MACHINES_H

#include "models/api/machine.h"
#include "models/failures/failure.h"

/* Who holds what down. */
struct machine_holds {
    struct machine_hold {
        struct object_key machine; /* held */
        int power, network;        /* how many failures took it */
    } * items;                     /* in the order in which they were first struck */
    size_t count, capacity;
};

void machine_holds_close(struct machine_holds *holds);

/* The machine of a node; borrows its name. */
static inline struct object_key machine_of_node(const struct text *node)
{
    return (struct object_key){ KIND_MACHINE, NULL, node };
}

/* Take from a machine, or give back, its network or (with `network` false) its power. */
void machine_take(struct blow *blow, struct object_key machine, bool network);
void machine_give(struct blow *blow, struct object_key machine, bool network);

/* Make a container of a pod on this node fail. */
void machine_fail_container(struct blow *blow, const struct text *node, struct uid pod,
                            int container, int exit_code);
/* Kill its process by a signal (SIGKILL). */
void machine_kill_container(struct blow *blow, const struct text *node, struct uid pod,
                            int container);

/* The machine of all clients of requests: its ailments are those of requests from pods with
 * matching labels (network.clients), whoever they are sent to. A new reference. */
struct object_key machine_of_clients(const struct cluster *cluster);

/* The same key, kept for as long as the run lasts. */
struct object_key machine_keep(struct blow *blow, struct object_key machine);

/* Give an ailment to a machine; its id is chosen and returned. Several may be alike. The texts and
 * selectors of *ailment are borrowed. */
uint64_t machine_ail(struct blow *blow, struct object_key machine, struct ailment ailment);
/* Take it away again. */
void machine_heal(struct blow *blow, struct object_key machine, uint64_t id);

/* The next of 1, 2, ...: tells what failures wrote apart. */
uint64_t failures_number(struct failures *failures);

struct cluster *failures_cluster(const struct failures *failures);

/* The holds of a cluster. */
struct machine_holds *failures_holds(struct failures *failures);

#endif
