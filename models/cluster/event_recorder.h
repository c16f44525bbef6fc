/* Kubernetes Events: what components tell users about objects, without flooding them.
 *
 * Follows client-go tools/record events_cache.go of the release named in docs/fidelity.md. An
 * event that repeats raises a count; from the tenth similar event (same source, object, type and
 * reason, other words) within ten minutes on, they share one "(combined from similar events): ";
 * a source may say 25 things about one object, and one more every five minutes. Nothing is
 * stored, and next to nothing done, unless the cluster's settings keep events. */
#ifndef MODELS_CLUSTER_EVENT_RECORDER_H
#define MODELS_CLUSTER_EVENT_RECORDER_H

#include <stdbool.h>

#include "sim/base/time.h"
#include "sim/store/object.h"

struct cluster;
struct event_recorder;

/* The memory of all recorders of a cluster. Release with event_recorder_free(). */
struct event_recorder *event_recorder_new(struct cluster *cluster);
void event_recorder_free(struct event_recorder *recorder);

/* `source` said something about an object at `now`: correlate it, and create or update an Event
 * object. Called through client_event(). */
void event_recorder_note(struct event_recorder *recorder, const char *source,
                         const struct object *about, bool warning, const char *reason,
                         const char *message, sim_time now, struct cause cause);

#endif
