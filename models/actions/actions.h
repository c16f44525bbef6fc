/* What users do to a cluster: kubectl's commands, in process.
 *
 * A command is the words that stand behind `kubectl`, and the documents it reads with -f -. It
 * acts as the cluster's admin, begins a root of its own ("scale", "set-image", "drain"), and
 * ends with what kubectl prints and its exit code. Most end at once; a drain goes on in virtual
 * time. Besides kubectl's verbs there are two of ours: fail KIND TARGET..., restore KIND TARGET...
 * Follows kubectl pkg/cmd of the release named in docs/fidelity.md. */
#ifndef MODELS_ACTIONS_ACTIONS_H
#define MODELS_ACTIONS_ACTIONS_H

#include "models/api/yaml.h"
#include "models/cluster/cluster.h"

/* How a command ended. Borrowed for the length of the call. */
struct action_reply {
    int rc;                /* 0: everything was done */
    const char *out, *err; /* standard output and error, line by line */
};

struct action_request {
    char *const *argv; /* copied */
    size_t argc;
    const struct documents *documents; /* of -f -, held; NULL: none */
    const char *space;                 /* the namespace of a command without -n; NULL: default */
    void (*done)(void *context, const struct action_reply *reply); /* NULL: nobody asks */
    void *context;
};

/* Read a command without doing it. False with the error at `at`: an unknown verb, flag or resource
 * (and the nearest name), a flag without its value, a command without its target. */
bool action_check(char *const *argv, size_t argc, struct place at, struct error *error);

/* The commands of one cluster; those that still go on end with it. Release with
 * actions_free(), before the cluster. */
struct actions *actions_new(struct cluster *cluster);
void actions_free(struct actions *actions);

/* Do a command now. One that cannot be read is done, too, with exit code 1. */
void action_start(struct actions *actions, const struct action_request *request);

#endif
