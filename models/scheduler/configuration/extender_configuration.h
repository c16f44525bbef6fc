/* `extenders:` of a KubeSchedulerConfiguration: HTTP extenders as the user describes them.
 *
 * Who calls them is not the library's business: see extender.h. Follows Extender in
 * pkg/scheduler/apis/config/types.go and its validation, of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_EXTENDER_CONFIGURATION_H
#define MODELS_SCHEDULER_EXTENDER_CONFIGURATION_H

#include "models/api/pod.h"
#include "sim/base/time.h"

struct extender_configuration {
    struct place at;
    char *url_prefix;                                               /* owned, as all the texts */
    char *filter_verb, *prioritize_verb, *preempt_verb, *bind_verb; /* NULL: it does not do that */
    int64_t weight;                                                 /* of its scores; above 0 */
    sim_time http_timeout;                                          /* wall clock; 5 s */
    bool node_cache_capable;                                        /* it is sent names only */
    bool ignorable;                                                 /* when it fails, go on */
    bool insecure;            /* HTTPS without a look at the certificate */
    char *ca_file;            /* NULL: the system's */
    char **managed_resources; /* pods that want none of these are not its business; none: all are */
    size_t managed_count;
};

struct extender_configurations {
    struct extender_configuration *items; /* owned */
    size_t count;
    struct value *ignored_resources; /* a list: what NodeResourcesFit leaves to extenders */
};

/* Read the list; faults are appended. Close it in either case. */
void extender_configurations_load(struct extender_configurations *into, const struct value *list,
                                  struct error_list *errors);
void extender_configurations_close(struct extender_configurations *extenders);

/* Does a container of the pod ask for a resource that this extender manages? */
bool extender_configuration_wants(const struct extender_configuration *extender,
                                  const struct pod *pod);

#endif
