/* Empty a namespace that is being deleted, and let it go.
 *
 * Follows pkg/controller/namespace (namespace_controller.go, deletion/namespaced_resources_deleter.go
 * and status_condition_utils.go) of the release named in docs/fidelity.md: five seconds after the
 * deletion, and after each change of the namespace since, all pods are deleted; once none is
 * left, everything else; once nothing is left, the finalizer "kubernetes" is taken away. What
 * remains is looked at again after half the time it may still take. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

static const sim_time grace_for_writers = 5 * SIM_SECOND;
enum { FINALIZER_SECONDS = 15 }; /* what a foreign finalizer is thought to take */

/* What is left in a namespace, and how long it may take to go. */
struct finalizer_count {
    const struct text *name; /* borrowed from an object of the store */
    int count;
};
struct remains {
    int of[KIND_COUNT];
    int total;
    int64_t seconds;
    struct finalizer_count *finalizers; /* owned */
    size_t finalizer_count, finalizer_capacity;
};

static void namespace_wake(struct controller_run *run, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED && meta_of(event->object)->deleting)
        controller_wake_after(run, object_key(event->object), grace_for_writers, event->cause);
}

/* --- deleting the content ---------------------------------------------------------------- */

static void count_finalizers(struct remains *remains, const struct finalizers *finalizers)
{
    for (uint32_t i = 0; finalizers != NULL && i < finalizers->count; i++) {
        size_t at = 0;
        while (at < remains->finalizer_count &&
               remains->finalizers[at].name != finalizers->items[i])
            at++;
        if (at == remains->finalizer_count) {
            MEM_GROW(remains->finalizers, remains->finalizer_count, remains->finalizer_capacity);
            remains->finalizers[remains->finalizer_count++] =
                (struct finalizer_count){ finalizers->items[i], 0 };
        }
        remains->finalizers[at].count++;
    }
}

/* What one object that is still there adds. A pod may take its own grace, counted from the deletion
 * of the namespace. */
static void count_remaining(struct remains *remains, const struct object *object, sim_time elapsed)
{
    remains->of[object->kind]++;
    remains->total++;
    count_finalizers(remains, meta_of(object)->finalizers);
    int64_t seconds = meta_of(object)->finalizers != NULL ? FINALIZER_SECONDS : 0;
    if (object->kind == KIND_POD && !pod_is_terminal(pod_of(object)))
        seconds = pod_of(object)->spec->termination_grace_seconds - elapsed / SIM_SECOND;
    if (seconds > remains->seconds)
        remains->seconds = seconds;
}

/* As a DELETE of the collection: one call for all objects of the kind. */
static void delete_kind(struct client *client, enum kind kind, const struct meta *space,
                        struct remains *remains)
{
    struct batch batch = client_batch(client);
    struct cache_cursor cursor = client_list_namespace(client, kind, space->object.name);
    while (cache_next(&cursor)) {
        const struct object_key key = object_key(cursor.object);
        client_batch_next(client, &batch);
        client_delete(client, key, delete_options_default(), NULL);
        const struct object *left = client_read(client, key);
        if (left != NULL)
            count_remaining(remains, left, client->now - space->deletion);
    }
    client_batch_end(client, &batch);
}

/* Pods first; everything else only once they are gone. */
static struct remains delete_content(struct client *client, const struct meta *space,
                                     bool *only_pods)
{
    struct remains remains = { .total = 0 };
    delete_kind(client, KIND_POD, space, &remains);
    *only_pods = remains.total > 0;
    for (enum kind kind = 0; !*only_pods && kind < KIND_COUNT; kind++)
        if (kind != KIND_POD && client->cluster->by_namespace[kind] >= 0)
            delete_kind(client, kind, space, &remains);
    return remains;
}

/* --- saying what is left ------------------------------------------------------------------- */

/* A few phrases, sorted and joined with commas. */
struct phrases {
    char *items[KIND_COUNT];
    size_t count;
};

static int compare_phrases(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join(const char *before, struct phrases *phrases)
{
    struct writer text = { 0 };
    writer_add(&text, before);
    qsort(phrases->items, phrases->count, sizeof phrases->items[0], compare_phrases);
    for (size_t i = 0; i < phrases->count; i++) {
        writer_format(&text, "%s%s", i > 0 ? ", " : "", phrases->items[i]);
        free(phrases->items[i]);
    }
    return writer_take(&text);
}

/* The dot stands there even where the group is empty. */
static char *print_remaining(const struct remains *remains)
{
    struct phrases phrases = { .count = 0 };
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        if (remains->of[kind] == 0)
            continue;
        const struct kind_info *info = &kind_infos[kind];
        const char *group = info->api_version != NULL ? info->api_version : "";
        const char *slash = strchr(group, '/');
        phrases.items[phrases.count++] =
            mem_format("%s.%.*s has %d resource instances", info->plural,
                       slash != NULL ? (int)(slash - group) : 0, group, remains->of[kind]);
    }
    return join("Some resources are remaining: ", &phrases);
}

static char *print_finalizers(const struct remains *remains)
{
    struct phrases phrases = { .count = 0 };
    for (size_t i = 0; i < remains->finalizer_count && i < KIND_COUNT; i++)
        phrases.items[phrases.count++] =
            mem_format("%s in %d resource instances", remains->finalizers[i].name->s,
                       remains->finalizers[i].count);
    return join("Some content in the namespace has finalizers remaining: ", &phrases);
}

/* The namespace whose status is written, and what it is told. */
struct report {
    struct texts *texts;
    sim_time now;
    const struct remains *remains;
};

static void set_condition(struct namespace_object *space, const struct report *report,
                          const char *type, bool status, const char *reason, const char *message)
{
    const struct condition *old = conditions_find(space->conditions, type);
    const enum condition_status wanted = status ? CONDITION_TRUE : CONDITION_FALSE;
    const struct condition condition = {
        .type = text_intern(report->texts, type),
        .reason = text_intern(report->texts, reason),
        .message = text_intern(report->texts, message),
        .status = wanted,
        .transition = old != NULL && old->status == wanted ? old->transition : report->now,
    };
    const struct conditions *conditions = conditions_with(space->conditions, condition);
    conditions_drop(space->conditions);
    space->conditions = conditions;
}

static void report_remains(struct namespace_object *space, const struct report *report)
{
    const struct remains *remains = report->remains;
    if (remains->total > 0) {
        char *message = print_remaining(remains);
        set_condition(space, report, "NamespaceContentRemaining", true, "SomeResourcesRemain",
                      message);
        free(message);
    } else {
        set_condition(space, report, "NamespaceContentRemaining", false, "ContentRemoved",
                      "All content successfully removed");
    }
    if (remains->finalizer_count > 0) {
        char *message = print_finalizers(remains);
        set_condition(space, report, "NamespaceFinalizersRemaining", true, "SomeFinalizersRemain",
                      message);
        free(message);
    } else {
        set_condition(space, report, "NamespaceFinalizersRemaining", false,
                      "ContentHasNoFinalizers", "All content-preserving finalizers finished");
    }
}

static void write_conditions(struct client *client, const struct object *object,
                             const struct remains *remains)
{
    struct namespace_object *space = (struct namespace_object *)client_edit(object);
    const struct report report = { client->cluster->run->texts, client->now, remains };
    set_condition(space, &report, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                  "All resources successfully discovered");
    set_condition(space, &report, "NamespaceDeletionGroupVersionParsingFailure", false,
                  "ParsedGroupVersions", "All legacy kube types successfully parsed");
    set_condition(space, &report, "NamespaceDeletionContentFailure", false, "ContentDeleted",
                  "All content successfully deleted, may be waiting on finalization");
    report_remains(space, &report);
    if (conditions_equal(space->conditions, ((const struct namespace_object *)object)->conditions))
        object_drop(&space->meta.object);
    else
        client_update_status(client, &space->meta.object, NULL);
}

/* --- letting it go --------------------------------------------------------------------------- */

static bool remove_kubernetes(struct object *object, void *context)
{
    (void)context;
    struct namespace_object *space = (struct namespace_object *)object;
    const struct finalizers *left = finalizers_without(space->spec_finalizers, "kubernetes");
    finalizers_drop(space->spec_finalizers);
    space->spec_finalizers = left;
    return true;
}

static enum outcome namespace_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_read(client, key);
    if (object == NULL || !meta_of(object)->deleting ||
        !finalizers_have(((const struct namespace_object *)object)->spec_finalizers, "kubernetes"))
        return RECONCILED;
    bool only_pods;
    struct remains remains = delete_content(client, meta_of(object), &only_pods);
    static const struct remains nothing = { .total = 0 };
    /* As long as pods remain, the rest is not looked at and nothing is said of it. */
    write_conditions(client, object, only_pods ? &nothing : &remains);
    free(remains.finalizers);
    if (remains.total == 0)
        client_patch(client, key, remove_kubernetes, NULL, NULL);
    else
        controller_requeue_after(client, key, (remains.seconds / 2 + 1) * SIM_SECOND);
    return RECONCILED;
}

static int namespace_workers(const struct settings *settings)
{
    return settings->concurrent_namespace_syncs;
}

const struct controller namespace_controller = {
    .name = "namespace-controller",
    .reconciles = KIND_NAMESPACE,
    .wakes_on = { { KIND_NAMESPACE, namespace_wake } },
    .reconcile = namespace_reconcile,
    .workers = namespace_workers,
};
