/* Compile pod templates, each different one once. */
#include "models/api/pod_spec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/api/pod_spec_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* ---- the specs of a cluster ---- */

struct pod_specs {
    struct texts *texts;
    struct table by_content, by_address;
    struct pod_affinities *affinities;
    uint32_t compiled; /* so far: gives ids */
};

/* What the table knows of a spec, around it. */
struct entry {
    struct pod_spec spec;
    struct pod_specs *home;
    struct value *source; /* the tree that was compiled: with nodeName, if it had one */
    struct table_node by_content, by_address;
};

#define ENTRY_OF(node, member) ((struct entry *)((char *)(node)-offsetof(struct entry, member)))

struct pod_specs *pod_specs_new(struct texts *texts)
{
    struct pod_specs *specs = mem_new(sizeof *specs);
    specs->texts = texts;
    table_init(&specs->by_content);
    table_init(&specs->by_address);
    specs->affinities = pod_affinities_new(texts);
    return specs;
}

void pod_specs_free(struct pod_specs *specs)
{
    if (specs == NULL)
        return;
    assert(specs->by_content.count == 0);
    table_close(&specs->by_content);
    table_close(&specs->by_address);
    pod_affinities_free(specs->affinities);
    free(specs);
}

static uint64_t hash_of_address(const struct value *tree)
{
    return (uint64_t)(uintptr_t)tree * 0x9E3779B97F4A7C15u >> 16;
}

static struct entry *find_by_address(struct pod_specs *specs, const struct value *tree)
{
    struct table_node *node = table_first(&specs->by_address, hash_of_address(tree));
    for (; node != NULL; node = table_again(node))
        if (ENTRY_OF(node, by_address)->source == tree)
            return ENTRY_OF(node, by_address);
    return NULL;
}

static struct entry *find_by_content(struct pod_specs *specs, const struct value *tree,
                                     uint64_t hash)
{
    struct table_node *node = table_first(&specs->by_content, hash);
    for (; node != NULL; node = table_again(node))
        if (value_equal(ENTRY_OF(node, by_content)->source, tree))
            return ENTRY_OF(node, by_content);
    return NULL;
}

/* ---- containers ---- */

static sim_time seconds_of(const struct value *map, const char *key, int64_t otherwise)
{
    return value_int(value_get(map, key), otherwise) * SIM_SECOND;
}

static const struct probe *compile_probe(const struct value *from)
{
    if (value_is_null(from))
        return NULL;
    struct probe *probe = mem_new(sizeof *probe);
    probe->initial_delay = seconds_of(from, "initialDelaySeconds", 0);
    probe->period = seconds_of(from, "periodSeconds", 10);
    probe->timeout = seconds_of(from, "timeoutSeconds", 1);
    probe->success_threshold = (int)value_int(value_get(from, "successThreshold"), 1);
    probe->failure_threshold = (int)value_int(value_get(from, "failureThreshold"), 3);
    probe->exchanges = value_get(from, "exec") != NULL        ? 0
                       : value_get(from, "tcpSocket") != NULL ? 1
                                                              : 2;
    probe->termination_grace_seconds =
        value_int(value_get(from, "terminationGracePeriodSeconds"), -1);
    return probe;
}

static enum pull_policy compile_pull_policy(const char *text)
{
    if (strcmp(text, "Always") == 0)
        return PULL_ALWAYS;
    return strcmp(text, "Never") == 0 ? PULL_NEVER : PULL_IF_NOT_PRESENT;
}

/* "5", "0.5" or "1m", as sleep(1) reads it, up to what ends the word; -1: anything else. */
static sim_time compile_sleep(const char *number)
{
    const size_t length = strcspn(number, " ;&|");
    const bool unit = length > 0 && strchr("smhd", number[length - 1]) != NULL;
    char *text = mem_format("%.*s%s", (int)length, number, unit ? "" : "s");
    struct error error = { 0 };
    sim_time time = -1;
    sim_time_parse(text, (struct place){ 0 }, &time, &error);
    error_close(&error);
    free(text);
    return time;
}

/* How long a preStop hook takes, where it says so: the action `sleep`, or an exec of `sleep N`, as
 * a command or as the first one of a shell's. -1: it does not say. */
static sim_time compile_pre_stop(const struct value *pre_stop)
{
    const struct value *sleep = value_path(pre_stop, "sleep", "seconds", NULL);
    const struct value *command = value_path(pre_stop, "exec", "command", NULL);
    if (!value_is_null(sleep))
        return value_int(sleep, 0) * SIM_SECOND;
    if (command == NULL || command->count < 2)
        return -1;
    const char *last = value_text(value_at(command, command->count - 1), "");
    const char *before = value_text(value_at(command, command->count - 2), "");
    const char *slash = strrchr(before, '/');
    if (strcmp(before, "-c") == 0 && strncmp(last, "sleep ", 6) == 0)
        return compile_sleep(last + 6);
    if (command->count == 2 && strcmp(slash != NULL ? slash + 1 : before, "sleep") == 0)
        return compile_sleep(last);
    return -1;
}

static void compile_container(struct texts *texts, const struct value *from,
                              struct container *container)
{
    const struct value *pre_stop = value_path(from, "lifecycle", "preStop", NULL);
    *container = (struct container){
        .name = text_intern(texts, value_text(value_get(from, "name"), "")),
        .image = text_intern(texts, value_text(value_get(from, "image"), "")),
        .pull_policy = compile_pull_policy(value_text(value_get(from, "imagePullPolicy"), "")),
        .sidecar = strcmp(value_text(value_get(from, "restartPolicy"), ""), "Always") == 0,
        .startup = compile_probe(value_get(from, "startupProbe")),
        .readiness = compile_probe(value_get(from, "readinessProbe")),
        .liveness = compile_probe(value_get(from, "livenessProbe")),
        .has_pre_stop = !value_is_null(pre_stop),
        .pre_stop = compile_pre_stop(pre_stop),
    };
    resources_load(texts, value_path(from, "resources", "requests", NULL), &container->requests);
    resources_load(texts, value_path(from, "resources", "limits", NULL), &container->limits);
    container->cpu_milli_limit = container->limits.cpu_milli;
}

static struct container *compile_containers(struct texts *texts, const struct value *list,
                                            size_t *count)
{
    *count = list != NULL && list->type == VALUE_LIST ? list->count : 0;
    if (*count == 0)
        return NULL;
    struct container *containers = mem_new(*count * sizeof *containers);
    for (size_t i = 0; i < *count; i++)
        compile_container(texts, list->items[i], &containers[i]);
    return containers;
}

static void close_containers(struct container *containers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct container *container = &containers[i];
        text_drop(container->name);
        text_drop(container->image);
        free((void *)container->startup);
        free((void *)container->readiness);
        free((void *)container->liveness);
        resources_close(&container->requests);
        resources_close(&container->limits);
    }
    free(containers);
}

/* Ports on the host: of containers and sidecars; an ordinary init container's do not count. */
static void compile_host_ports(struct pod_spec *spec, struct texts *texts, const struct value *list,
                               bool sidecars_only)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *from = list->items[i], *ports = value_get(from, "ports");
        const char *policy = value_text(value_get(from, "restartPolicy"), "");
        if (sidecars_only && strcmp(policy, "Always") != 0)
            continue;
        for (size_t k = 0; ports != NULL && k < ports->count; k++) {
            const int port = (int)value_int(value_get(ports->items[k], "hostPort"), 0);
            if (port <= 0)
                continue;
            const size_t count = spec->host_port_count++;
            spec->host_ports = mem_resize(spec->host_ports, (count + 1) * sizeof *spec->host_ports);
            const char *ip = value_text(value_get(ports->items[k], "hostIP"), "");
            const char *protocol = value_text(value_get(ports->items[k], "protocol"), "TCP");
            spec->host_ports[count] = (struct host_port){
                .port = port,
                .protocol = text_intern(texts, protocol),
                .ip = strcmp(ip, "0.0.0.0") == 0 ? NULL : text_intern(texts, ip),
            };
        }
    }
}

/* ---- placement ---- */

static void compile_tolerations(struct pod_spec *spec, struct texts *texts,
                                const struct value *list)
{
    if (list == NULL || list->count == 0)
        return;
    spec->toleration_count = list->count;
    spec->tolerations = mem_new(list->count * sizeof *spec->tolerations);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *from = list->items[i], *seconds = value_get(from, "tolerationSeconds");
        spec->tolerations[i] = (struct toleration){
            .key = text_intern(texts, value_text(value_get(from, "key"), "")),
            .value = text_intern(texts, value_text(value_get(from, "value"), "")),
            .exists = strcmp(value_text(value_get(from, "operator"), "Equal"), "Exists") == 0,
            .effect = taint_effect_parse(value_text(value_get(from, "effect"), "")),
            .forever = value_is_null(seconds),
            .seconds = value_int(seconds, 0),
        };
    }
}

static void compile_node_affinity(struct pod_spec *spec, struct texts *texts,
                                  const struct value *affinity)
{
    const struct value *required =
        value_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    const struct value *preferred =
        value_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    struct error error = { 0 };
    if (!value_is_null(required))
        spec->required_affinity = node_selector_load(texts, required, &error);
    error_close(&error);
    if (value_is_null(preferred) || preferred->count == 0)
        return;
    spec->preferred_affinity_count = preferred->count;
    spec->preferred_affinity = mem_new(preferred->count * sizeof *spec->preferred_affinity);
    for (size_t i = 0; i < preferred->count; i++) {
        const struct value *from = preferred->items[i];
        spec->preferred_affinity[i] = (struct preferred_term){
            .weight = (int32_t)value_int(value_get(from, "weight"), 0),
            .term = node_selector_load_term(texts, value_get(from, "preference"), &error),
        };
        error_close(&error);
    }
}

static void compile_gates(struct pod_spec *spec, struct texts *texts, const struct value *list)
{
    if (list == NULL || list->count == 0)
        return;
    spec->scheduling_gate_count = list->count;
    spec->scheduling_gates = mem_new(list->count * sizeof *spec->scheduling_gates);
    for (size_t i = 0; i < list->count; i++)
        spec->scheduling_gates[i] =
            text_intern(texts, value_text(value_get(list->items[i], "name"), ""));
}

static void compile_placement(struct pod_spec *spec, struct texts *texts,
                              const struct value *document)
{
    spec->scheduler_name = text_intern(texts, value_text(value_get(document, "schedulerName"), ""));
    spec->priority_class_name =
        text_intern(texts, value_text(value_get(document, "priorityClassName"), ""));
    spec->hostname = text_intern(texts, value_text(value_get(document, "hostname"), ""));
    spec->subdomain = text_intern(texts, value_text(value_get(document, "subdomain"), ""));
    spec->priority = (int32_t)value_int(value_get(document, "priority"), 0);
    spec->preempts = strcmp(value_text(value_get(document, "preemptionPolicy"), ""), "Never") != 0;
    spec->node_selector = labels_from_value(texts, value_get(document, "nodeSelector"));
    compile_node_affinity(spec, texts, value_path(document, "affinity", "nodeAffinity", NULL));
    spec->pod_affinity =
        pod_affinity_load(ENTRY_OF(spec, spec)->home->affinities, value_get(document, "affinity"));
    compile_tolerations(spec, texts, value_get(document, "tolerations"));
    spec->spread = spread_constraints_load(texts, value_get(document, "topologySpreadConstraints"),
                                           &spec->spread_count);
    compile_gates(spec, texts, value_get(document, "schedulingGates"));
    spec->host_network = value_truth(value_get(document, "hostNetwork"), false);
    compile_host_ports(spec, texts, value_get(document, "containers"), false);
    compile_host_ports(spec, texts, value_get(document, "initContainers"), true);
    pod_spec_load_volumes(spec, texts, value_get(document, "volumes"));
}

/* ---- the whole ---- */

static enum restart_policy compile_restart_policy(const char *text)
{
    if (strcmp(text, "OnFailure") == 0)
        return RESTART_ON_FAILURE;
    return strcmp(text, "Never") == 0 ? RESTART_NEVER : RESTART_ALWAYS;
}

static void compile(struct pod_spec *spec, struct texts *texts)
{
    const struct value *document = spec->document;
    spec->containers =
        compile_containers(texts, value_get(document, "containers"), &spec->container_count);
    spec->init_containers = compile_containers(texts, value_get(document, "initContainers"),
                                               &spec->init_container_count);
    spec->restart_policy =
        compile_restart_policy(value_text(value_get(document, "restartPolicy"), ""));
    spec->termination_grace_seconds =
        value_int(value_get(document, "terminationGracePeriodSeconds"), 30);
    spec->active_deadline_seconds = value_int(value_get(document, "activeDeadlineSeconds"), -1);
    compile_placement(spec, texts, document);
    pod_spec_sum_resources(spec, texts);
}

const struct pod_spec *pod_spec_compile(struct pod_specs *specs, struct value *document)
{
    struct entry *entry = find_by_address(specs, document);
    if (entry != NULL)
        return pod_spec_hold(&entry->spec);
    const uint64_t hash = value_hash(document);
    entry = find_by_content(specs, document, hash);
    if (entry != NULL)
        return pod_spec_hold(&entry->spec);
    entry = mem_new(sizeof *entry);
    entry->home = specs;
    entry->source = value_hold(document);
    entry->spec.refs = 1;
    entry->spec.hash = hash;
    entry->spec.id = ++specs->compiled;
    entry->spec.document = value_hold(document);
    const char *node_name = value_text(value_get(document, "nodeName"), "");
    entry->spec.node_name = text_intern(specs->texts, node_name);
    if (entry->spec.node_name != NULL)
        value_remove(value_own(&entry->spec.document), "nodeName");
    compile(&entry->spec, specs->texts);
    table_add(&specs->by_content, &entry->by_content, hash);
    table_add(&specs->by_address, &entry->by_address, hash_of_address(document));
    return &entry->spec;
}

struct texts *pod_spec_texts(const struct pod_spec *spec)
{
    return ENTRY_OF(spec, spec)->home->texts;
}

const struct pod_spec *pod_spec_hold(const struct pod_spec *spec)
{
    if (spec != NULL)
        ((struct pod_spec *)spec)->refs++;
    return spec;
}

static void close_placement(struct pod_spec *spec)
{
    text_drop(spec->scheduler_name);
    text_drop(spec->priority_class_name);
    text_drop(spec->node_name);
    text_drop(spec->hostname);
    text_drop(spec->subdomain);
    labels_drop(spec->node_selector);
    node_selector_drop(spec->required_affinity);
    for (size_t i = 0; i < spec->preferred_affinity_count; i++)
        node_selector_drop(spec->preferred_affinity[i].term);
    for (size_t i = 0; i < spec->toleration_count; i++) {
        text_drop(spec->tolerations[i].key);
        text_drop(spec->tolerations[i].value);
    }
    spread_constraints_free(spec->spread, spec->spread_count);
    for (size_t i = 0; i < spec->scheduling_gate_count; i++)
        text_drop(spec->scheduling_gates[i]);
    for (size_t i = 0; i < spec->host_port_count; i++) {
        text_drop(spec->host_ports[i].protocol);
        text_drop(spec->host_ports[i].ip);
    }
    pod_affinity_drop(spec->pod_affinity);
    pod_spec_close_volumes(spec);
    free(spec->preferred_affinity);
    free(spec->tolerations);
    free(spec->scheduling_gates);
    free(spec->host_ports);
}

void pod_spec_drop(const struct pod_spec *shared)
{
    struct pod_spec *spec = (struct pod_spec *)shared;
    if (spec == NULL || --spec->refs > 0)
        return;
    struct entry *entry = ENTRY_OF(spec, spec);
    table_remove(&entry->home->by_content, &entry->by_content);
    table_remove(&entry->home->by_address, &entry->by_address);
    close_containers(spec->containers, spec->container_count);
    close_containers(spec->init_containers, spec->init_container_count);
    close_placement(spec);
    resources_close(&spec->requests);
    pod_usage_close(&spec->usage);
    value_drop(spec->document);
    value_drop(spec->written);
    value_drop(entry->source);
    free(entry);
}

bool toleration_tolerates(const struct toleration *toleration, const struct text *key,
                          const struct text *value, enum taint_effect effect)
{
    if (toleration->effect != EFFECT_ANY && toleration->effect != effect)
        return false;
    if (toleration->key != NULL && toleration->key != key)
        return false;
    return toleration->exists || toleration->value == value;
}
