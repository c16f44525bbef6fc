/* Controllers: what they are, and the loop that runs them.
 *
 * A controller is a const: a name, what wakes it, and a level-triggered reconcile. The
 * loop keeps its work queue and its workers; a worker is busy until the API calls of its
 * reconcile have ended in virtual time. */
#ifndef MODELS_CONTROLLERS_CONTROLLER_H
#define MODELS_CONTROLLERS_CONTROLLER_H

#include "models/cluster/client.h"
#include "models/cluster/cluster.h"
#include "sim/store/workqueue.h"

enum outcome {
    RECONCILED, /* nothing to do until something changes */
    RETRY       /* an API call failed: come back after a back-off */
};

struct controller_run; /* a controller at work in one cluster */

/* Which changes of which kind wake which keys. */
struct wake {
    enum kind kind; /* KIND_COUNT: of every kind but Events and Leases */
    void (*wake)(struct controller_run *controller, const struct watch_event *event);
};

enum { CONTROLLER_WAKES = 16 };

struct controller {
    const char *name;   /* as kube-controller-manager prints it: "replicaset-controller" */
    const char *source; /* of its Events; NULL: its name */
    double qps; /* of a program of its own; 0: its API calls are kube-controller-manager's */
    int burst;
    enum kind reconciles;                   /* the kind its keys name; KIND_OTHER for any */
    struct wake wakes_on[CONTROLLER_WAKES]; /* ends at the first without a function */
    enum outcome (*reconcile)(struct client *client, struct object_key key);
    int (*workers)(const struct settings *settings); /* NULL: one */
    bool awaits_own_writes; /* reconciles nothing before its cache shows what it wrote last */
    bool expects;           /* and would do nothing twice without that: by expectations, or names */
    size_t state_size;      /* zeroed memory for what it must remember between reconciles */
    void (*init)(void *state, struct cluster *cluster);
    void (*close)(void *state);
};

/* The table of controllers, ends with NULL. */
extern const struct controller *const controllers[];

/* What a reconcile reaches from its client. */
void *controller_state(const struct client *client);
void controller_requeue_after(struct client *client, struct object_key key, sim_time delay);

/* For wake functions. The key's texts need not outlive the call. */
void controller_wake(struct controller_run *controller, struct object_key key, struct cause cause);
void controller_wake_after(struct controller_run *controller, struct object_key key, sim_time delay,
                           struct cause cause);
void *controller_run_state(const struct controller_run *controller);
const struct client *controller_client(const struct controller_run *controller);

/* Ready-made wake functions: the object itself; its controller, if that is of the kind the
 * controller reconciles (before and after a change). */
void wake_self(struct controller_run *controller, const struct watch_event *event);
void wake_owner(struct controller_run *controller, const struct watch_event *event);

/* All controllers of the table, as one component. */
extern const struct component controller_manager;

/* The process ends and a new one begins, because of `cause`: what controllers remembered and what
 * waited in their queues is gone, and every object wakes them as if it had just appeared. Calls
 * that were under way have been made. In an event of its own. */
void controller_manager_restart(struct cluster *cluster, struct cause cause);

/* Informers tell of everything they know once more, as they do every 12 to 24 hours. In an event of its
 * own. */
void controller_manager_resync(struct cluster *cluster, struct cause cause);

/* The work queues of the controllers, by their names, in the order of the table; none of a process that
 * has ended and not begun again. */
void controller_manager_each_queue(const struct cluster *cluster,
                                   void (*visit)(void *context, const char *controller,
                                                 const struct workqueue *queue),
                                   void *context);

#endif
