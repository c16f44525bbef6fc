/* Stages of KWOK (kwok.x-k8s.io/v1alpha1): which objects they play with, when, and what they do.
 *
 * Follows KWOK's pkg/utils/lifecycle and pkg/utils/expression: among all stages that match an object one
 * is drawn by weight; a jitter is the upper end of the delay, not an addition to it. */
#ifndef MODELS_API_KWOK_STAGE_H
#define MODELS_API_KWOK_STAGE_H

#include "models/api/go_template.h"
#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/value.h"
#include "sim/chance/stream.h"

struct kwok_stage;

/* Functions that templates of stages have besides those of go_template.h: "Now", "NodeIPWith", ... */
extern const char *const kwok_functions[];

/* Something a stage does, in order. Borrowed from the stage. */
struct kwok_step {
    const struct value *event;      /* {type, reason, message}; NULL: none */
    const struct value *finalizers; /* {add, remove, empty}; NULL: none */
    bool remove;                    /* delete the object: nothing but events comes after it */
    struct go_template *template;   /* of a patch; NULL: none */
    const char *root, *subresource, *type; /* "status"; "" */
};

/* Told of each fault: its path below spec, and the value that stands there. */
typedef void kwok_fault(void *context, const char *path, const struct value *at, const char *text);

/* Read a Stage's document, which the stage holds. NULL, with every fault told, if it has one. A stage
 * without a selector plays with nothing. Release with kwok_stage_free(). */
struct kwok_stage *kwok_stage_new(const struct value *document, kwok_fault *fault, void *context);
void kwok_stage_free(struct kwok_stage *stage);

const char *kwok_stage_name(const struct kwok_stage *stage);
bool kwok_stage_is_immediate(const struct kwok_stage *stage);
const struct kwok_step *kwok_stage_steps(const struct kwok_stage *stage, size_t *count);

/* Does the Stage play with objects of this kind ("Pod")? */
bool kwok_stage_is_of(const struct value *document, const char *kind);

/* Do its selectors let an object's document through? */
bool kwok_stage_matches(const struct kwok_stage *stage, const struct value *object);

/* Draw one of those that match: by weight where any has one, evenly where all have 0, without those whose
 * weight cannot be read unless none can. NULL: none matches. */
const struct kwok_stage *kwok_stage_choose(struct kwok_stage *const *stages, size_t count,
                                           const struct value *object, struct stream *luck);

/* How long it waits: uniform in [duration, jitter); the jitter itself where that is no later. Texts of
 * durationFrom are Go's durations, or times of which `now` is taken. Never negative. */
sim_time kwok_stage_delay(const struct kwok_stage *stage, const struct value *object, sim_time now,
                          int64_t epoch_seconds, struct stream *luck);

/* Of a Stage that plays with neither Pods nor Nodes: that it does nothing here. */
void kwok_warn(const struct value *document, struct error_list *warnings);

#endif
