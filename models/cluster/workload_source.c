/* The pods of a workload, arriving and leaving.
 *
 * One pending event for all arrivals. Pods of equal requests share one admitted template, so
 * that a pod costs its record and its run time. */
#include <assert.h>
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "models/cluster/workload.h"
#include "sim/base/memory.h"

struct pod_kind {
    int64_t memory_bytes;
    int32_t cpu_milli;
    struct pod *pod; /* admitted, never stored: the pattern of its pods */
};

struct finished {
    struct object_key key;
    struct cause cause;
};

struct workload_source {
    struct cluster *cluster;
    const struct workload *workload;
    struct client client;
    struct cause cause; /* of every arrival */
    sim_time began;
    size_t next; /* arrival */
    event_id arrival, cleaning;
    const struct labels *mark; /* the labels of its pods, shared */
    struct pod_kind *kinds;
    size_t kind_count, kind_capacity;
    struct finished *finished; /* to be deleted in an event of their own */
    size_t finished_count, finished_capacity;
};

static struct value *pod_document(const struct arrival *arrival)
{
    struct value *pod = value_new_map();
    struct value *container = value_new_map(), *containers = value_new_list();
    value_put(&pod, value_new_string("v1"), "apiVersion", NULL);
    value_put(&pod, value_new_string("Pod"), "kind", NULL);
    value_put(&pod, value_new_string("pod"), "metadata", "name", NULL);
    value_put(&pod, value_new_string("workload"), "metadata", "labels", "seatrial.dev/source",
              NULL);
    value_put(&pod, value_new_string("Never"), "spec", "restartPolicy", NULL);
    value_put(&container, value_new_string("work"), "name", NULL);
    value_put(&container, value_new_string("seatrial.dev/work"), "image", NULL);
    char *cpu = mem_format("%dm", arrival->cpu_milli);
    char *memory = mem_format("%lld", (long long)arrival->memory_bytes);
    value_put(&container, value_new_string(cpu), "resources", "requests", "cpu", NULL);
    value_put(&container, value_new_string(memory), "resources", "requests", "memory", NULL);
    free(cpu);
    free(memory);
    value_add(containers, container);
    value_put(&pod, containers, "spec", "containers", NULL);
    return pod;
}

static const struct pod *pattern_for(struct workload_source *source, const struct arrival *arrival)
{
    for (size_t i = 0; i < source->kind_count; i++)
        if (source->kinds[i].cpu_milli == arrival->cpu_milli &&
            source->kinds[i].memory_bytes == arrival->memory_bytes)
            return source->kinds[i].pod;
    struct error_list errors = { 0 };
    struct value *document = pod_document(arrival);
    struct object *pod = cluster_admit(source->cluster, document, "default", &errors, NULL);
    assert(pod != NULL && errors.count == 0); /* numbers were checked when they were read */
    value_drop(document);
    MEM_GROW(source->kinds, source->kind_count, source->kind_capacity);
    source->kinds[source->kind_count++] =
        (struct pod_kind){ arrival->memory_bytes, arrival->cpu_milli, (struct pod *)pod };
    if (source->mark == NULL)
        source->mark = labels_hold(meta_of(pod)->labels);
    labels_drop(meta_of(pod)->labels);
    ((struct pod *)pod)->meta.labels = labels_hold(source->mark);
    return (const struct pod *)pod;
}

static void create_pod(struct workload_source *source, size_t number)
{
    const struct arrival *arrival = &source->workload->arrivals[number];
    struct texts *texts = source->cluster->run->texts;
    struct object *object = object_copy(&pattern_for(source, arrival)->meta.object);
    struct meta *meta = &((struct pod *)object)->meta;
    char run_time[SIM_TIME_TEXT];
    text_assign(&object->name, text_format(texts, "pod-%zu", number));
    const struct labels *annotations =
        labels_with(texts, meta->annotations, "seatrial.dev/run-time",
                    sim_time_print(arrival->duration, run_time));
    labels_drop(meta->annotations);
    meta->annotations = annotations;
    struct error error = { 0 };
    client_create(&source->client, object, NULL, &error);
    error_close(&error); /* a full namespace or the like: the pod never was */
}

/* Whoever submits pods tries until the API server answers. */
static void arrive(void *subject, sim_time now)
{
    struct workload_source *source = subject;
    const struct workload *workload = source->workload;
    if (source->cluster->api_server.away) {
        source->arrival = 0;
        return;
    }
    client_begin(&source->client, source->cause);
    while (source->next < workload->count &&
           source->began + workload->arrivals[source->next].at <= now)
        create_pod(source, source->next++);
    source->arrival = 0;
    if (source->next < workload->count)
        source->arrival =
            run_at(source->cluster->run, source->began + workload->arrivals[source->next].at,
                   PRIORITY_WORLD, arrive, source);
}

static void clean(void *subject, sim_time now)
{
    struct workload_source *source = subject;
    struct delete_options options = delete_options_default();
    (void)now;
    source->cleaning = 0;
    if (source->cluster->api_server.away)
        return;
    for (size_t i = 0; i < source->finished_count; i++) {
        struct error error = { 0 };
        client_begin(&source->client, source->finished[i].cause);
        client_delete(&source->client, source->finished[i].key, options, &error);
        error_close(&error); /* somebody else may have deleted it */
        object_key_drop(source->finished[i].key);
    }
    source->finished_count = 0;
}

static void clean_soon(struct workload_source *source)
{
    if (source->cleaning == 0)
        source->cleaning = run_at(source->cluster->run, run_now(source->cluster->run),
                                  PRIORITY_WORLD, clean, source);
}

/* The API server is back, perhaps: what waited for it is done. */
static void notice_machine(struct workload_source *source)
{
    struct run *run = source->cluster->run;
    if (source->cluster->api_server.away)
        return;
    if (source->arrival == 0 && source->next < source->workload->count)
        source->arrival = run_at(run, run_now(run), PRIORITY_WORLD, arrive, source);
    if (source->finished_count > 0)
        clean_soon(source);
}

static void notice(void *self, const struct watch_event *event)
{
    struct workload_source *source = self;
    if (event->object->kind == KIND_MACHINE) {
        notice_machine(source);
        return;
    }
    const struct meta *meta = meta_of(event->object);
    if (event->type != WATCH_MODIFIED || !pod_is_terminal(pod_of(event->object)) ||
        meta->deleting || labels_get(meta->labels, "seatrial.dev/source") == NULL)
        return;
    MEM_GROW(source->finished, source->finished_count, source->finished_capacity);
    source->finished[source->finished_count++] =
        (struct finished){ object_key_hold(object_key(event->object)), event->cause };
    clean_soon(source);
}

struct workload_source *workload_source_new(struct cluster *cluster,
                                            const struct workload *workload)
{
    struct workload_source *source = mem_new(sizeof *source);
    source->cluster = cluster;
    source->workload = workload;
    source->began = run_now(cluster->run);
    client_init(&source->client, cluster, "workload", 0, 0, source);
    source->client.free_of_charge = true;
    source->cause = run_root(cluster->run, source->began, "arrival", "workload");
    cache_watch_kinds(cluster->cache, (struct watcher){ .self = source, .deliver = notice },
                      UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_MACHINE);
    if (workload->count > 0)
        source->arrival = run_at(cluster->run, source->began + workload->arrivals[0].at,
                                 PRIORITY_WORLD, arrive, source);
    return source;
}

void workload_source_free(struct workload_source *source)
{
    run_cancel(source->cluster->run, &source->arrival);
    run_cancel(source->cluster->run, &source->cleaning);
    for (size_t i = 0; i < source->kind_count; i++)
        object_drop(&source->kinds[i].pod->meta.object);
    for (size_t i = 0; i < source->finished_count; i++)
        object_key_drop(source->finished[i].key);
    labels_drop(source->mark);
    client_close(&source->client);
    free(source->kinds);
    free(source->finished);
    free(source);
}
