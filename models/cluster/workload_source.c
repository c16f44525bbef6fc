/* The pods of a workload, arriving and leaving.
 *
 * One pending event for all arrivals. Pods of lines that are alike share one admitted template, so
 * that a pod costs its record and its run time. A Job is admitted for each line: its run time is part
 * of its template. */
#include <assert.h>
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "models/cluster/workload.h"
#include "sim/base/memory.h"

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
    struct object **patterns;  /* by kind of the workload: admitted, never stored; NULL: a Job */
    struct finished *finished; /* to be deleted in an event of their own */
    size_t finished_count, finished_capacity;
};

/* ── before the first arrival ── */

static void make_namespace(struct cluster *cluster, const char *name)
{
    const struct object_key key = { KIND_NAMESPACE, NULL, text_find(cluster->run->texts, name) };
    struct error_list faults = { 0 };
    struct error error = { 0 };
    if (key.name != NULL && store_get(cluster->store, key) != NULL)
        return;
    struct value *document = value_new_map();
    value_put(&document, value_new_string("v1"), "apiVersion", NULL);
    value_put(&document, value_new_string("Namespace"), "kind", NULL);
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    struct object *space = cluster_admit(cluster, document, NULL, &faults, NULL);
    if (space != NULL)
        client_create(&cluster->admin, space, NULL, &error);
    value_drop(document);
    error_close(&error); /* the fault of a name stands at what is to be there */
    error_list_close(&faults);
}

/* Pods of the same labels share them. */
static void share_labels(struct workload_source *source, struct object *pod)
{
    struct meta *meta = &((struct pod *)pod)->meta;
    if (source->mark == NULL)
        source->mark = labels_hold(meta->labels);
    if (meta->labels == source->mark || !labels_equal(meta->labels, source->mark))
        return;
    labels_drop(meta->labels);
    meta->labels = labels_hold(source->mark);
}

/* Of every kind a pattern; what the API server would refuse is a fault. */
static void admit_kind(struct workload_source *source, size_t number, struct error_list *faults)
{
    const struct workload_kind *kind = source->workload->kinds[number];
    struct error_list found = { 0 };
    make_namespace(source->cluster,
                   value_text(value_path(kind->document, "metadata", "namespace", NULL), ""));
    struct object *object = cluster_admit(source->cluster, kind->document, NULL, &found, NULL);
    for (size_t i = 0; i < found.count; i++) {
        if (found.items[i].at.file == NULL)
            found.items[i].at = kind->document->at;
        error_wrap(&found.items[i], "pods like this one");
        error_list_take(faults, &found.items[i]);
    }
    error_list_close(&found);
    if (object != NULL && kind->is_job) {
        object_drop(object); /* each Job has a template of its own */
        return;
    }
    if (object != NULL)
        share_labels(source, object);
    source->patterns[number] = object;
}

/* ── arrivals ── */

static void create_pod(struct workload_source *source, const struct arrival *arrival,
                       const struct text *name)
{
    struct texts *texts = source->cluster->run->texts;
    const struct object *pattern = source->patterns[arrival->kind];
    if (pattern == NULL) {
        text_drop(name);
        return;
    }
    struct object *object = object_copy(pattern);
    struct meta *meta = &((struct pod *)object)->meta;
    char run_time[SIM_TIME_TEXT];
    text_assign(&object->name, name);
    const struct labels *annotations =
        labels_with(texts, meta->annotations, "seatrial.dev/run-time",
                    sim_time_print(arrival->duration, run_time));
    labels_drop(meta->annotations);
    meta->annotations = annotations;
    struct error error = { 0 };
    client_create(&source->client, object, NULL, &error);
    error_close(&error); /* a full namespace or the like: the pod never was */
}

static void create_job(struct workload_source *source, const struct arrival *arrival,
                       const struct text *name)
{
    struct value *job = value_hold(source->workload->kinds[arrival->kind]->document);
    const int64_t pods = arrival->pods > 0 ? arrival->pods : 1;
    struct error_list faults = { 0 };
    struct error error = { 0 };
    char run_time[SIM_TIME_TEXT];
    sim_time_print(arrival->duration, run_time);
    value_put(&job, value_new_string(text_s(name)), "metadata", "name", NULL);
    value_put(&job, value_new_int(pods), "spec", "completions", NULL);
    value_put(&job, value_new_int(pods), "spec", "parallelism", NULL);
    value_put(&job, value_new_string(run_time), "spec", "template", "metadata", "annotations",
              "seatrial.dev/run-time", NULL);
    struct object *object = cluster_admit(source->cluster, job, NULL, &faults, NULL);
    if (object != NULL)
        client_create(&source->client, object, NULL, &error);
    error_close(&error);
    error_list_close(&faults);
    value_drop(job);
    text_drop(name);
}

/* Line NUMBER of the workload: a pod, several, or a Job. */
static void create(struct workload_source *source, size_t number)
{
    const struct workload *workload = source->workload;
    const struct arrival *arrival = &workload->arrivals[number];
    struct texts *texts = source->cluster->run->texts;
    const bool is_job = workload->kinds[arrival->kind]->is_job;
    const char *given = arrival_name(workload, arrival);
    const struct text *name = given != NULL
                                  ? text_intern(texts, given)
                                  : text_format(texts, "%s-%zu", is_job ? "job" : "pod", number);
    if (is_job) {
        create_job(source, arrival, name);
    } else if (arrival->pods == 0) {
        create_pod(source, arrival, name);
    } else {
        for (uint32_t i = 0; i < arrival->pods; i++)
            create_pod(source, arrival, text_format(texts, "%s-%u", text_s(name), i));
        text_drop(name);
    }
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
        create(source, source->next++);
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
                                            const struct workload *workload,
                                            struct error_list *faults)
{
    struct workload_source *source = mem_new(sizeof *source);
    source->cluster = cluster;
    source->workload = workload;
    source->began = run_now(cluster->run);
    client_init(&source->client, cluster, "workload", 0, 0, source);
    source->client.free_of_charge = true;
    source->cause = run_root(cluster->run, source->began, "arrival", "workload");
    source->patterns = mem_new((workload->kind_count + 1) * sizeof *source->patterns);
    for (size_t i = 0; i < workload->kind_count; i++)
        admit_kind(source, i, faults);
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
    for (size_t i = 0; i < source->workload->kind_count; i++)
        if (source->patterns[i] != NULL)
            object_drop(source->patterns[i]);
    for (size_t i = 0; i < source->finished_count; i++)
        object_key_drop(source->finished[i].key);
    labels_drop(source->mark);
    client_close(&source->client);
    free(source->patterns);
    free(source->finished);
    free(source);
}
