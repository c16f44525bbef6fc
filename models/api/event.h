/* Kubernetes Events: what components tell users about an object (core/v1, without series). */
#ifndef MODELS_API_EVENT_H
#define MODELS_API_EVENT_H

#include "models/api/meta.h"

/* What an Event is about. */
struct object_reference {
    const struct text *api_version, *kind, *space, *name, *field_path;
    struct uid uid;
    uint64_t version; /* resourceVersion; 0: not said */
};

/* One Event. Named apart from the events of the queue and of the scheduler. */
struct event_record {
    struct meta meta;
    struct object_reference about; /* involvedObject */
    bool warning;                  /* type: Warning, otherwise Normal */
    int32_t count;
    const struct text *reason, *message;
    const struct text *component, *host; /* source; reportingComponent and -Instance say the same */
    sim_time first, last;                /* firstTimestamp, lastTimestamp */
};

extern const struct object_kind event_kind;

#endif
