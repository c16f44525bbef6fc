/* The memory of one node: what its processes use, the kernel that runs out of it, and the eviction
 * manager that sees it coming.
 *
 * An Image says how much a container's process uses from its start, and by how much that grows. Usage
 * is then a line for each process, so that the instants at which a limit, the threshold or the end
 * of the memory is reached follow by a division: nothing ticks, and images that say nothing cost
 * nothing.
 *
 * The kernel kills a process at its container's limit, and when nothing is left the one that a
 * kubelet has marked as the first to go (pkg/kubelet/qos/policy.go). The eviction manager looks every ten
 * seconds; with less than settings.eviction_hard_memory available it evicts one pod, waits until
 * that has ended, and looks again (pkg/kubelet/eviction of the release named in docs/fidelity.md). */
#ifndef MODELS_KUBELET_NODE_MEMORY_H
#define MODELS_KUBELET_NODE_MEMORY_H

#include "models/api/image.h"
#include "sim/kernel/run.h"

struct kubelet_node;
struct pod_worker;

/* A process whose usage is known: bytes + per_second x the seconds since its start. */
struct memory_user {
    struct pod_worker *worker;
    size_t container; /* index of its run */
    sim_time since;
    double bytes, per_second;
    double stress;      /* bytes beside that, until the process ends */
    struct cause cause; /* of the stress */
};

/* All zero is a node that nothing is known to use memory on. */
struct node_memory {
    struct memory_user *users; /* in order of their starts */
    size_t count, capacity;
    event_id due;      /* when something happens next */
    sim_time looked;   /* the last look of the eviction manager: the next are counted from it */
    sim_time pressed;  /* when it last saw too little */
    bool pressure;     /* the node's condition MemoryPressure */
    struct uid victim; /* it waits for the end of this pod, */
    sim_time asks;     /* looks for that at this time, */
    sim_time gives_up; /* and looks on at this one at the latest; 0: it waits for nobody */
};

/* A container's process has started, or is gone. */
void memory_takes(struct pod_worker *worker, size_t container, const struct image *image,
                  sim_time now);
void memory_gives(struct pod_worker *worker, size_t container);

/* Somebody uses so many bytes more in the container of a process (or less); ends with the process. */
void memory_stress(struct pod_worker *worker, size_t container, double bytes, struct cause cause);

/* The kubelet has started. */
void memory_begin(struct kubelet_node *node, sim_time now);
void memory_close(struct kubelet_node *node);

/* What all processes use; those of one pod (its worker; not NULL). Bytes. */
double memory_used(const struct kubelet_node *node, sim_time now);
double memory_used_by(const struct pod_worker *worker, sim_time now);

/* --- for the files of the node's memory -------------------------------------------------- */

/* What can be used in all, and how much of that is to stay available. Bytes. */
double memory_room(const struct kubelet_node *node);
double memory_threshold(const struct kubelet_node *node);
double memory_user_bytes(const struct memory_user *user, sim_time now);
/* One look of the eviction manager. */
void eviction_look(struct kubelet_node *node, sim_time now);

#endif
