/* Read a pod's document into its record. What the record has no place for (conditions of
 * readiness gates, image and container ids) stays in the document. */
#include <arpa/inet.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/pod.h"

/* ---- spec ---- */

/* All pods of a template share its spec, so what differs between them is taken out first. */
static void load_spec(const struct codec *codec, struct pod *pod, struct value **document)
{
    struct value *spec = value_hold(value_get(*document, "spec"));
    if (spec == NULL)
        spec = value_new_map();
    pod->node_name = intern_value(codec, value_get(spec, "nodeName"));
    if (pod->node_name != NULL)
        value_remove(value_own(&spec), "nodeName");
    pod->spec = pod_spec_compile(codec->specs, spec);
    pod->gated = pod->spec->scheduling_gate_count > 0;
    value_drop(spec);
    document_cut(document, "spec", NULL);
}

/* ---- conditions ---- */

static enum pod_condition condition_of(const char *type)
{
    for (int i = 0; i < POD_CONDITIONS; i++)
        if (strcmp(type, pod_condition_name(i)) == 0)
            return i;
    return POD_CONDITIONS;
}

/* False when the record has no place for it: an unknown type or status. The kubelet's
 * observedGeneration of single conditions is dropped. */
static bool load_condition(const struct codec *codec, struct pod *pod, const struct value *from)
{
    const enum pod_condition condition = condition_of(value_text(value_get(from, "type"), ""));
    const char *status = value_text(value_get(from, "status"), "");
    const bool holds = strcmp(status, "True") == 0;
    if (condition == POD_CONDITIONS || (!holds && strcmp(status, "False") != 0))
        return false;
    sim_time at = 0;
    time_of_value(codec, value_get(from, "lastTransitionTime"), &at);
    pod_set_condition(pod, codec->texts, condition, holds,
                      value_text(value_get(from, "reason"), ""),
                      value_text(value_get(from, "message"), ""), at);
    return true;
}

static void load_conditions(const struct codec *codec, struct pod *pod, struct value **document)
{
    const struct value *list = value_path(*document, "status", "conditions", NULL);
    struct value *kept = value_new_list();
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (!load_condition(codec, pod, list->items[i]))
            value_add(kept, value_hold(list->items[i]));
    document_cut(document, "status", "conditions", NULL);
    if (kept->count > 0)
        value_put(document, kept, "status", "conditions", NULL);
    else
        value_drop(kept);
}

/* ---- containers ---- */

static void load_state(const struct codec *codec, const struct value *from,
                       struct container_status *status)
{
    const struct value *state = value_get(from, "state");
    const struct value *running = value_get(state, "running");
    const struct value *ended = value_get(state, "terminated");
    const struct value *said = ended ? ended : value_get(state, "waiting");
    status->state = running ? CONTAINER_RUNNING : ended ? CONTAINER_TERMINATED : CONTAINER_WAITING;
    text_assign(&status->reason, intern_value(codec, value_get(said, "reason")));
    text_assign(&status->message, intern_value(codec, value_get(said, "message")));
    status->exit_code = (int32_t)value_int(value_get(ended, "exitCode"), 0);
    time_of_value(codec, value_get(running ? running : ended, "startedAt"), &status->started_at);
    time_of_value(codec, value_get(ended, "finishedAt"), &status->finished_at);
}

static void load_last_state(const struct codec *codec, const struct value *from,
                            struct container_status *status)
{
    const struct value *ended = value_path(from, "lastState", "terminated", NULL);
    if (ended == NULL)
        return;
    struct container_end end = { .reason = intern_value(codec, value_get(ended, "reason")) };
    end.exit_code = (int32_t)value_int(value_get(ended, "exitCode"), 0);
    time_of_value(codec, value_get(ended, "startedAt"), &end.started_at);
    time_of_value(codec, value_get(ended, "finishedAt"), &end.finished_at);
    container_status_set_last(status, &end);
}

/* What a container status says beside its record: ids, allocated resources, ... */
static struct value *rest_of_container(const struct value *from)
{
    static const char *const held[] = { "name",  "image",        "state",   "lastState",
                                        "ready", "restartCount", "started", NULL };
    struct value *rest = value_hold(from);
    for (const char *const *key = held; *key != NULL && rest != NULL; key++)
        document_cut(&rest, *key, NULL);
    return rest ? rest : value_new_map();
}

static const struct value *find_by_name(const struct value *list, const char *name)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), name) == 0)
            return list->items[i];
    return NULL;
}

/* Read the statuses in the order of the template; leave in the document what is left of each. */
static void load_containers(const struct codec *codec, struct value **document, const char *key,
                            const struct container *containers, size_t count,
                            struct container_status *into)
{
    const struct value *list = value_path(*document, "status", key, NULL);
    struct value *rest = value_new_list();
    bool anything = false;
    for (size_t i = 0; i < count; i++) {
        const struct value *from = find_by_name(list, text_s(containers[i].name));
        if (from == NULL) {
            value_add(rest, value_new_map());
            continue;
        }
        into[i].ready = value_truth(value_get(from, "ready"), false);
        into[i].started = value_truth(value_get(from, "started"), false);
        into[i].restart_count = (int32_t)value_int(value_get(from, "restartCount"), 0);
        load_state(codec, from, &into[i]);
        load_last_state(codec, from, &into[i]);
        value_add(rest, rest_of_container(from));
        anything = anything || value_at(rest, i)->count > 0;
    }
    document_cut(document, "status", key, NULL);
    if (anything)
        value_put(document, rest, "status", key, NULL);
    else
        value_drop(rest);
}

static void load_all_containers(const struct codec *codec, struct pod *pod, struct value **document)
{
    const struct value *status = value_get(*document, "status");
    if (value_get(status, "containerStatuses") == NULL &&
        value_get(status, "initContainerStatuses") == NULL)
        return;
    const struct pod_spec *spec = pod->spec;
    struct container_statuses *into = pod_own_containers(pod, codec->texts);
    load_containers(codec, document, "initContainerStatuses", spec->init_containers,
                    spec->init_container_count, into->items);
    load_containers(codec, document, "containerStatuses", spec->containers, spec->container_count,
                    into->items + spec->init_container_count);
}

/* ---- the rest of the status ---- */

static uint8_t phase_of(const char *text)
{
    for (uint8_t phase = POD_PENDING; phase <= POD_UNKNOWN; phase++)
        if (strcmp(text, pod_phase_name(phase)) == 0)
            return phase;
    return POD_PENDING;
}

/* One IPv4 address is held; pods with more or others keep their list in the document. */
static void load_address(struct pod *pod, struct value **document)
{
    const struct value *status = value_get(*document, "status");
    const struct value *list = value_get(status, "podIPs");
    struct in_addr address;
    if ((list != NULL && list->count != 1) ||
        inet_pton(AF_INET, value_text(value_get(status, "podIP"), ""), &address) != 1)
        return;
    pod->pod_ip = ntohl(address.s_addr);
    document_cut_keys(document, "status", (const char *const[]){ "podIP", "podIPs", NULL });
}

static void load_status(const struct codec *codec, struct pod *pod, struct value **document)
{
    const struct value *status = value_get(*document, "status");
    pod->phase = phase_of(value_text(value_get(status, "phase"), ""));
    pod_set_nominated_node(pod, intern_value(codec, value_get(status, "nominatedNodeName")));
    pod_set_reason(pod, intern_value(codec, value_get(status, "reason")),
                   intern_value(codec, value_get(status, "message")));
    pod->started = time_of_value(codec, value_get(status, "startTime"), &pod->start_time);
    static const char *const held[] = { "phase",     "nominatedNodeName", "reason", "message",
                                        "startTime", "qosClass",          NULL };
    document_cut_keys(document, "status", held);
    load_address(pod, document);
    load_conditions(codec, pod, document);
    load_all_containers(codec, pod, document);
    pod_note_resize(pod);
}

struct object *pod_load(const struct codec *codec, const struct value *tree)
{
    struct pod *pod = (struct pod *)record_new(codec, KIND_POD, tree);
    load_spec(codec, pod, &pod->meta.document);
    load_status(codec, pod, &pod->meta.document);
    return &pod->meta.object;
}
