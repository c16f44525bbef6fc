/* The usual fixes, and what they share. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "sim/base/memory.h"
#include "tools/advise/fix.h"

const struct value *candidate_template(const struct candidate *candidate)
{
    return value_path(candidate->document, "spec", "template", NULL);
}

const struct value *candidate_containers(const struct candidate *candidate)
{
    const struct value *list =
        value_path(candidate_template(candidate), "spec", "containers", NULL);
    return list != NULL && list->type == VALUE_LIST ? list : NULL;
}

struct value *level_of_patch(const struct candidate *candidate, struct value *patch)
{
    struct value *level = value_new_map(), *list = value_new_list(), *entry = value_new_map();
    value_set(entry, "target", value_new_string(candidate->target));
    value_set(entry, "namespace", value_new_string(candidate->space));
    value_set(entry, "patch", patch);
    value_add(list, entry);
    value_set(level, "patches", list);
    return level;
}

struct value *level_of_pod_patch(const struct candidate *candidate, struct value *pod_spec)
{
    struct value *patch = value_new_map();
    value_put(&patch, pod_spec, "spec", "template", "spec", NULL);
    return level_of_patch(candidate, patch);
}

bool labels_are_picked(const struct value *match, const struct value *labels)
{
    if (match == NULL || match->type != VALUE_MAP)
        return false;
    for (size_t i = 0; i < match->count; i++)
        if (!value_equal(value_get(labels, match->entries[i].key), match->entries[i].value))
            return false;
    return true;
}

/* A patch of the containers for which `part` has something to say; NULL when it has of none. */
static struct value *of_containers(const struct candidate *candidate,
                                   struct value *(*part)(const struct candidate *candidate,
                                                         const struct value *container))
{
    const struct value *containers = candidate_containers(candidate);
    struct value *list = value_new_list();
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        struct value *change = part(candidate, containers->items[i]);
        if (change == NULL)
            continue;
        value_set(change, "name", value_hold(value_get(containers->items[i], "name")));
        value_add(list, change);
    }
    if (list->count == 0) {
        value_drop(list);
        return NULL;
    }
    struct value *spec = value_new_map();
    value_set(spec, "containers", list);
    return level_of_pod_patch(candidate, spec);
}

/* ── one replica more ── */

static struct value *one_more(const struct candidate *candidate)
{
    struct value *patch = value_new_map();
    value_put(&patch, value_new_int(candidate->replicas + 1), "spec", "replicas", NULL);
    return level_of_patch(candidate, patch);
}

static const struct fix replica = {
    .name = "replicas+1",
    .level = one_more,
    .says = "one replica more",
};

/* ── topology spread ── */

static struct value *constraint(const struct candidate *candidate, const char *key,
                                const char *otherwise)
{
    struct value *map = value_new_map();
    value_set(map, "maxSkew", value_new_int(1));
    value_set(map, "topologyKey", value_new_string(key));
    value_set(map, "whenUnsatisfiable", value_new_string(otherwise));
    value_set(map, "labelSelector",
              value_hold(value_path(candidate->document, "spec", "selector", NULL)));
    return map;
}

/* Over zones by rule, counting only those whose nodes are fit, and over nodes where it can be. */
static struct value *over_zones(const struct candidate *candidate)
{
    const struct value *spec = value_get(candidate_template(candidate), "spec");
    if (candidate->replicas < 2 || value_get(spec, "topologySpreadConstraints") != NULL)
        return NULL;
    struct value *list = value_new_list(), *pod = value_new_map();
    struct value *zones = constraint(candidate, "topology.kubernetes.io/zone", "DoNotSchedule");
    value_set(zones, "nodeTaintsPolicy", value_new_string("Honor"));
    value_add(list, zones);
    value_add(list, constraint(candidate, "kubernetes.io/hostname", "ScheduleAnyway"));
    value_set(pod, "topologySpreadConstraints", list);
    return level_of_pod_patch(candidate, pod);
}

static const struct fix spread = {
    .name = "topology-spread",
    .level = over_zones,
    .says = "replicas in different zones and on different nodes",
};

/* ── disruption budget ── */

static bool has_budget(const struct candidate *candidate)
{
    const struct manifest *objects = &candidate->scenario->objects;
    const struct value *labels =
        value_path(candidate_template(candidate), "metadata", "labels", NULL);
    for (size_t i = 0; i < objects->count; i++) {
        const struct value *object = objects->items[i].document;
        if (objects->items[i].kind == KIND_PODDISRUPTIONBUDGET &&
            labels_are_picked(value_path(object, "spec", "selector", "matchLabels", NULL), labels))
            return true;
    }
    return false;
}

static struct value *one_at_a_time(const struct candidate *candidate)
{
    if (candidate->replicas < 2 || has_budget(candidate))
        return NULL;
    struct value *budget = value_new_map(), *list = value_new_list(), *level = value_new_map();
    const char *slash = strchr(candidate->target, '/');
    value_set(budget, "apiVersion", value_new_string("policy/v1"));
    value_set(budget, "kind", value_new_string("PodDisruptionBudget"));
    value_put(&budget, value_new_string(slash + 1), "metadata", "name", NULL);
    value_put(&budget, value_new_string(candidate->space), "metadata", "namespace", NULL);
    value_put(&budget, value_new_int(1), "spec", "maxUnavailable", NULL);
    value_put(&budget, value_hold(value_path(candidate->document, "spec", "selector", NULL)),
              "spec", "selector", NULL);
    value_add(list, budget);
    value_set(level, "objects", list);
    return level;
}

static const struct fix budget = {
    .name = "disruption-budget",
    .level = one_at_a_time,
    .says = "a PodDisruptionBudget: drains take one replica at a time",
};

/* ── readiness ── */

static struct value *probe_of(const struct candidate *candidate, const struct value *container)
{
    (void)candidate;
    if (value_get(container, "readinessProbe") != NULL)
        return NULL;
    const struct value *port =
        value_get(value_at(value_get(container, "ports"), 0), "containerPort");
    struct value *change = value_new_map(), *probe = value_new_map();
    value_put(&probe, port != NULL ? value_hold(port) : value_new_int(80), "tcpSocket", "port",
              NULL);
    value_set(probe, "periodSeconds", value_new_int(5));
    value_set(change, "readinessProbe", probe);
    return change;
}

static struct value *probes(const struct candidate *candidate)
{
    return of_containers(candidate, probe_of);
}

static const struct fix readiness = {
    .name = "readiness-probe",
    .level = probes,
    .says = "no requests before a container is ready for them",
};

/* ── requests ── */

/* What the scenario says that the image uses; NULL: nothing. */
static const struct value *image_of(const struct candidate *candidate,
                                    const struct value *container)
{
    const struct manifest *objects = &candidate->scenario->objects;
    const char *image = value_text(value_get(container, "image"), "");
    for (size_t i = 0; i < objects->count; i++) {
        const struct value *object = objects->items[i].document;
        if (objects->items[i].kind == KIND_IMAGE &&
            strcmp(value_text(value_path(object, "metadata", "name", NULL), ""), image) == 0)
            return value_get(object, "spec");
    }
    return NULL;
}

/* Memory as much as it uses, or is allowed, so that nodes are not promised twice. */
static struct value *request_of(const struct candidate *candidate, const struct value *container)
{
    const struct value *limit = value_path(container, "resources", "limits", "memory", NULL);
    const struct value *used = value_get(image_of(candidate, container), "memory");
    if (value_path(container, "resources", "requests", "memory", NULL) != NULL ||
        (limit == NULL && used == NULL))
        return NULL;
    struct value *change = value_new_map();
    value_put(&change, value_hold(used != NULL ? used : limit), "resources", "requests", "memory",
              NULL);
    return change;
}

static struct value *what_it_uses(const struct candidate *candidate)
{
    return of_containers(candidate, request_of);
}

static const struct fix requests = {
    .name = "requests",
    .level = what_it_uses,
    .says = "memory requested as it is used, so that a node is not filled twice",
};

static struct value *limit_of(const struct candidate *candidate, const struct value *container)
{
    const struct value *limit = value_path(container, "resources", "limits", "memory", NULL);
    struct quantity quantity;
    int64_t bytes;
    (void)candidate;
    if (limit == NULL || !quantity_load(limit, &quantity, NULL) ||
        __builtin_mul_overflow(quantity_value(quantity), 2, &bytes))
        return NULL;
    struct value *change = value_new_map();
    char *twice = mem_format("%" PRId64, bytes);
    value_put(&change, value_new_string(twice), "resources", "limits", "memory", NULL);
    free(twice);
    return change;
}

static struct value *twice_the_memory(const struct candidate *candidate)
{
    return of_containers(candidate, limit_of);
}

static const struct fix limits = {
    .name = "memory-limit",
    .level = twice_the_memory,
    .says = "twice the limit of memory",
};

/* ── grace ── */

static struct value *pause_of(const struct candidate *candidate, const struct value *container)
{
    (void)candidate;
    if (value_path(container, "lifecycle", "preStop", NULL) != NULL)
        return NULL;
    struct value *change = value_new_map();
    value_put(&change, value_new_int(10), "lifecycle", "preStop", "sleep", "seconds", NULL);
    return change;
}

/* Proxies need a moment to learn of an end, and requests under way another to be answered. */
static struct value *time_to_end(const struct candidate *candidate)
{
    const int64_t grace = value_int(
        value_path(candidate_template(candidate), "spec", "terminationGracePeriodSeconds", NULL),
        30);
    struct value *level = of_containers(candidate, pause_of);
    if (level == NULL)
        return NULL;
    struct value *patch = value_get(value_at(value_get(level, "patches"), 0), "patch");
    value_set(value_path(patch, "spec", "template", "spec", NULL), "terminationGracePeriodSeconds",
              value_new_int(grace + 10));
    return level;
}

static const struct fix grace = {
    .name = "grace-period",
    .level = time_to_end,
    .says = "ten seconds before SIGTERM, in which proxies learn of it (preStop)",
};

/* ── surge ── */

/* Roll without taking anything away first. */
static struct value *surge_first(const struct candidate *candidate)
{
    const struct value *strategy = value_path(candidate->document, "spec", "strategy", NULL);
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const bool rolls =
        strcmp(value_text(value_get(strategy, "type"), "RollingUpdate"), "RollingUpdate") == 0;
    if (strcmp(value_text(value_get(candidate->document, "kind"), ""), "Deployment") != 0 ||
        (rolls && value_int(value_get(rolling, "maxUnavailable"), -1) == 0))
        return NULL;
    struct value *patch = value_new_map();
    value_put(&patch, value_new_string("RollingUpdate"), "spec", "strategy", "type", NULL);
    value_put(&patch, value_new_int(0), "spec", "strategy", "rollingUpdate", "maxUnavailable",
              NULL);
    value_put(&patch, value_new_int(1), "spec", "strategy", "rollingUpdate", "maxSurge", NULL);
    return level_of_patch(candidate, patch);
}

static const struct fix surge = {
    .name = "surge",
    .level = surge_first,
    .says = "roll-outs start a new replica before they stop an old one",
};

/* ── tolerations ── */

static struct value *toleration(const char *key)
{
    struct value *map = value_new_map();
    value_set(map, "key", value_new_string(key));
    value_set(map, "operator", value_new_string("Exists"));
    value_set(map, "effect", value_new_string("NoExecute"));
    value_set(map, "tolerationSeconds", value_new_int(30));
    return map;
}

/* Leave a dead node after half a minute instead of five. */
static struct value *leave_sooner(const struct candidate *candidate)
{
    const struct value *spec = value_get(candidate_template(candidate), "spec");
    const struct value *given = value_get(spec, "tolerations");
    struct value *list = value_new_list(), *pod = value_new_map();
    for (size_t i = 0; given != NULL && i < given->count; i++) {
        const char *key = value_text(value_get(given->items[i], "key"), "");
        if (strcmp(key, "node.kubernetes.io/unreachable") != 0 &&
            strcmp(key, "node.kubernetes.io/not-ready") != 0)
            value_add(list, value_hold(given->items[i]));
    }
    value_add(list, toleration("node.kubernetes.io/not-ready"));
    value_add(list, toleration("node.kubernetes.io/unreachable"));
    value_set(pod, "tolerations", list);
    return level_of_pod_patch(candidate, pod);
}

static const struct fix tolerations = {
    .name = "toleration-seconds",
    .level = leave_sooner,
    .says = "pods leave a lost node after 30 s instead of 5 min",
};

const struct fix *const fixes[] = {
    &replica, &spread, &budget, &readiness, &requests, &limits, &grace, &surge, &tolerations, NULL,
};
