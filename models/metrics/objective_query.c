/* Queries of objectives: NAME{label="value", ...}, with or without sum() around it, as PromQL writes
 * a series. docs/objectives.md lists the names. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/node.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/metrics/objectives_private.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

/* ---- levels of objects: what kube-state-metrics would say ---- */

typedef int64_t object_reader(const struct object *object);

static int64_t deployment_spec(const struct object *o)
{
    return ((const struct deployment *)o)->replicas;
}
static int64_t deployment_replicas(const struct object *o)
{
    return ((const struct deployment *)o)->status_replicas;
}
static int64_t deployment_ready(const struct object *o)
{
    return ((const struct deployment *)o)->ready_replicas;
}
static int64_t deployment_available(const struct object *o)
{
    return ((const struct deployment *)o)->available_replicas;
}
static int64_t deployment_unavailable(const struct object *o)
{
    return ((const struct deployment *)o)->unavailable_replicas;
}
static int64_t deployment_updated(const struct object *o)
{
    return ((const struct deployment *)o)->updated_replicas;
}
static int64_t statefulset_spec(const struct object *o)
{
    return statefulset_of(o)->replicas;
}
static int64_t statefulset_ready(const struct object *o)
{
    return statefulset_of(o)->ready;
}
static int64_t statefulset_available(const struct object *o)
{
    return statefulset_of(o)->available;
}
static int64_t daemonset_desired(const struct object *o)
{
    return daemonset_of(o)->desired;
}
static int64_t daemonset_ready(const struct object *o)
{
    return daemonset_of(o)->ready;
}
static int64_t daemonset_available(const struct object *o)
{
    return daemonset_of(o)->available;
}
static int64_t daemonset_unavailable(const struct object *o)
{
    return daemonset_of(o)->unavailable;
}
static int64_t one(const struct object *o)
{
    (void)o;
    return 1;
}
static int64_t node_ready(const struct object *o)
{
    return node_is_ready(node_of(o));
}
static int64_t pod_ready(const struct object *o)
{
    return pod_is_ready(pod_of(o));
}
static int64_t pod_pending(const struct object *o)
{
    return pod_of(o)->phase == POD_PENDING;
}
static int64_t pod_running(const struct object *o)
{
    return pod_of(o)->phase == POD_RUNNING;
}
static int64_t pod_failed(const struct object *o)
{
    return pod_of(o)->phase == POD_FAILED;
}

/* The names, and which objects they are of. Labels that the row fixes stand behind it. */
static const struct object_metric {
    const char *name;
    enum kind kind;
    const char *object_label; /* of the object's name */
    object_reader *read;
    struct {
        const char *key, *value;
    } fixed[2];
} object_metrics[] = {
    { "kube_deployment_spec_replicas", KIND_DEPLOYMENT, "deployment", deployment_spec, { { 0 } } },
    { "kube_deployment_status_replicas",
      KIND_DEPLOYMENT,
      "deployment",
      deployment_replicas,
      { { 0 } } },
    { "kube_deployment_status_replicas_ready",
      KIND_DEPLOYMENT,
      "deployment",
      deployment_ready,
      { { 0 } } },
    { "kube_deployment_status_replicas_available",
      KIND_DEPLOYMENT,
      "deployment",
      deployment_available,
      { { 0 } } },
    { "kube_deployment_status_replicas_unavailable",
      KIND_DEPLOYMENT,
      "deployment",
      deployment_unavailable,
      { { 0 } } },
    { "kube_deployment_status_replicas_updated",
      KIND_DEPLOYMENT,
      "deployment",
      deployment_updated,
      { { 0 } } },
    { "kube_statefulset_replicas", KIND_STATEFULSET, "statefulset", statefulset_spec, { { 0 } } },
    { "kube_statefulset_status_replicas_ready",
      KIND_STATEFULSET,
      "statefulset",
      statefulset_ready,
      { { 0 } } },
    { "kube_statefulset_status_replicas_available",
      KIND_STATEFULSET,
      "statefulset",
      statefulset_available,
      { { 0 } } },
    { "kube_daemonset_status_desired_number_scheduled",
      KIND_DAEMONSET,
      "daemonset",
      daemonset_desired,
      { { 0 } } },
    { "kube_daemonset_status_number_ready",
      KIND_DAEMONSET,
      "daemonset",
      daemonset_ready,
      { { 0 } } },
    { "kube_daemonset_status_number_available",
      KIND_DAEMONSET,
      "daemonset",
      daemonset_available,
      { { 0 } } },
    { "kube_daemonset_status_number_unavailable",
      KIND_DAEMONSET,
      "daemonset",
      daemonset_unavailable,
      { { 0 } } },
    { "kube_node_info", KIND_NODE, "node", one, { { 0 } } },
    { "kube_node_status_condition",
      KIND_NODE,
      "node",
      node_ready,
      { { "condition", "Ready" }, { "status", "true" } } },
    { "kube_pod_info", KIND_POD, "pod", one, { { 0 } } },
    { "kube_pod_status_ready", KIND_POD, "pod", pod_ready, { { "condition", "true" } } },
    { "kube_pod_status_phase", KIND_POD, "pod", pod_pending, { { "phase", "Pending" } } },
    { "kube_pod_status_phase", KIND_POD, "pod", pod_running, { { "phase", "Running" } } },
    { "kube_pod_status_phase", KIND_POD, "pod", pod_failed, { { "phase", "Failed" } } },
};

enum { OBJECT_METRICS = sizeof object_metrics / sizeof *object_metrics };

struct object_level {
    struct cluster *cluster;
    const struct object_metric *metric;
    char *space, *name; /* owned; NULL: any */
    int64_t value;
    struct levels steps;
};

static void note_level(struct levels *levels, sim_time at, int64_t value)
{
    if (levels->count > 0 && levels->items[levels->count - 1].at == at)
        levels->count--;
    if (levels->count > 0 && levels->items[levels->count - 1].value == value)
        return;
    MEM_GROW(levels->items, levels->count, levels->capacity);
    levels->items[levels->count++] = (struct level_at){ at, value };
}

static void object_changed(void *self, const struct watch_event *event)
{
    struct object_level *level = self;
    const struct object *object = event->object;
    if ((level->space != NULL && strcmp(level->space, text_s(object->space)) != 0) ||
        (level->name != NULL && strcmp(level->name, text_s(object->name)) != 0))
        return;
    const int64_t before = event->before != NULL ? level->metric->read(event->before) : 0;
    const int64_t after = event->type != WATCH_DELETED ? level->metric->read(object) : 0;
    if (before == after)
        return;
    level->value += after - before;
    note_level(&level->steps, event->at, level->value);
}

static struct object_level *object_level_new(struct cluster *cluster,
                                             const struct object_metric *metric)
{
    struct object_level *level = mem_new(sizeof *level);
    level->cluster = cluster;
    level->metric = metric;
    note_level(&level->steps, run_now(cluster->run), 0);
    return level;
}

/* ---- the text ---- */

struct query_label {
    char *key, *value; /* owned */
    bool used;
};

/* A query taken apart. */
struct parsed {
    char *name; /* owned */
    struct query_label *labels;
    size_t count, capacity;
};

static void parsed_close(struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->count; i++) {
        free(parsed->labels[i].key);
        free(parsed->labels[i].value);
    }
    free(parsed->labels);
    free(parsed->name);
}

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

static const char *word_end(const char *at)
{
    while (isalnum((unsigned char)*at) || *at == '_' || *at == ':')
        at++;
    return at;
}

static bool fault_at(const struct value *text, const char *at, struct error *error,
                     const char *what)
{
    return error_set(error, text->at, "query: %s at character %zu of \"%s\"", what,
                     (size_t)(at - text->text) + 1, text->text);
}

/* key="value"; NULL with the error. */
static const char *read_label(const struct value *text, const char *at, struct parsed *into,
                              struct error *error)
{
    const char *end = word_end(at);
    const char *equals = skip_blanks(end);
    if (end == at)
        return fault_at(text, at, error, "a label's name is expected"), NULL;
    if (equals[0] != '=' || equals[1] == '~')
        return fault_at(text, equals, error, "only label=\"value\" can be asked for:"), NULL;
    const char *quote = skip_blanks(equals + 1), *close;
    if ((*quote != '"' && *quote != '\'') || (close = strchr(quote + 1, *quote)) == NULL)
        return fault_at(text, quote, error, "a value in quotes is expected"), NULL;
    MEM_GROW(into->labels, into->count, into->capacity);
    into->labels[into->count++] =
        (struct query_label){ .key = mem_text(at, (size_t)(end - at)),
                              .value = mem_text(quote + 1, (size_t)(close - quote - 1)) };
    return skip_blanks(close + 1);
}

static bool parse(const struct value *text, struct parsed *into, struct error *error)
{
    const char *at = skip_blanks(text->text);
    bool in_sum = strncmp(at, "sum", 3) == 0 && *skip_blanks(at + 3) == '(';
    if (in_sum)
        at = skip_blanks(skip_blanks(at + 3) + 1);
    const char *end = word_end(at);
    if (end == at)
        return fault_at(text, at, error, "the name of a metric is expected");
    into->name = mem_text(at, (size_t)(end - at));
    at = skip_blanks(end);
    if (*at == '{') {
        at = skip_blanks(at + 1);
        while (*at != '}') {
            if ((at = read_label(text, at, into, error)) == NULL)
                return false;
            if (*at == ',')
                at = skip_blanks(at + 1);
            else if (*at != '}')
                return fault_at(text, at, error, "a comma or } is expected");
        }
        at = skip_blanks(at + 1);
    }
    if (in_sum && *at++ != ')')
        return fault_at(text, at - 1, error, "the ) of sum( is expected");
    at = skip_blanks(at);
    return *at == '\0' ||
           fault_at(text, at, error,
                    "a metric with labels is all that can be asked for: something more");
}

/* The value of a label; NULL when it is not there. */
static const char *label_get(struct parsed *parsed, const char *key)
{
    for (size_t i = 0; i < parsed->count; i++)
        if (strcmp(parsed->labels[i].key, key) == 0) {
            parsed->labels[i].used = true;
            return parsed->labels[i].value;
        }
    return NULL;
}

static char *copy_of(const char *text)
{
    return text != NULL ? mem_text(text, strlen(text)) : NULL;
}

/* ---- what it is of ---- */

static const struct {
    const char *name;
    enum query_source source;
    int which;
    const char *labels[5]; /* ends with NULL */
} own_metrics[] = {
    { "available", QUERY_REPLICAS, AVAILABLE, { "workload", "service", "namespace" } },
    { "ready_replicas", QUERY_REPLICAS, READY_REPLICAS, { "workload", "service", "namespace" } },
    { "wanted_replicas", QUERY_REPLICAS, WANTED_REPLICAS, { "workload", "service", "namespace" } },
    { "missing_replicas",
      QUERY_REPLICAS,
      MISSING_REPLICAS,
      { "workload", "service", "namespace" } },
    { "requests", QUERY_REQUESTS, REQUESTS, { "service", "namespace", "source" } },
    { "requests_ok", QUERY_REQUESTS, REQUESTS_OK, { "service", "namespace", "source" } },
    { "requests_failed", QUERY_REQUESTS, REQUESTS_FAILED, { "service", "namespace", "source" } },
    { "request_latency_seconds",
      QUERY_LATENCY,
      LATENCY,
      { "service", "namespace", "source", "quantile" } },
    { "request_latency_seconds_bucket",
      QUERY_LATENCY,
      LATENCY_BUCKET,
      { "service", "namespace", "source", "le" } },
    { "request_latency_seconds_count",
      QUERY_LATENCY,
      LATENCY_COUNT,
      { "service", "namespace", "source" } },
};

enum { OWN_METRICS = sizeof own_metrics / sizeof *own_metrics };

static bool read_number(const struct value *text, const char *label, const char *from, double most,
                        double *number, struct error *error)
{
    char *end;
    *number = strtod(from, &end);
    if (*from == '\0' || *end != '\0' || !isfinite(*number) || *number <= 0 || *number > most)
        return error_set(error, text->at, "query: %s=\"%s\" is no number from 0 to %g", label, from,
                         most);
    return true;
}

/* "deployment/web", or a bare name, of any kind. */
static bool read_workload(const struct value *text, const char *from, struct objective_query *query,
                          struct error *error)
{
    const char *slash = strchr(from, '/');
    query->kind = KIND_COUNT;
    if (slash == NULL) {
        query->name = copy_of(from);
        return true;
    }
    char *type = mem_text(from, (size_t)(slash - from));
    query->kind = kind_of_resource(type);
    query->name = copy_of(slash + 1);
    if (query->kind == KIND_COUNT)
        error_set(error, text->at, "query: workload=\"%s\": no resource type is called \"%s\"",
                  from, type);
    free(type);
    return query->kind != KIND_COUNT;
}

static bool read_replicas(const struct value *text, struct parsed *parsed,
                          struct objective_query *query, struct error *error)
{
    const char *workload = label_get(parsed, "workload"), *service = label_get(parsed, "service");
    if ((workload == NULL) == (service == NULL))
        return error_set(error, text->at,
                         "query: say one of workload=\"deployment/web\" and service=\"web\"");
    if (workload != NULL)
        return read_workload(text, workload, query, error);
    query->kind = KIND_SERVICE;
    query->by_service = true;
    query->name = copy_of(service);
    return true;
}

static bool matches(const struct objective_query *query, const struct ledger *ledger)
{
    return strcmp(text_s(ledger->space), query->space) == 0 &&
           (query->name == NULL || strcmp(text_s(ledger->service), query->name) == 0) &&
           (query->entry == NULL || strcmp(text_s(ledger->name), query->entry) == 0);
}

/* Find the entries of `traffic`, and let them keep a log. */
static bool find_logs(const struct value *text, struct objective_query *query,
                      const struct objective_sources *sources, struct error *error)
{
    struct traffic *traffic = traffic_of(sources->cluster);
    struct nearest near = nearest_to(query->name);
    struct ledger *ledger;
    for (size_t i = 0;
         (ledger = traffic_counted(traffic, i, run_now(sources->cluster->run))) != NULL; i++) {
        if (strcmp(text_s(ledger->space), query->space) == 0)
            nearest_offer(&near, text_s(ledger->service));
        if (!matches(query, ledger))
            continue;
        if (query->source == QUERY_LATENCY && !ledger->drawn)
            return error_set(error, text->at,
                             "query: latencies of service %s are not known: its requests are "
                             "counted in the mean (say mode: requests in traffic)",
                             query->name);
        traffic_keep_log(traffic, i);
        MEM_GROW(query->logs, query->log_count, query->log_capacity);
        query->logs[query->log_count++] = i;
    }
    return query->log_count > 0 ||
           error_set(error, text->at,
                     "query: there is no traffic for service %s in namespace %s%s%s%s", query->name,
                     query->space, near.found ? " (did you mean " : "",
                     near.found ? near.found : "", near.found ? "?)" : "");
}

static bool read_requests(const struct value *text, struct parsed *parsed,
                          struct objective_query *query, const struct objective_sources *sources,
                          struct error *error)
{
    const char *service = label_get(parsed, "service");
    const char *quantile = label_get(parsed, "quantile"), *le = label_get(parsed, "le");
    if (service == NULL)
        return error_set(error, text->at, "query: %s needs service=\"...\"", parsed->name);
    query->by_service = true;
    query->name = copy_of(service);
    query->entry = copy_of(label_get(parsed, "source"));
    query->le = -1;
    if (query->which == LATENCY_BUCKET && le == NULL)
        return error_set(error, text->at, "query: %s needs le=\"0.5\"", parsed->name);
    if ((quantile != NULL &&
         !read_number(text, "quantile", quantile, 1, &query->quantile, error)) ||
        (le != NULL && !read_number(text, "le", le, 1e9, &query->le, error)))
        return false;
    return find_logs(text, query, sources, error);
}

static bool unused_label(const struct value *text, const struct parsed *parsed,
                         const char *const *labels, struct error *error)
{
    for (size_t i = 0; i < parsed->count; i++) {
        if (parsed->labels[i].used)
            continue;
        struct nearest near = nearest_to(parsed->labels[i].key);
        for (; *labels != NULL; labels++)
            nearest_offer(&near, *labels);
        return error_set(error, text->at, "query: %s has no label %s here%s%s%s", parsed->name,
                         parsed->labels[i].key, near.found ? " (did you mean " : "",
                         near.found ? near.found : "", near.found ? "?)" : "");
    }
    return true;
}

static bool read_own(const struct value *text, struct parsed *parsed, size_t row,
                     struct objective_query *query, const struct objective_sources *sources,
                     struct error *error)
{
    const char *space = label_get(parsed, "namespace");
    query->source = own_metrics[row].source;
    query->which = own_metrics[row].which;
    query->space = copy_of(space ? space : "default");
    const bool well = query->source == QUERY_REPLICAS
                          ? read_replicas(text, parsed, query, error)
                          : read_requests(text, parsed, query, sources, error);
    return well && unused_label(text, parsed, own_metrics[row].labels, error);
}

/* Do the labels say what the row fixes? */
static bool fits_row(struct parsed *parsed, const struct object_metric *row)
{
    for (int i = 0; i < 2 && row->fixed[i].key != NULL; i++) {
        const char *value = label_get(parsed, row->fixed[i].key);
        if (value == NULL || strcmp(value, row->fixed[i].value) != 0)
            return false;
    }
    return strcmp(row->name, parsed->name) == 0;
}

/* Of kube-state-metrics; *known: there is one of this name. */
static bool read_objects(const struct value *text, struct parsed *parsed,
                         struct objective_query *query, const struct objective_sources *sources,
                         bool *known, struct error *error)
{
    const struct object_metric *named = NULL;
    *known = false;
    for (size_t i = 0; i < OBJECT_METRICS; i++) {
        const struct object_metric *row = &object_metrics[i];
        const char *const labels[] = { "namespace", row->object_label, row->fixed[0].key,
                                       row->fixed[1].key, NULL };
        if (strcmp(row->name, parsed->name) == 0)
            named = row;
        if (named != row || !fits_row(parsed, row))
            continue;
        *known = true;
        query->source = QUERY_OBJECTS;
        query->objects = object_level_new(sources->cluster, row);
        query->objects->space =
            kind_infos[row->kind].namespaced ? copy_of(label_get(parsed, "namespace")) : NULL;
        query->objects->name = copy_of(label_get(parsed, row->object_label));
        store_watch_kinds(sources->cluster->store,
                          (struct watcher){ .self = query->objects, .deliver = object_changed },
                          UINT64_C(1) << row->kind);
        return unused_label(text, parsed, labels, error);
    }
    if (named == NULL)
        return false;
    *known = true;
    return error_set(error, text->at, "query: %s is known with %s=\"%s\"%s%s%s%s here", named->name,
                     named->fixed[0].key, named->fixed[0].value, named->fixed[1].key ? ", " : "",
                     named->fixed[1].key ? named->fixed[1].key : "", named->fixed[1].key ? "=" : "",
                     named->fixed[1].key ? named->fixed[1].value : "");
}

static bool read_query(const struct value *text, struct parsed *parsed,
                       struct objective_query *query, const struct objective_sources *sources,
                       struct error *error)
{
    bool known;
    for (size_t i = 0; i < OWN_METRICS; i++)
        if (strcmp(own_metrics[i].name, parsed->name) == 0)
            return read_own(text, parsed, i, query, sources, error);
    const bool well = read_objects(text, parsed, query, sources, &known, error);
    if (known)
        return well;
    struct nearest near = nearest_to(parsed->name);
    for (size_t i = 0; i < OWN_METRICS; i++)
        nearest_offer(&near, own_metrics[i].name);
    for (size_t i = 0; i < OBJECT_METRICS; i++)
        nearest_offer(&near, object_metrics[i].name);
    return error_set(error, text->at, "query: no simulated metric is called %s%s%s%s", parsed->name,
                     near.found ? " (did you mean " : "", near.found ? near.found : "",
                     near.found ? "?)" : " (docs/objectives.md lists them)");
}

struct objective_query *objective_query_new(const struct value *text,
                                            const struct objective_sources *sources,
                                            struct error *error)
{
    struct parsed parsed = { 0 };
    struct objective_query *query = mem_new(sizeof *query);
    query->text = text->text;
    query->at = text->at;
    if (!parse(text, &parsed, error) || !read_query(text, &parsed, query, sources, error)) {
        objective_query_free(query);
        query = NULL;
    }
    parsed_close(&parsed);
    return query;
}

void objective_query_free(struct objective_query *query)
{
    if (query == NULL)
        return;
    if (query->objects != NULL) {
        store_unwatch(query->objects->cluster->store, query->objects);
        free(query->objects->space);
        free(query->objects->name);
        free(query->objects->steps.items);
        free(query->objects);
    }
    free(query->space);
    free(query->name);
    free(query->entry);
    free(query->logs);
    free(query);
}

bool objective_query_same(const struct objective_query *a, const struct objective_query *b)
{
    const struct {
        const char *a, *b;
    } texts[] = { { a->space, b->space }, { a->name, b->name }, { a->entry, b->entry } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if ((texts[i].a == NULL) != (texts[i].b == NULL) ||
            (texts[i].a != NULL && strcmp(texts[i].a, texts[i].b) != 0))
            return false;
    return true;
}

/* ---- levels ---- */

static struct availability *availability_of(const struct objective_query *query,
                                            const struct objective_sources *sources,
                                            struct nearest *near)
{
    return query->by_service
               ? services_availability(sources->services, query->space, query->name, near)
               : workloads_availability(sources->workloads, query->kind, query->space, query->name,
                                        near);
}

bool objective_query_check(const struct objective_query *query,
                           const struct objective_sources *sources, struct error *error)
{
    struct nearest near = nearest_to(query->name ? query->name : "");
    if (query->source != QUERY_REPLICAS || availability_of(query, sources, &near) != NULL)
        return true;
    return error_set(error, query->at, "query: there is no %s %s in namespace %s%s%s%s",
                     query->by_service           ? "service"
                     : query->kind == KIND_COUNT ? "workload"
                                                 : kind_infos[query->kind].name,
                     query->name, query->space, near.found ? " (did you mean " : "",
                     near.found ? near.found : "", near.found ? "?)" : "");
}

static int64_t level_of(enum replica_level which, const struct level_step *step)
{
    switch (which) {
    case AVAILABLE:
        return step->ready > 0 || step->wanted <= 0;
    case READY_REPLICAS:
        return step->ready;
    case WANTED_REPLICAS:
        return step->wanted;
    case MISSING_REPLICAS:
        return step->wanted > step->ready ? step->wanted - step->ready : 0;
    }
    return 0;
}

static struct levels replica_levels(const struct objective_query *query,
                                    const struct objective_sources *sources)
{
    struct levels levels = { 0 };
    const struct availability *of = availability_of(query, sources, NULL);
    if (of == NULL || !of->counting)
        return levels;
    for (uint32_t i = 0; i < of->step_count; i++) {
        const sim_time at = of->steps[i].at;
        note_level(&levels, at > of->began ? at : of->began,
                   level_of((enum replica_level)query->which, &of->steps[i]));
    }
    return levels;
}

struct levels objective_query_levels(const struct objective_query *query,
                                     const struct objective_sources *sources)
{
    if (query->source == QUERY_REPLICAS)
        return replica_levels(query, sources);
    const struct levels *steps = &query->objects->steps;
    struct levels levels = { .count = steps->count, .capacity = steps->count };
    levels.items = mem_new((steps->count + 1) * sizeof *levels.items);
    memcpy(levels.items, steps->items, steps->count * sizeof *levels.items);
    return levels;
}

void objective_query_restart(struct objective_query *query, sim_time now)
{
    if (query->objects == NULL)
        return;
    query->objects->steps.count = 0;
    note_level(&query->objects->steps, now, query->objects->value);
}
