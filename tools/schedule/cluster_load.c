/* What is put in which order, and what is done to it first; see cluster_load.h. */
#include "tools/schedule/cluster_load.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/defaults.h"
#include "models/api/schema_print.h"
#include "models/cluster/admission.h"
#include "tools/schedule/workloads.h"

struct loading {
    struct trial *trial;
    struct error_list *faults, *warnings;
};

static const char *text_at(const struct value *document, const char *key)
{
    return value_text(value_get(document, key), "");
}

static const char *metadata_of(const struct value *document, const char *key)
{
    return value_text(value_path(document, "metadata", key, NULL), "");
}

static enum kind kind_of(const struct value *document)
{
    return kind_find(text_at(document, "apiVersion"), text_at(document, "kind"));
}

static bool was_stored(const struct value *document)
{
    return *metadata_of(document, "uid") != '\0';
}

/* Nobody asks a scheduler about these, and there may be many. */
static bool is_noise(enum kind kind)
{
    return kind == KIND_OTHER || kind == KIND_EVENT || kind == KIND_LEASE ||
           kind == KIND_ENDPOINTSLICE || kind == KIND_ENDPOINTS || kind == KIND_MACHINE ||
           kind == KIND_IMAGE;
}

/* --- objects as they are -------------------------------------------------------------------- */

/* The document as it would be stored: with its namespace and defaults. */
static struct value *completed(const struct value *document)
{
    const struct schema_kind *kind =
        schema_kind(text_at(document, "apiVersion"), text_at(document, "kind"));
    struct value *tree = schema_prune(document, kind->type);
    if (document_is_namespaced(tree) && *metadata_of(tree, "namespace") == '\0')
        value_put(&tree, value_new_string("default"), "metadata", "namespace", NULL);
    struct value *full = defaults_apply(tree, kind);
    value_drop(tree);
    return full;
}

/* What the kubelet says of a node that somebody wrote by hand. */
static void complete_node(const struct loading *loading, struct value **node,
                          const struct value *document)
{
    const struct value *capacity = value_path(*node, "status", "capacity", NULL);
    const char *name = metadata_of(*node, "name");
    if (value_path(*node, "metadata", "labels", "kubernetes.io/hostname", NULL) == NULL)
        value_put(node, value_new_string(name), "metadata", "labels", "kubernetes.io/hostname",
                  NULL);
    if (value_path(*node, "status", "allocatable", NULL) != NULL)
        return;
    if (capacity != NULL)
        value_put(node, value_hold(capacity), "status", "allocatable", NULL);
    else
        error_list_add(loading->warnings, document->at,
                       "Node %s has no status.allocatable: nothing fits on it", name);
}

/* Nobody else makes a volume available. */
static void complete_volume(struct value **volume)
{
    const struct value *uid = value_path(*volume, "spec", "claimRef", "uid", NULL);
    const char *phase = value_text(value_path(*volume, "status", "phase", NULL), "Pending");
    if (strcmp(phase, "Pending") == 0)
        value_put(volume, value_new_string(value_is_null(uid) ? "Available" : "Bound"), "status",
                  "phase", NULL);
}

static void put_as_it_is(const struct loading *loading, const struct value *document)
{
    const enum kind kind = kind_of(document);
    struct value *full = completed(document);
    if (kind == KIND_NODE)
        complete_node(loading, &full, document);
    if (kind == KIND_PERSISTENTVOLUME)
        complete_volume(&full);
    if (kind == KIND_NAMESPACE)
        value_put(&full, value_new_string(metadata_of(full, "name")), "metadata", "labels",
                  "kubernetes.io/metadata.name", NULL);
    trial_put(loading->trial, kind_infos[kind].load(&loading->trial->cluster->codec, full));
    value_drop(full);
}

/* What the PV controller makes of a claim that somebody wrote by hand. */
static void settle_claim(const struct loading *loading, const struct value *claim)
{
    const char *space = metadata_of(claim, "namespace");
    const struct object *stored =
        trial_find(loading->trial, KIND_PERSISTENTVOLUMECLAIM, *space != '\0' ? space : "default",
                   metadata_of(claim, "name"));
    if (stored != NULL && !was_stored(claim))
        trial_settle_claim(loading->trial, stored->space, stored->name);
}

/* --- pods and workloads ------------------------------------------------------------------------ */

static void put_namespace(const struct loading *loading, const char *name)
{
    if (*name == '\0' || trial_find(loading->trial, KIND_NAMESPACE, "", name) != NULL)
        return;
    struct value *space = value_new_map();
    value_set(space, "apiVersion", value_new_string("v1"));
    value_set(space, "kind", value_new_string("Namespace"));
    value_put(&space, value_new_string(name), "metadata", "name", NULL);
    put_as_it_is(loading, space);
    value_drop(space);
}

/* A pod that is new to the API server. A name that would be drawn is the prefix and a number. */
static void admit_pod(const struct loading *loading, const struct value *document)
{
    struct trial *trial = loading->trial;
    struct error_list refused = { 0 }, unknown = { 0 };
    struct value *named = value_hold(document);
    if (*metadata_of(document, "name") == '\0') {
        char *name = mem_format("%s%05zu", metadata_of(document, "generateName"),
                                cache_count(trial->cluster->cache, KIND_POD));
        value_put(&named, value_new_string(name), "metadata", "name", NULL);
        free(name);
    }
    struct object *pod = cluster_admit(trial->cluster, named, "default", &refused, &unknown);
    for (size_t i = 0; i < refused.count; i++) {
        error_wrap(&refused.items[i], "Pod %s", metadata_of(named, "name"));
        error_list_take(loading->faults, &refused.items[i]);
    }
    if (pod != NULL) {
        object_hold(pod);
        trial_put(trial, pod);
        trial_settle_ephemeral(trial, pod_of(pod));
        object_drop(pod);
    }
    error_list_close(&unknown); /* told when the text was read */
    error_list_close(&refused);
    value_drop(named);
}

static void put_pod(const struct loading *loading, const struct value *document)
{
    const bool is_named = *metadata_of(document, "name") != '\0';
    if (is_named && (was_stored(document) || value_get(document, "status") != NULL))
        put_as_it_is(loading, document);
    else
        admit_pod(loading, document);
}

static void expand(const struct loading *loading, const struct value *document)
{
    struct documents made = { 0 };
    struct value *full = completed(document);
    full->at = document->at;
    workload_expand(loading->trial, full, &made);
    for (size_t i = 0; i < made.count; i++)
        if (kind_of(made.items[i]) == KIND_POD) {
            admit_pod(loading, made.items[i]);
        } else {
            put_as_it_is(loading, made.items[i]);
            if (kind_of(made.items[i]) == KIND_PERSISTENTVOLUMECLAIM)
                settle_claim(loading, made.items[i]);
        }
    documents_close(&made);
    value_drop(full);
}

/* --- everything, in an order in which nobody misses anything -------------------------------------- */

enum round { ROUND_CLUSTER, ROUND_REST, ROUND_PODS, ROUNDS };

static enum round round_of(const struct value *document)
{
    switch (kind_of(document)) {
    case KIND_NAMESPACE:
    case KIND_PRIORITYCLASS:
    case KIND_NODE:
        return ROUND_CLUSTER;
    case KIND_POD:
        return ROUND_PODS;
    default:
        return workload_is_one(document) && !was_stored(document) ? ROUND_PODS : ROUND_REST;
    }
}

/* Only a Pod may leave its name to the API server here. */
static bool has_name(const struct loading *loading, const struct value *document)
{
    if (*metadata_of(document, "name") != '\0' ||
        (kind_of(document) == KIND_POD && *metadata_of(document, "generateName") != '\0'))
        return true;
    return error_list_add(loading->faults, document->at, "%s: metadata.name: Required value",
                          text_at(document, "kind"));
}

static void put(const struct loading *loading, const struct value *document)
{
    if (is_noise(kind_of(document)) || !has_name(loading, document))
        return;
    put_namespace(loading, metadata_of(document, "namespace"));
    if (kind_of(document) == KIND_POD) {
        put_pod(loading, document);
        return;
    }
    put_as_it_is(loading, document);
    if (workload_is_one(document) && !was_stored(document))
        expand(loading, document);
}

bool cluster_load(struct trial *trial, const struct scenario *scenario, struct error_list *faults,
                  struct error_list *warnings)
{
    const struct loading loading = { trial, faults, warnings };
    const size_t before = faults->count;
    for (size_t i = 0; i < scenario->nodes.count; i++)
        put(&loading, scenario->nodes.items[i]);
    for (enum round round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < scenario->objects.count; i++) {
            const struct value *document = scenario->objects.items[i].document;
            if (round == ROUND_PODS && kind_of(document) == KIND_PERSISTENTVOLUMECLAIM)
                settle_claim(&loading, document); /* every volume and class is there */
            if (round_of(document) == round)
                put(&loading, document);
        }
    return faults->count == before;
}

/* --- copying ------------------------------------------------------------------------------------- */

struct copying {
    struct trial *trial;
    const struct cluster *from;
};

static void copy_object(void *context, const struct object *object)
{
    const struct copying *copying = context;
    struct value *document = cluster_print(copying->from, object);
    trial_put(copying->trial,
              kind_infos[object->kind].load(&copying->trial->cluster->codec, document));
    value_drop(document);
}

void cluster_copy(struct trial *trial, const struct cluster *from)
{
    struct copying copying = { trial, from };
    for (enum kind kind = 0; kind < KIND_OTHER; kind++)
        if (!is_noise(kind))
            store_each(from->store, (uint16_t)kind, copy_object, &copying);
}
