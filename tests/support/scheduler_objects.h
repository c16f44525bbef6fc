/* Pods and nodes for tests of the scheduler, from JSON, without a store. */
#ifndef TESTS_SUPPORT_SCHEDULER_OBJECTS_H
#define TESTS_SUPPORT_SCHEDULER_OBJECTS_H

#include "models/api/kinds.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "sim/kernel/run.h"

/* What loads them: the texts are the run's. */
struct codec codec_new(struct run *run);
void codec_close(struct codec *codec);

/* A node with so much to give, room for 110 pods, and a zone (NULL: none). One reference. */
const struct node *node_make(const struct codec *codec, const char *name, int cpu, int gib,
                             const char *zone);
/* A pod of the namespace default; `spec` is the inside of a PodSpec in JSON, its scheduler is
 * the default one. Its uid is a number of its own. One reference. */
const struct pod *pod_make(const struct codec *codec, const char *name, const char *spec);
/* `"containers": [...]` with one container that requests so much. Lives until the next call. */
const char *requests(const char *cpu, const char *memory);

#endif
