/* The targets of experiments, and who deals with which kind. */
#include <stdlib.h>
#include <string.h>

#include "models/chaos/acts_private.h"

/* ---- records ---- */

struct value *record_new_of(char *id, const char *key)
{
    struct value *record = value_new_map();
    value_set(record, "id", value_new_string(id));
    value_set(record, "selectorKey", value_new_string(key));
    value_set(record, "phase", value_new_string("Not Injected"));
    value_set(record, "injectedCount", value_new_int(0));
    value_set(record, "recoveredCount", value_new_int(0));
    free(id);
    return record;
}

/* Is a container meant of each pod, or the pod as a whole? */
static bool means_containers(const struct object *experiment)
{
    switch (experiment->kind) {
    case KIND_PODCHAOS:
        return text_is(spec_of(experiment), "action", "container-kill");
    case KIND_STRESSCHAOS:
    case KIND_IOCHAOS:
    case KIND_TIMECHAOS:
    case KIND_DNSCHAOS:
    case KIND_JVMCHAOS:
    case KIND_BLOCKCHAOS:
        return true;
    default:
        return false;
    }
}

static bool list_has_text(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(list->items[i], ""), text) == 0)
            return true;
    return false;
}

static void add_containers(struct value *records, const struct pod *pod, const struct value *names,
                           const char *key)
{
    const struct pod_spec *spec = pod->spec;
    for (size_t i = 0; i < spec->container_count; i++) {
        const char *name = text_s(spec->containers[i].name);
        if (value_count(names) == 0 ? i == 0 : list_has_text(names, name))
            value_add(
                records,
                record_new_of(mem_format("%s/%s/%s", namespace_of(pod), name_of(pod), name), key));
    }
}

/* Pods of one selector, added to the records. NULL, or why there are none. */
static char *select_pods(struct client *client, const struct object *experiment,
                         const struct value *holder, const char *key, struct value *records)
{
    const size_t before = records->count;
    struct selection selection;
    char *entity = mem_format("%s/%s/%s%s", kind_infos[experiment->kind].name,
                              namespace_of(experiment), name_of(experiment), key);
    selection_of_pods(&selection, client, value_get(holder, "selector"));
    char *why = selection_by_mode(&selection, client->cluster->run, holder, entity);
    for (size_t i = 0; i < selection.count && why == NULL; i++) {
        const struct pod *pod = selection.items[i];
        if (means_containers(experiment))
            add_containers(records, pod, value_get(holder, "containerNames"), key);
        else
            value_add(records,
                      record_new_of(mem_format("%s/%s", namespace_of(pod), name_of(pod)), key));
    }
    selection_close(&selection);
    free(entity);
    return why != NULL || records->count > before ? why : mem_format("no target has been selected");
}

struct value *acts_select(struct client *client, const struct object *experiment, char **why)
{
    const struct value *spec = spec_of(experiment), *target = value_get(spec, "target");
    if (experiment->kind == KIND_PHYSICALMACHINECHAOS)
        return machine_select(client, experiment, why);
    if (experiment->kind == KIND_AWSCHAOS || experiment->kind == KIND_GCPCHAOS ||
        experiment->kind == KIND_AZURECHAOS)
        return instance_select(experiment);
    struct value *records = value_new_list();
    *why = select_pods(client, experiment, spec, ".", records);
    if (*why == NULL && experiment->kind == KIND_NETWORKCHAOS && target != NULL)
        *why = select_pods(client, experiment, target, ".Target", records);
    if (*why == NULL)
        return records;
    value_drop(records);
    return NULL;
}

/* ---- pods of records ---- */

const struct pod *act_pod(const struct act *act)
{
    struct texts *texts = act->client->cluster->run->texts;
    const size_t space = strcspn(act->id, "/");
    const char *name = act->id + space + (act->id[space] == '/');
    const size_t length = strcspn(name, "/");
    struct object_key key = { KIND_POD, text_intern_length(texts, act->id, space),
                              text_intern_length(texts, name, length) };
    const struct object *pod = client_read(act->client, key);
    object_key_drop(key);
    return pod != NULL ? pod_of(pod) : NULL;
}

int act_container(const struct act *act, const struct pod *pod)
{
    const char *slash = strchr(act->id, '/');
    const char *name = slash != NULL ? strchr(slash + 1, '/') : NULL;
    for (size_t i = 0; i < pod->spec->container_count; i++)
        if (name == NULL || strcmp(text_s(pod->spec->containers[i].name), name + 1) == 0)
            return (int)i;
    return -1;
}

static char *missing(const struct act *act)
{
    const char *name = strrchr(act->id, '/');
    return mem_format("pods \"%s\" not found", name != NULL ? name + 1 : act->id);
}

const struct pod *act_running_pod(const struct act *act, char **why)
{
    const struct pod *pod = act_pod(act);
    if (pod == NULL)
        *why = missing(act);
    else if (pod->node_name == NULL || pod->phase != POD_RUNNING || pod->meta.deleting)
        *why = mem_format("pod is not running");
    else
        return pod;
    return NULL;
}

struct deed act_deed(const struct act *act)
{
    return (struct deed){ act->experiment, mem_format("%s %s", act->key, act->id),
                          act->client->now };
}

char *act_undo(const struct act *act)
{
    struct deed deed = act_deed(act);
    daemon_recover(act->daemon, deed);
    free((char *)deed.id);
    return NULL;
}

/* ---- kinds ---- */

static const struct {
    act_fn *apply, *recover;
} acts[KIND_COUNT] = {
    [KIND_PODCHAOS] = { pod_apply, pod_recover },
    [KIND_NETWORKCHAOS] = { network_apply, act_undo },
    [KIND_STRESSCHAOS] = { stress_apply, act_undo },
    [KIND_IOCHAOS] = { io_apply, act_undo },
    [KIND_HTTPCHAOS] = { http_apply, act_undo },
    [KIND_AWSCHAOS] = { instance_apply, act_undo },
    [KIND_GCPCHAOS] = { instance_apply, act_undo },
    [KIND_AZURECHAOS] = { instance_apply, act_undo },
    [KIND_PHYSICALMACHINECHAOS] = { machine_apply, act_undo },
};

char *act_apply(const struct act *act)
{
    act_fn *apply = acts[act->experiment->kind].apply;
    return apply != NULL ? apply(act) : NULL; /* it has no effect here */
}

char *act_recover(const struct act *act)
{
    act_fn *recover = acts[act->experiment->kind].recover;
    return recover != NULL ? recover(act) : NULL;
}
