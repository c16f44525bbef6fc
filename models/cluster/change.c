/* One short phrase per thing that a reader of a run's story wants to see. */
#include "models/cluster/change.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/api/kinds.h"
#include "models/api/machine.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/api/service.h"
#include "models/api/statefulset.h"
#include "models/api/storage.h"
#include "models/api/workloads.h"

/* Phrases joined by ", "; what does not fit is left out. */
struct phrases {
    char *text;
    size_t length;
};

static void say(struct phrases *phrases, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct phrases *phrases, const char *format, ...)
{
    if (phrases->length > 0 && phrases->length + 2 < CHANGE_TEXT) {
        memcpy(phrases->text + phrases->length, ", ", 3);
        phrases->length += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(phrases->text + phrases->length, CHANGE_TEXT - phrases->length,
                                  format, arguments);
    va_end(arguments);
    phrases->length += (size_t)written;
    if (phrases->length >= CHANGE_TEXT)
        phrases->length = CHANGE_TEXT - 1;
}

static void say_deletion(struct phrases *phrases, const struct meta *was, const struct meta *is)
{
    if (!is->deleting ||
        (was->deleting && was->deletion_grace_seconds == is->deletion_grace_seconds))
        return;
    if (is->object.kind == KIND_POD)
        say(phrases, "grace %" PRId32 "s", is->deletion_grace_seconds);
    else
        say(phrases, "waits for %s",
            is->finalizers != NULL ? is->finalizers->items[0]->s : "its finalizers");
}

/* What a container waits for, unless it is its first start. */
static bool is_trouble(const char *reason)
{
    return strcmp(reason, "ContainerCreating") != 0 && strcmp(reason, "PodInitializing") != 0;
}

static void say_container(struct phrases *phrases, const struct container_status *was,
                          const struct container_status *is, bool over)
{
    const bool changed = was->state != is->state || was->reason != is->reason;
    if (is->restart_count > was->restart_count)
        say(phrases, "restart %" PRId32, is->restart_count);
    if (is->state == CONTAINER_WAITING && changed && is_trouble(text_s(is->reason)))
        say(phrases, "%s", text_s(is->reason));
    if (is->state == CONTAINER_TERMINATED && changed && !over && is->exit_code != 0)
        say(phrases, "exit code %" PRId32, is->exit_code);
}

/* What preemption does: a node is promised, and its pods have to make room. */
static void say_preemption(struct phrases *phrases, const struct pod *was, const struct pod *is)
{
    const struct text *node = pod_nominated_node(is);
    if (pod_nominated_node(was) != node && node != NULL)
        say(phrases, "nominated to %s", node->s);
    else if (pod_nominated_node(was) != node && is->node_name == NULL)
        say(phrases, "no longer nominated");
    if (!pod_condition_is_true(was, POD_DISRUPTION_TARGET) &&
        pod_condition_is_true(is, POD_DISRUPTION_TARGET) &&
        strcmp(pod_condition_reason(is, POD_DISRUPTION_TARGET), "PreemptionByScheduler") == 0)
        say(phrases, "preempted");
}

static void say_pod(struct phrases *phrases, const struct pod *was, const struct pod *is)
{
    static const struct container_status none = { 0 };
    if (was->node_name != is->node_name)
        say(phrases, "bound to %s", text_s(is->node_name));
    if (was->reasons != is->reasons)
        say_preemption(phrases, was, is);
    if (was->phase != is->phase)
        say(phrases, "%s", pod_phase_name(is->phase));
    if (pod_is_ready(was) != pod_is_ready(is))
        say(phrases, "%s", pod_is_ready(is) ? "ready" : "not ready");
    const struct container_statuses *old = was->containers, *new = is->containers;
    for (uint32_t i = 0; old != new &&new != NULL &&i < new->count; i++)
        say_container(phrases, old != NULL && i < old->count ? &old->items[i] : &none,
                      &new->items[i], pod_is_terminal(is));
}

static void say_condition(struct phrases *phrases, const struct conditions *was,
                          const struct conditions *is, const char *type)
{
    if (was == is)
        return;
    const struct condition *old = conditions_find(was, type), *new = conditions_find(is, type);
    if (new != NULL && (old == NULL || old->status != new->status || old->reason != new->reason))
        say(phrases, "%s=%s %s", type, condition_status_name(new->status), text_s(new->reason));
}

static void say_volumes(struct phrases *phrases, const char *what, const struct node_volumes *was,
                        const struct node_volumes *is)
{
    if (was != is)
        say(phrases, "volumes %s: %" PRIu32, what, is != NULL ? is->count : 0);
}

static void say_node(struct phrases *phrases, const struct node *was, const struct node *is)
{
    say_condition(phrases, was->conditions, is->conditions, "Ready");
    say_volumes(phrases, "in use", was->volumes_in_use, is->volumes_in_use);
    say_volumes(phrases, "attached", was->volumes_attached, is->volumes_attached);
    if (was->unschedulable != is->unschedulable)
        say(phrases, "%s", is->unschedulable ? "cordoned" : "uncordoned");
    if (was->taints == is->taints)
        return;
    for (uint32_t i = 0; is->taints != NULL && i < is->taints->count; i++) {
        const struct taint *taint = &is->taints->items[i];
        if (taints_find(was->taints, text_s(taint->key), taint->effect) == NULL)
            say(phrases, "tainted %s:%s", text_s(taint->key), taint_effect_name(taint->effect));
    }
    for (uint32_t i = 0; was->taints != NULL && i < was->taints->count; i++) {
        const struct taint *taint = &was->taints->items[i];
        if (taints_find(is->taints, text_s(taint->key), taint->effect) == NULL)
            say(phrases, "untainted %s:%s", text_s(taint->key), taint_effect_name(taint->effect));
    }
}

static void say_count(struct phrases *phrases, const char *what, int32_t was, int32_t is)
{
    if (was != is)
        say(phrases, "%s %" PRId32 " to %" PRId32, what, was, is);
}

static void say_replicaset(struct phrases *phrases, const struct replicaset *was,
                           const struct replicaset *is)
{
    say_count(phrases, "replicas", was->replicas, is->replicas);
    say_count(phrases, "ready", was->ready_replicas, is->ready_replicas);
}

static void say_statefulset(struct phrases *phrases, const struct statefulset *was,
                            const struct statefulset *is)
{
    say_count(phrases, "replicas", was->replicas, is->replicas);
    if (was->template != is->template)
        say(phrases, "new template");
    say_count(phrases, "ready", was->ready, is->ready);
    say_count(phrases, "updated", was->updated, is->updated);
}

static void say_deployment(struct phrases *phrases, const struct deployment *was,
                           const struct deployment *is)
{
    say_count(phrases, "replicas", was->replicas, is->replicas);
    if (was->template != is->template)
        say(phrases, "new template");
    if (was->paused != is->paused)
        say(phrases, "%s", is->paused ? "paused" : "resumed");
    say_count(phrases, "ready", was->ready_replicas, is->ready_replicas);
    say_condition(phrases, was->conditions, is->conditions, "Progressing");
}

static int32_t ready_endpoints(const struct object *slice)
{
    const struct endpoints *endpoints = ((const struct endpoint_slice *)slice)->endpoints;
    int32_t ready = 0;
    for (uint32_t i = 0; endpoints != NULL && i < endpoints->count; i++)
        ready += endpoints->items[i].ready;
    return ready;
}

static void say_claim(struct phrases *phrases, const struct persistent_volume_claim *was,
                      const struct persistent_volume_claim *is)
{
    const char *selected = claim_selected_node(is);
    if (selected != NULL && claim_selected_node(was) == NULL)
        say(phrases, "to be provisioned for %s", selected);
    if (was->volume_name != is->volume_name)
        say(phrases, "bound to %s", text_s(is->volume_name));
}

static void say_attachment(struct phrases *phrases, const struct volume_attachment *was,
                           const struct volume_attachment *is)
{
    if (was->attached != is->attached)
        say(phrases, "%s", is->attached ? "attached" : "detached");
    if (was->error != is->error && is->error != NULL)
        say(phrases, "attach failed");
}

static const char *volume_phase_name(const struct persistent_volume *volume)
{
    static const char *const names[] = { "Pending", "Available", "Bound", "Released", "Failed" };
    return names[volume->phase];
}

static void say_volume(struct phrases *phrases, const struct persistent_volume *was,
                       const struct persistent_volume *is)
{
    if (was->phase != is->phase)
        say(phrases, "%s", volume_phase_name(is));
}

static void say_ailment(struct phrases *phrases, const struct ailment *ailment)
{
    char text[SIM_TIME_TEXT];
    if (!uid_equal(ailment->pod, (struct uid){ 0 }))
        say(phrases, "of a pod");
    if (ailment->slowness > 1)
        say(phrases, "%g times as slow", ailment->slowness);
    if (ailment->crash)
        say(phrases, "crashes");
    if (ailment->never_ready)
        say(phrases, "never ready");
    if (ailment->network.cut)
        say(phrases, "network cut");
    if (ailment->network.latency > 0)
        say(phrases, "network delay %s", sim_time_print(ailment->network.latency, text));
    if (ailment->network.loss > 0)
        say(phrases, "network loss %g", ailment->network.loss);
    if (ailment->disk.slowness > 1)
        say(phrases, "disk %g times as slow", ailment->disk.slowness);
    if (ailment->disk.errors > 0)
        say(phrases, "disk errors %g", ailment->disk.errors);
    if (ailment->disk.lost)
        say(phrases, "disk lost");
}

/* As many more ailments as there are: one comes or goes at a time. */
static void say_ailments(struct phrases *phrases, const struct ailments *was,
                         const struct ailments *is)
{
    const size_t before = was != NULL ? was->count : 0, after = is != NULL ? is->count : 0;
    if (after > before)
        say_ailment(phrases, &is->items[after - 1]);
    else if (after < before)
        say(phrases, after == 0 ? "well" : "better");
}

static void say_machine(struct phrases *phrases, const struct machine *was,
                        const struct machine *is)
{
    if (was->powered != is->powered)
        say(phrases, "power %s", is->powered ? "on" : "off");
    if (was->connected != is->connected)
        say(phrases, "%s", is->connected ? "connected" : "disconnected");
    if (was->fault.sequence != is->fault.sequence)
        say(phrases, "container fault, exit code %" PRId32, is->fault.exit_code);
    say_ailments(phrases, was->ailments, is->ailments);
}

const char *change_text(const struct object *before, const struct object *after,
                        char text[CHANGE_TEXT])
{
    if (before == NULL)
        return NULL;
    struct phrases phrases = { text, 0 };
    text[0] = '\0';
    say_deletion(&phrases, meta_of(before), meta_of(after));
    switch ((enum kind)after->kind) {
    case KIND_POD:
        say_pod(&phrases, pod_of(before), pod_of(after));
        break;
    case KIND_NODE:
        say_node(&phrases, node_of(before), node_of(after));
        break;
    case KIND_REPLICASET:
        say_replicaset(&phrases, (const struct replicaset *)before,
                       (const struct replicaset *)after);
        break;
    case KIND_DEPLOYMENT:
        say_deployment(&phrases, (const struct deployment *)before,
                       (const struct deployment *)after);
        break;
    case KIND_STATEFULSET:
        say_statefulset(&phrases, statefulset_of(before), statefulset_of(after));
        break;
    case KIND_PODDISRUPTIONBUDGET:
        say_count(&phrases, "disruptions allowed",
                  ((const struct pod_disruption_budget *)before)->disruptions_allowed,
                  ((const struct pod_disruption_budget *)after)->disruptions_allowed);
        break;
    case KIND_ENDPOINTSLICE:
        say_count(&phrases, "ready endpoints", ready_endpoints(before), ready_endpoints(after));
        break;
    case KIND_PERSISTENTVOLUMECLAIM:
        say_claim(&phrases, claim_of(before), claim_of(after));
        break;
    case KIND_PERSISTENTVOLUME:
        say_volume(&phrases, persistent_volume_of(before), persistent_volume_of(after));
        break;
    case KIND_VOLUMEATTACHMENT:
        say_attachment(&phrases, volume_attachment_of(before), volume_attachment_of(after));
        break;
    case KIND_MACHINE:
        say_machine(&phrases, (const struct machine *)before, (const struct machine *)after);
        break;
    default:
        break;
    }
    return phrases.length > 0 ? text : NULL;
}
