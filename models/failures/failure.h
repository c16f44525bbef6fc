/* A kind of failure: what breaks, and how it is mended.
 *
 * One const per kind, one file each, one line in the table of failures.c. A failure strikes a
 * target by writing Machines and Images, the world below the API, and nothing else: what the
 * cluster does about it is the cluster's business. Times and luck are not its own either:
 * failures.c says when to strike and when to mend. */
#ifndef MODELS_FAILURES_FAILURE_H
#define MODELS_FAILURES_FAILURE_H

#include "models/cluster/cluster.h"

struct failures; /* all failures of one cluster */

/* What the targets of a kind are, and so where an entry finds its own. */
enum failure_targets {
    TARGET_NODES,   /* every node of the names in `nodes`, now or later */
    TARGET_ZONES,   /* every zone of the names in `zones`, now or later */
    TARGET_NAMED,   /* one, named by the entry itself */
    TARGET_CLUSTER, /* the cluster as a whole */
    TARGET_GROUPS,  /* every value, of the patterns in `groups`, of the node label `by` */
    TARGET_AS_SAID  /* what the entry names: `pods`, `zones`, `groups`, or else `nodes` */
};

struct failure_plan; /* an entry of a scenario */
struct pod;

/* One target of one failure, as it is told to break. */
struct blow {
    struct failures *failures;
    struct client *client;       /* writes as the world: free of charge; its work has begun */
    const struct value *options; /* the scenario's entry, checked; NULL: by hand, all defaults */
    const char *target;          /* a node, a zone, an image...: as `targets` says */
    enum failure_targets targets;
    uint64_t number; /* how often this target was struck before */
    void *memory;    /* what mend() must know of strike(); freed by failures.c */
};

struct failure {
    const char *name; /* as a scenario spells it; the kind of its roots: "node-crash" */
    enum failure_targets targets;
    const char *target_field; /* of the entry, for TARGET_NAMED: "image" */
    bool target_optional;     /* absent: "" */
    /* Check the kind's own options. NULL: there are none. */
    void (*check)(const struct value *options, struct error_list *faults);
    void (*strike)(struct blow *blow);
    void (*mend)(struct blow *blow); /* NULL: nothing to mend, it is over at once */
    /* What is due while it is struck: asked right after the strike, and again at each time that it
     * gives; SIM_FOREVER: nothing more. NULL: nothing is. */
    sim_time (*next)(struct blow *blow, sim_time now);
    /* How long after the strike the target is lost: `lasts` counts from then. NULL: at once. */
    sim_time (*notice)(const struct value *options);
    /* It has no times: it follows from what others do. */
    bool follows;
    /* For one that follows from nodes that are struck by others: the probability that this one is lost
     * as well, asked when the time has come. */
    double (*probability)(struct blow *blow);
    /* For one that follows from pods: a pod was bound to a node. */
    void (*pod_bound)(struct failures *failures, struct failure_plan *plan, const struct pod *pod);
    void (*forget)(void *memory); /* frees what an entry keeps (failure_plan.memory) */
};

/* What a scenario's patterns call the groups of nodes: the label of `by`, or the zone's. */
const char *failure_group_label(const struct value *options);

extern const struct failure node_crash, zone_outage, container_crash, bad_release, api_outage,
    slow_node, network_fault, disk_fault, spot_reclaim, group_outage, cascade, bad_rollout;

#endif
