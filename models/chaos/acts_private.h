/* What the files of acts share. */
#ifndef MODELS_CHAOS_ACTS_PRIVATE_H
#define MODELS_CHAOS_ACTS_PRIVATE_H

#include "models/chaos/chaos_private.h"

/* What one kind of experiment does to a target; NULL, or why it went wrong, which the caller frees. */
typedef char *act_fn(const struct act *act);

act_fn pod_apply, pod_recover;                                  /* acts_pod.c */
act_fn network_apply, http_apply, io_apply, stress_apply;       /* acts_strain.c */
act_fn instance_apply, machine_apply;                           /* acts_machine.c */
struct value *instance_select(const struct object *experiment); /* acts_machine.c */
struct value *machine_select(struct client *client, const struct object *experiment, char **why);

/* A new record of a target that nothing was done to yet. Takes the text. */
struct value *record_new_of(char *id, const char *key);

/* The pod of a record, "space/name" or "space/name/container"; NULL: it is gone. From the API server. */
const struct pod *act_pod(const struct act *act);
/* The container that the record names, or the first; -1: the pod has none of that name. */
int act_container(const struct act *act, const struct pod *pod);
/* The pod of a record, running on a node; NULL with *why. */
const struct pod *act_running_pod(const struct act *act, char **why);

/* The deed of a record; the caller frees its id. */
struct deed act_deed(const struct act *act);
/* Undo all that was done to the target. */
act_fn act_undo;

#endif
