/* A profile: KubeSchedulerConfiguration as an ordered list of plugins and weights.
 *
 * Follows pkg/scheduler/apis/config and framework/runtime of the release named in
 * docs/fidelity.md: the defaults, how a user's plugin sets merge with them, and in which
 * order multiPoint plugins and those of one extension point run. */
#ifndef MODELS_SCHEDULER_PROFILE_H
#define MODELS_SCHEDULER_PROFILE_H

#include "models/scheduler/extender.h"
#include "models/scheduler/configuration/extender_configuration.h"
#include "models/scheduler/plugin.h"

enum extension_point {
    POINT_QUEUE_SORT,
    POINT_PRE_ENQUEUE,
    POINT_PRE_FILTER,
    POINT_FILTER,
    POINT_POST_FILTER,
    POINT_PRE_SCORE,
    POINT_SCORE,
    POINT_RESERVE,
    POINT_PERMIT,
    POINT_PRE_BIND,
    POINT_BIND,
    POINT_POST_BIND,
    EXTENSION_POINTS
};

enum { PROFILE_PLUGINS = 48 }; /* at most; bits of a mask */

/* A plugin at work in a profile, with its arguments. */
struct profile_plugin {
    const struct sched_plugin *plugin;
    void *args;
};

/* Who is asked at one extension point, in order. */
struct point {
    struct {
        uint8_t plugin; /* index into profile->plugins */
        int64_t weight; /* of a score */
    } items[PROFILE_PLUGINS];
    size_t count;
};

struct profile {
    const struct text *scheduler_name; /* held */
    int percentage_of_nodes_to_score;  /* 0: adaptive */
    uint32_t number;                   /* in the configuration */
    struct profile_plugin plugins[PROFILE_PLUGINS];
    size_t plugin_count;
    struct point points[EXTENSION_POINTS];
    struct extenders *extenders; /* asked beside the plugins; borrowed; NULL: nobody is */
};

struct scheduler_configuration {
    struct profile **profiles; /* owned */
    size_t profile_count;
    struct extender_configurations extenders; /* as they are written; tools/ calls them */
    sim_time pod_initial_backoff, pod_max_backoff;
    int parallelism; /* workers that ask plugins about nodes; 16 */
    double qps;      /* of clientConnection; 0: it does not say */
    int burst;       /* the same */
};

/* The configuration of a document, or the default for NULL. NULL with errors appended when
 * it names a plugin we do not know or does not fit. Release with ..._free(). */
struct scheduler_configuration *scheduler_configuration_load(struct texts *texts,
                                                             const struct value *document,
                                                             struct error_list *errors);
void scheduler_configuration_free(struct scheduler_configuration *configuration);

/* Does the document say that it is a KubeSchedulerConfiguration? */
bool scheduler_configuration_is_one(const struct value *document);
/* Would a file of the user's be taken? Appends every fault. */
bool scheduler_configuration_check(const struct value *document, struct error_list *errors);

/* The profile responsible for a pod, or NULL. */
const struct profile *scheduler_profile_of(const struct scheduler_configuration *configuration,
                                           const struct pod *pod);

/* Every plugin there is, by name (NULL when unknown) or one after the other (NULL at the end): first
 * those of the default profile, in its order. */
const struct sched_plugin *sched_plugin_find(const char *name);
const struct sched_plugin *sched_plugin_at(size_t index);
bool sched_plugin_takes_part(const struct sched_plugin *plugin, enum extension_point point);

/* As a configuration spells them: "preEnqueue". */
extern const char *const extension_point_names[EXTENSION_POINTS];

#endif
