/* A pod as a document: the record laid over its template and the rest of its own document. */
#include <arpa/inet.h>

#include "models/api/kinds_private.h"
#include "models/api/pod.h"

/* ---- conditions ---- */

static struct value *print_condition(const struct codec *codec, const struct pod *pod,
                                     enum pod_condition condition)
{
    struct value *item = value_new_map();
    const bool holds = pod_condition_is_true(pod, condition);
    value_set(item, "type", value_new_string(pod_condition_name(condition)));
    value_set(item, "status", value_new_string(holds ? "True" : "False"));
    value_set(item, "lastTransitionTime", time_value(codec, pod->transitions[condition]));
    value_set(item, "reason", value_new_string(pod_condition_reason(pod, condition)));
    value_set(item, "message", value_new_string(pod_condition_message(pod, condition)));
    return item;
}

/* In the order in which the kubelet writes them, then those only the document knows. */
static void print_conditions(const struct codec *codec, const struct pod *pod, struct value **tree)
{
    static const enum pod_condition order[] = {
        POD_READY_TO_START_CONTAINERS, POD_INITIALIZED, POD_READY,
        POD_CONTAINERS_READY,          POD_SCHEDULED,   POD_DISRUPTION_TARGET,
    };
    struct value *list = value_new_list();
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (pod->conditions_present >> order[i] & 1)
            value_add(list, print_condition(codec, pod, order[i]));
    const struct value *others = value_path(*tree, "status", "conditions", NULL);
    for (size_t i = 0; others != NULL && i < others->count; i++)
        value_add(list, value_hold(others->items[i]));
    value_put(tree, list, "status", "conditions", NULL);
}

/* ---- containers ---- */

static struct value *print_terminated(const struct codec *codec, int32_t exit_code,
                                      const struct text *reason, const struct text *message,
                                      sim_time started_at, sim_time finished_at)
{
    struct value *ended = value_new_map();
    value_set(ended, "exitCode", value_new_int(exit_code));
    value_set(ended, "reason", text_value(reason));
    value_set(ended, "message", text_value(message));
    value_set(ended, "startedAt", time_value(codec, started_at));
    value_set(ended, "finishedAt", time_value(codec, finished_at));
    struct value *state = value_new_map();
    value_set(state, "terminated", ended);
    return state;
}

static struct value *print_state(const struct codec *codec, const struct container_status *status)
{
    if (status->state == CONTAINER_TERMINATED)
        return print_terminated(codec, status->exit_code, status->reason, status->message,
                                status->started_at, status->finished_at);
    struct value *state = value_new_map(), *detail = value_new_map();
    if (status->state == CONTAINER_RUNNING) {
        value_set(detail, "startedAt", time_value(codec, status->started_at));
        value_set(state, "running", detail);
        return state;
    }
    value_set(detail, "reason", text_value(status->reason));
    value_set(detail, "message", text_value(status->message));
    value_set(state, "waiting", detail);
    return state;
}

static struct value *print_container(const struct codec *codec, const struct container *container,
                                     const struct container_status *status,
                                     const struct value *rest)
{
    struct value *item = value_new_map();
    for (size_t i = 0; rest != NULL && i < rest->count; i++)
        value_set(item, rest->entries[i].key, value_hold(rest->entries[i].value));
    value_set(item, "name", text_value(container->name));
    value_set(item, "image", text_value(container->image));
    value_set(item, "ready", value_new_bool(status->ready));
    value_set(item, "started", value_new_bool(status->started));
    value_set(item, "restartCount", value_new_int(status->restart_count));
    value_set(item, "state", print_state(codec, status));
    const struct container_end *last = status->last;
    if (last != NULL)
        value_set(item, "lastState",
                  print_terminated(codec, last->exit_code, last->reason, NULL, last->started_at,
                                   last->finished_at));
    return item;
}

static void print_containers(const struct codec *codec, struct value **tree, const char *key,
                             const struct container *containers, size_t count,
                             const struct container_status *from)
{
    if (count == 0)
        return;
    const struct value *rest = value_path(*tree, "status", key, NULL);
    struct value *list = value_new_list();
    for (size_t i = 0; i < count; i++)
        value_add(list, print_container(codec, &containers[i], &from[i], value_at(rest, i)));
    value_put(tree, list, "status", key, NULL);
}

static void print_all_containers(const struct codec *codec, const struct pod *pod,
                                 struct value **tree)
{
    const struct pod_spec *spec = pod->spec;
    const struct container_statuses *from = pod->containers;
    if (from == NULL || from->count != spec->init_container_count + spec->container_count)
        return;
    print_containers(codec, tree, "initContainerStatuses", spec->init_containers,
                     spec->init_container_count, from->items);
    print_containers(codec, tree, "containerStatuses", spec->containers, spec->container_count,
                     from->items + spec->init_container_count);
}

/* ---- the whole ---- */

static void print_address(const struct pod *pod, struct value **tree)
{
    if (pod->pod_ip == 0)
        return;
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &(struct in_addr){ htonl(pod->pod_ip) }, text, sizeof text);
    struct value *item = value_new_map(), *list = value_new_list();
    value_set(item, "ip", value_new_string(text));
    value_add(list, item);
    value_put(tree, value_new_string(text), "status", "podIP", NULL);
    value_put(tree, list, "status", "podIPs", NULL);
}

static const char *qos_name(enum qos_class class)
{
    static const char *const names[] = { "Guaranteed", "Burstable", "BestEffort" };
    return names[class];
}

struct value *pod_print(const struct codec *codec, const struct object *object)
{
    const struct pod *pod = pod_of(object);
    struct value *tree = record_print_begin(codec, object);
    value_put(&tree, value_hold(pod->spec->document), "spec", NULL);
    PUT_TEXT(&tree, pod->node_name, "spec", "nodeName");
    value_put(&tree, value_new_string(pod_phase_name(pod->phase)), "status", "phase", NULL);
    value_put(&tree, value_new_string(qos_name(pod->spec->qos)), "status", "qosClass", NULL);
    PUT_TEXT(&tree, pod_nominated_node(pod), "status", "nominatedNodeName");
    value_put(&tree, value_new_string(pod_reason(pod)), "status", "reason", NULL);
    value_put(&tree, value_new_string(pod_message(pod)), "status", "message", NULL);
    if (pod->started)
        value_put(&tree, time_value(codec, pod->start_time), "status", "startTime", NULL);
    print_conditions(codec, pod, &tree);
    print_address(pod, &tree);
    print_all_containers(codec, pod, &tree);
    return record_print_end(tree);
}
