/* The lease by which one of several copies of a program works: kept, lost, won again.
 *
 * A program that cannot renew its lease for the renew deadline ends, and begins anew. The new process does
 * not know the old one's name: once the API server answers it sees somebody else's lease, waits
 * until that has not been renewed for a lease's duration, and then leads. Without
 * settings.leader_elect it lives on. Follows client-go tools/leaderelection/leaderelection.go of the
 * release named in docs/fidelity.md. */
#ifndef MODELS_CLUSTER_LEADERSHIP_H
#define MODELS_CLUSTER_LEADERSHIP_H

#include "models/cluster/cluster.h"

struct leadership {
    struct cluster *cluster;
    struct stream stream;
    struct luck_holder luck; /* of that */
    bool away;               /* the API server, as far as was heard */
    bool works;              /* it answers, and the program leads */
    event_id due;            /* of its return */
    sim_time gives_up;       /* when the process ends that could not renew */
    struct cause cause;
    /* The program works again. `anew`: as a new process, which remembers nothing. */
    void (*back)(void *self, bool anew, struct cause cause);
    void *self;
};

/* A leader, from the start. `name` is a constant. Release with leadership_close(). */
void leadership_init(struct leadership *leadership, struct cluster *cluster, const char *name,
                     void (*back)(void *self, bool anew, struct cause cause), void *self);
void leadership_close(struct leadership *leadership);

#endif
