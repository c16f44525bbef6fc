/* The world below the API: the computer under a node, and its kubelet's lease.
 *
 * A Machine is a kind of our own (seatrial.dev/v1alpha1): failures write it, the kubelet
 * model watches it, so that even a power cut is a write in the store with a cause. It has
 * the name of its node.
 *
 * A Lease stands for a schedule of renewals rather than one renewal: "every `period` since
 * `first`, the last one at `last`". What ticking would have written at any instant follows
 * from it, and a node that stays healthy costs nothing. */
#ifndef MODELS_API_MACHINE_H
#define MODELS_API_MACHINE_H

#include "models/api/ailment.h"
#include "models/api/meta.h"

/* A container to be made to fail; a machine remembers the newest only. */
struct container_fault {
    uint64_t sequence; /* rises with every fault of this machine; 0: none yet */
    struct uid pod;
    int32_t container; /* index in the template's containers */
    int32_t exit_code;
    bool killed; /* by a signal of somebody: an exit code of 137 is no lack of memory */
};

struct machine {
    struct meta meta;
    bool powered;   /* off: containers are gone, the kubelet is silent */
    bool connected; /* off: containers run on, the kubelet cannot reach the API server */
    struct container_fault fault;
    const struct ailments *ailments; /* NULL: none */
};

struct lease {
    struct meta meta;
    const struct text *holder;
    int64_t duration_seconds;
    sim_time first, period;
    sim_time last; /* the last renewal; SIM_FOREVER while renewals go on */
    bool silent;   /* its holder renews it no more: a write that carries the cause of that */
};

/* The renewTime an observer sees at `now`: the newest renewal not after it. */
sim_time lease_renew_time(const struct lease *lease, sim_time now);

extern const struct object_kind machine_kind, lease_kind;

#endif
