/* What the files of the HorizontalPodAutoscaler controller share. */
#ifndef MODELS_CONTROLLERS_HORIZONTAL_POD_AUTOSCALER_PRIVATE_H
#define MODELS_CONTROLLERS_HORIZONTAL_POD_AUTOSCALER_PRIVATE_H

#include "models/api/autoscaler.h"
#include "models/controllers/controller.h"
#include "models/controllers/pod_control.h"
#include "sim/base/table.h"

/* --- how many replicas the figures ask for (horizontal_pod_autoscaler_replicas.c) ------------ */

/* A double as Go's int32() makes one of it on amd64. */
static inline int32_t go_int32(double number)
{
    return number > INT32_MIN && number < (double)INT32_MAX + 1 ? (int32_t)number : INT32_MIN;
}

/* How far from its target a metric may be, as a share of it, without consequences. */
struct tolerances {
    double down, up;
};

enum pod_counts {
    POD_COUNTS,  /* it runs, and was measured */
    POD_UNREADY, /* not yet, or its figure is not to be trusted */
    POD_MISSING, /* it was not measured */
    POD_IGNORED  /* it goes, or has failed */
};

/* A pod that the target's selector finds. In thousandths. */
struct pod_figure {
    enum pod_counts counts;
    int64_t usage, request;
};

struct proposal {
    int32_t replicas;
    int32_t utilization; /* percent of the requests, before anything was assumed */
    int64_t usage;       /* of a pod or of the object: the status's value */
};

/* Is there any pod whose figure counts? */
bool pods_have_figures(const struct pod_figure *pods, size_t count, struct error *error);

/* As a share of what the pods request; the error says why not. `target` in percent. */
bool replicas_by_utilization(const struct pod_figure *pods, size_t count, int32_t current,
                             int32_t target, struct tolerances tolerances,
                             struct proposal *proposal, struct error *error);
/* As an amount per pod. */
bool replicas_by_average(const struct pod_figure *pods, size_t count, int32_t current,
                         int64_t target, struct tolerances tolerances, struct proposal *proposal,
                         struct error *error);
/* By a value that is not the pods': in proportion to the ready ones, or so much for each of those
 * that the target's status counts. */
void replicas_by_value(int64_t usage, int32_t current, int32_t ready, int64_t target,
                       struct tolerances tolerances, struct proposal *proposal);
void replicas_by_value_per_pod(int64_t usage, int32_t status_replicas, int64_t target,
                               struct tolerances tolerances, struct proposal *proposal);

/* --- what is remembered of an autoscaler (horizontal_pod_autoscaler_memory.c) ---------------- */

/* What the metrics asked for at one sync, before it was normalised. */
struct recommendation {
    int32_t replicas;
    sim_time at;
};
struct recommendations {
    struct recommendation *items;
    size_t count, capacity;
};

/* One rescaling, as long as a policy may ask for it. */
struct scale_event {
    int32_t change; /* not negative */
    sim_time at;
    bool outdated;
};
struct scale_events {
    struct scale_event *items;
    size_t count, capacity;
};

struct autoscaler_memory {
    struct table_node by_key, by_target;
    struct autoscaler_memory *next;          /* of its namespace */
    struct autoscaler_memory *other, **link; /* of them all */
    struct object_key key;                   /* held */
    const struct text *space;                /* of the key */
    struct recommendations recommendations;
    struct scale_events up, down;

    bool registered;                 /* it exists: others look whether it selects their pods */
    const struct selector *selector; /* of its target, as it was found last; NULL: nothing */
    const struct text **pods;        /* whose labels match, by name */
    size_t pod_count, pod_capacity;
    sim_time changed; /* when one of them did last */

    enum kind target; /* KIND_COUNT: none found yet */
    const struct text *target_name;

    bool asleep; /* nothing will change: syncs since `synced` are left out */
    sim_time synced;
    int32_t asked; /* the recommendation of each of them */
};

/* The state of the controller. */
struct autoscalers {
    struct table by_key, by_target;
    struct table spaces, selected; /* autoscalers of a namespace; pods that autoscalers select */
    struct autoscaler_memory *first;
};

void autoscalers_init(void *state, struct cluster *cluster);
void autoscalers_close(void *state);

/* The memory of a key, made if need be; or NULL when there is none. */
struct autoscaler_memory *autoscaler_recall(struct autoscalers *autoscalers, struct object_key key);
struct autoscaler_memory *autoscaler_find(const struct autoscalers *autoscalers,
                                          struct object_key key);
/* Those that were found to scale this object: the first, and the next. */
struct autoscaler_memory *autoscaler_of_target(const struct autoscalers *autoscalers,
                                               const struct object *target);
struct autoscaler_memory *autoscaler_of_target_again(const struct autoscaler_memory *memory,
                                                     const struct object *target);
void autoscaler_forget(struct autoscalers *autoscalers, struct autoscaler_memory *memory);
/* The autoscaler is there; it is no longer: it selects nothing. */
void autoscaler_register(struct autoscaler_memory *memory);
void autoscaler_unregister(struct autoscalers *autoscalers, struct autoscaler_memory *memory);

/* What it scales, and which pods belong to that. */
void autoscaler_aim(struct autoscalers *autoscalers, struct autoscaler_memory *memory,
                    const struct client *client, const struct object *target,
                    const struct selector *selector);
/* A pod came, changed or went: `woken` is called for each autoscaler that selects it, or did. */
void autoscalers_note_pod(struct autoscalers *autoscalers, const struct watch_event *event,
                          void (*woken)(void *context, struct autoscaler_memory *memory),
                          void *context);
/* The autoscalers that select any of its pods, if there is another than itself: "[{a ns} {b ns}]",
 * which the caller frees; NULL: it is the only one. */
char *autoscaler_rivals(const struct autoscalers *autoscalers,
                        const struct autoscaler_memory *memory);

/* --- what the behavior lets become of it (horizontal_pod_autoscaler_behavior.c) -------------- */

struct normalized {
    int32_t replicas;
    const char *reason, *message; /* of AbleToScale */
    bool limited;                 /* ScalingLimited, and why */
    const char *limit_reason, *limit_message;
};

/* Remember what is asked for, and say what is to be done. `window`: how long the highest
 * recommendation holds where the behavior does not say. */
struct normalized autoscaler_normalize(struct autoscaler_memory *memory,
                                       const struct autoscaler_spec *spec, sim_time window,
                                       int32_t current, int32_t desired, sim_time now);
/* Remember a rescaling. */
void autoscaler_note_scaling(struct autoscaler_memory *memory, const struct autoscaler_spec *spec,
                             int32_t before, int32_t after, sim_time now);
/* Remember what syncs that were left out would have asked for. */
void autoscaler_note_idle(struct autoscaler_memory *memory, const struct autoscaler_spec *spec,
                          sim_time window, int32_t desired, sim_time at);
/* Will the same question get the same answer from now on? */
bool autoscaler_is_settled(const struct autoscaler_memory *memory,
                           const struct autoscaler_spec *spec, sim_time window, int32_t desired,
                           sim_time now);

/* --- one sync -------------------------------------------------------------------------------- */

/* The target, through its scale subresource. */
struct scale {
    const struct object *target;
    int32_t replicas, status_replicas;
    const struct selector *selector;
};

struct autoscaler_sync {
    struct client *client;
    struct object_key key;
    const struct autoscaler *seen;
    struct autoscaler *next; /* a changeable copy: its status as it will be */
    struct autoscaler_memory *memory;
    struct scale scale;
    sim_time steady; /* until when the pods count as they do, however often they are looked at */
    bool failing;    /* something was reported that each sync reports again */
};

/* The scale of the target; false with the error. */
bool autoscaler_get_scale(struct autoscaler_sync *sync, struct error *error);
bool autoscaler_set_scale(struct autoscaler_sync *sync, int32_t replicas, struct error *error);

void autoscaler_set_condition(struct autoscaler_sync *sync, const char *type, bool status,
                              const char *reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The pods that it selects, in the cache, in the order in which they came to match. The caller frees
 * the array. */
const struct pod **autoscaler_find_pods(const struct autoscaler_sync *sync, size_t *count);

/* What was measured of them for one metric (horizontal_pod_autoscaler_figures.c). A zeroed one is empty. */
struct pod_figures {
    struct autoscaler_sync *sync;
    const struct metric_spec *metric;
    const struct pod **pods;  /* owned, the pods are not */
    struct pod_figure *items; /* owned */
    size_t count;
};
/* Everything but what they request. False when nothing was measured at all. */
bool pod_figures_measure(struct pod_figures *figures, struct autoscaler_sync *sync,
                         const struct metric_spec *metric, struct error *error);
/* What they request. False when one does not say. */
bool pod_figures_find_requests(struct pod_figures *figures, struct error *error);
void pod_figures_close(struct pod_figures *figures);
/* The error of an API that nobody serves; false. */
bool metric_has_no_server(const struct metric_spec *metric, struct error *error);

/* What all the metrics ask for (horizontal_pod_autoscaler_metrics.c). -1: nothing can be said, the
 * error tells why; it may also be set when some metrics failed. *statuses: a new list, or NULL.
 * *name: what asked for most, to be freed. */
int32_t autoscaler_ask_metrics(struct autoscaler_sync *sync, struct value **statuses, char **name,
                               struct error *error);

#endif
