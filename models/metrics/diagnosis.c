/* Why something is not ready, in the words that `kubectl describe` would show. */
#include <stdlib.h>
#include <string.h>

#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* "Pending: 0/6 nodes are available: ..."; NULL when the scheduler has nothing against it. */
static char *of_scheduling(const struct pod *pod)
{
    if (pod->node_name != NULL)
        return NULL;
    const char *message = pod_condition_message(pod, POD_SCHEDULED);
    const char *scheduler = text_s(pod->spec->scheduler_name);
    if (*message != '\0')
        return mem_format("Pending: %s", message);
    if (strcmp(scheduler, "default-scheduler") != 0)
        return mem_format("Pending: waits for the scheduler %s, which is not simulated", scheduler);
    return mem_format("Pending: not scheduled yet");
}

static const struct container_status *unready_container(const struct pod *pod)
{
    for (uint32_t i = 0; pod->containers != NULL && i < pod->containers->count; i++) {
        const struct container_status *status = &pod->containers->items[i];
        bool is_init = i < pod->spec->init_container_count;
        bool is_done = is_init && status->state == CONTAINER_TERMINATED && status->exit_code == 0;
        if (!status->ready && !is_done)
            return status;
    }
    return NULL;
}

/* "CrashLoopBackOff: back-off 40s restarting ..."; NULL when all containers are fine. */
static char *of_containers(const struct pod *pod)
{
    const struct container_status *status = unready_container(pod);
    if (status == NULL)
        return NULL;
    if (status->state == CONTAINER_RUNNING)
        return mem_format("Running: %s", pod_condition_message(pod, POD_CONTAINERS_READY)
                                             ? pod_condition_message(pod, POD_CONTAINERS_READY)
                                             : "container not ready");
    const char *reason = status->reason ? text_s(status->reason) : "Waiting";
    return status->message ? mem_format("%s: %s", reason, text_s(status->message))
                           : mem_text(reason, strlen(reason));
}

/* A pod whose containers are ready is not when its node is silent: the node lifecycle controller says
 * so by an event, and nothing in the condition. */
static char *of_readiness(const struct pod *pod)
{
    const char *message = pod_condition_message(pod, POD_READY);
    if (pod_is_ready(pod))
        return NULL;
    return message != NULL && *message != '\0' ? mem_format("NotReady: %s", message)
                                               : mem_format("NodeNotReady: Node is not ready");
}

char *diagnose_pod(const struct pod *pod)
{
    char *text = NULL;
    if (pod->meta.deleting)
        return mem_format("Terminating: %s", name_of(pod));
    if (*pod_reason(pod) != '\0')
        return mem_format("%s: %s", pod_reason(pod), pod_message(pod));
    text = of_scheduling(pod);
    if (text == NULL)
        text = of_containers(pod);
    return text ? text : of_readiness(pod);
}

static char *of_condition(const struct conditions *conditions, const char *type,
                          enum condition_status bad)
{
    const struct condition *found = conditions_find(conditions, type);
    if (found == NULL || found->status != bad)
        return NULL;
    return mem_format("%s: %s", text_s(found->reason), text_s(found->message));
}

/* The pods of a ReplicaSet; one that is being deleted has the least to say, so it comes last. */
static char *of_pods(const struct cluster *cluster, const struct meta *owner)
{
    char *leaving = NULL;
    struct cache_cursor pods = client_list_owned(&cluster->admin, KIND_POD, owner->uid);
    while (cache_next(&pods)) {
        const struct pod *pod = pod_of(pods.object);
        if (pod_serves(pod))
            continue;
        char *text = diagnose_pod(pod);
        if (text != NULL && !pod->meta.deleting) {
            free(leaving);
            return text;
        }
        if (leaving == NULL)
            leaving = text;
        else
            free(text);
    }
    return leaving;
}

static char *of_replicaset(const struct cluster *cluster, const struct object *object)
{
    const struct replicaset *set = (const struct replicaset *)object;
    char *text = of_condition(set->conditions, "ReplicaFailure", CONDITION_TRUE);
    return text ? text : of_pods(cluster, &set->meta);
}

static char *of_deployment(const struct cluster *cluster, const struct object *object)
{
    const struct deployment *deployment = (const struct deployment *)object;
    char *text = of_condition(deployment->conditions, "ReplicaFailure", CONDITION_TRUE);
    struct cache_cursor sets =
        client_list_owned(&cluster->admin, KIND_REPLICASET, deployment->meta.uid);
    while (text == NULL && cache_next(&sets))
        text = of_replicaset(cluster, sets.object);
    if (text == NULL)
        text = of_condition(deployment->conditions, "Progressing", CONDITION_FALSE);
    if (text == NULL)
        text = of_condition(deployment->conditions, "Available", CONDITION_FALSE);
    return text;
}

static char *of_object(const struct cluster *cluster, const struct object *object)
{
    switch (object->kind) {
    case KIND_DEPLOYMENT:
        return of_deployment(cluster, object);
    case KIND_REPLICASET:
        return of_replicaset(cluster, object);
    case KIND_DAEMONSET:
    case KIND_STATEFULSET:
        return of_pods(cluster, meta_of(object));
    case KIND_POD:
        return diagnose_pod(pod_of(object));
    default:
        return NULL;
    }
}

char *diagnose_workload(const struct cluster *cluster, struct object_key key)
{
    const struct object *object =
        client_get(&cluster->admin, (enum kind)key.kind, key.space, key.name);
    return object != NULL ? of_object(cluster, object) : NULL;
}

/* ---- Services ---- */

/* Does a document that is kept describe pods with these labels? */
static bool has_pods_of(const struct object *object, const struct labels *selector)
{
    const struct value *labels =
        value_path(meta_of(object)->document, "spec", "template", "metadata", "labels", NULL);
    for (uint32_t i = 0; i < selector->count; i++) {
        const char *value = value_text(value_get(labels, text_s(selector->items[i].key)), NULL);
        if (value == NULL || strcmp(value, text_s(selector->items[i].value)) != 0)
            return false;
    }
    return true;
}

static const struct object *kept_workload(const struct cluster *cluster, const struct text *space,
                                          const struct labels *selector)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (kind_infos[kind].simulated || cluster->by_namespace[kind] < 0)
            continue;
        struct cache_cursor objects = client_list_namespace(&cluster->admin, kind, space);
        while (cache_next(&objects))
            if (has_pods_of(objects.object, selector))
                return objects.object;
    }
    return NULL;
}

char *diagnose_selector(const struct cluster *cluster, const struct text *space,
                        const struct labels *selector)
{
    const struct object *kept = kept_workload(cluster, space, selector);
    struct writer text = { 0 };
    if (kept != NULL) {
        struct value *document = cluster_print(cluster, kept);
        writer_format(&text,
                      "no endpoints because its pods belong to %s %s, which is kept, not simulated",
                      value_text(value_get(document, "kind"), ""),
                      value_text(value_path(document, "metadata", "name", NULL), ""));
        value_drop(document);
        return writer_take(&text);
    }
    writer_add(&text, "Endpoints: <none> (nothing given here has pods labelled ");
    for (uint32_t i = 0; i < selector->count; i++)
        writer_format(&text, "%s%s=%s", i > 0 ? ", " : "", text_s(selector->items[i].key),
                      text_s(selector->items[i].value));
    writer_add_char(&text, ')');
    return writer_take(&text);
}
