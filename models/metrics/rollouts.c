/* Rollouts of a Deployment, StatefulSet or DaemonSet: from a change of its template until `kubectl
 * rollout status` would say that it is done (pkg/polymorphichelpers/rollout_status.go of kubectl). */
#include <stdlib.h>

#include "models/api/daemonset.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"

enum rollout_outcome {
    ROLLOUT_UNDER_WAY,
    ROLLOUT_COMPLETE,
    ROLLOUT_SUPERSEDED, /* by the next one */
    ROLLOUT_ABANDONED   /* the workload was deleted */
};

struct rollout {
    sim_time start, end; /* end SIM_FOREVER while it is under way */
    enum rollout_outcome outcome;
    bool missed_deadline;
    uint32_t root;
};

static struct rollout *open_one(struct rollouts *rollouts)
{
    struct rollout *last = rollouts->count > 0 ? &rollouts->items[rollouts->count - 1] : NULL;
    return last != NULL && last->outcome == ROLLOUT_UNDER_WAY ? last : NULL;
}

static void end_with(struct rollout *rollout, enum rollout_outcome outcome, sim_time now)
{
    if (rollout == NULL)
        return;
    rollout->outcome = outcome;
    rollout->end = now;
}

static void begin(struct rollouts *rollouts, const struct watch_event *event)
{
    end_with(open_one(rollouts), ROLLOUT_SUPERSEDED, event->at);
    MEM_GROW(rollouts->items, rollouts->count, rollouts->capacity);
    rollouts->items[rollouts->count++] =
        (struct rollout){ .start = event->at, .end = SIM_FOREVER, .root = event->cause.root };
}

/* ---- what kubectl rollout status looks at ---- */

static bool deployment_is_complete(const struct deployment *deployment)
{
    return deployment->observed_generation >= deployment->meta.generation &&
           deployment->updated_replicas == deployment->replicas &&
           deployment->status_replicas == deployment->replicas &&
           deployment->available_replicas == deployment->replicas;
}

/* Ordinals before the partition keep what they have. */
static bool statefulset_is_complete(const struct statefulset *set)
{
    return set->observed_generation >= set->meta.generation && set->ready >= set->replicas &&
           set->updated >= set->replicas - set->partition;
}

static bool daemonset_is_complete(const struct daemonset *set)
{
    return set->observed_generation >= set->meta.generation && set->updated >= set->desired &&
           set->available >= set->desired;
}

static bool is_complete(const struct object *object)
{
    switch (object->kind) {
    case KIND_STATEFULSET:
        return statefulset_is_complete(statefulset_of(object));
    case KIND_DAEMONSET:
        return daemonset_is_complete(daemonset_of(object));
    default:
        return deployment_is_complete((const struct deployment *)object);
    }
}

static const struct pod_template *template_of(const struct object *object)
{
    switch (object->kind) {
    case KIND_STATEFULSET:
        return statefulset_of(object)->template;
    case KIND_DAEMONSET:
        return daemonset_of(object)->template;
    default:
        return ((const struct deployment *)object)->template;
    }
}

static bool template_changed(const struct object *object, const struct object *before)
{
    return before == NULL ||
           (template_of(object) != template_of(before) &&
            !value_equal(template_of(object)->document, template_of(before)->document));
}

static void note_deadline(struct rollout *rollout, const struct deployment *deployment)
{
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    if (progressing != NULL && progressing->status == CONDITION_FALSE &&
        progressing->transition > rollout->start) /* not what the rollout before left behind */
        rollout->missed_deadline = true;
}

void rollouts_follow(struct rollouts *rollouts, const struct watch_event *event)
{
    if (event->type == WATCH_DELETED || meta_of(event->object)->deleting) {
        end_with(open_one(rollouts), ROLLOUT_ABANDONED, event->at);
        return;
    }
    if (template_changed(event->object, event->before))
        begin(rollouts, event);
    struct rollout *open = open_one(rollouts);
    if (open == NULL)
        return;
    if (event->object->kind == KIND_DEPLOYMENT)
        note_deadline(open, (const struct deployment *)event->object);
    if (is_complete(event->object))
        end_with(open, ROLLOUT_COMPLETE, event->at);
}

void rollouts_restart(struct rollouts *rollouts)
{
    rollouts->count = 0;
}

static struct value *rollout_print(const struct rollout *rollout, const struct run *run)
{
    static const char *const outcomes[] = { "under way", "complete", "superseded", "abandoned" };
    struct value *map = value_new_map();
    char *cause = root_print(run, rollout->root);
    const sim_time end = rollout->outcome == ROLLOUT_UNDER_WAY ? run_now(run) : rollout->end;
    value_set(map, "startSeconds", seconds_print(rollout->start));
    value_set(map, "endSeconds", seconds_print(rollout->end));
    value_set(map, "seconds", seconds_print(end - rollout->start));
    value_set(map, "outcome", value_new_string(outcomes[rollout->outcome]));
    value_set(map, "missedProgressDeadline", value_new_bool(rollout->missed_deadline));
    value_set(map, "cause", value_new_string(cause));
    free(cause);
    return map;
}

struct value *rollouts_print(const struct rollouts *rollouts, const struct run *run)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < rollouts->count; i++)
        value_add(list, rollout_print(&rollouts->items[i], run));
    return list;
}

void rollouts_close(struct rollouts *rollouts)
{
    free(rollouts->items);
    *rollouts = (struct rollouts){ 0 };
}
