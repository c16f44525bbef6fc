/* The API server as other programs meet it: it answers, or it refuses every connection.
 *
 * What it runs on is a Machine as those of nodes are, kube-system/kube-apiserver, which failures
 * write; without power or network it is out of reach of everybody. The store is what it kept: while it is
 * away nobody's call changes anything, so no watch has anything to tell. */
#ifndef MODELS_CLUSTER_API_SERVER_H
#define MODELS_CLUSTER_API_SERVER_H

#include "sim/store/store.h"

struct cluster;

/* What a cluster remembers of it. */
struct api_server {
    bool away;      /* all zero: it answers */
    sim_time since; /* when it last went or came back */
};

/* Follow its Machine. Before any component is started. */
void api_server_follow(struct cluster *cluster);

/* Is this the Machine that it runs on? */
bool api_server_runs_on(const struct object *machine);
/* A new reference to the key of that Machine. */
struct object_key api_server_machine(const struct cluster *cluster);

#endif
