/* What kubectl apply of everything would do, object by object: create what is new, merge what is
 * given again over the former text (kubectl pkg/cmd/apply). */
#include "models/cluster/bring_up.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/schema.h"
#include "models/cluster/csi_drivers.h"
#include "models/cluster/patch.h"
#include "sim/base/memory.h"

struct bringing_up {
    struct cluster *cluster;
    const struct scenario *scenario;
    struct error_list *faults, *warnings;
    struct value *kept;
    size_t again;           /* texts of objects that were given before, */
    const struct value *at; /* and the first of them */
};

static const char *kind_of(const struct value *document)
{
    return value_text(value_get(document, "kind"), "");
}

static const char *metadata_of(const struct value *document, const char *key)
{
    return value_text(value_path(document, "metadata", key, NULL), "");
}

static void wrap(struct error *error, const struct value *document)
{
    if (error->at.file == NULL)
        error->at = document->at;
    error_wrap(error, "%s %s", kind_of(document), metadata_of(document, "name"));
}

static void take_faults(struct error_list *into, struct error_list *from,
                        const struct value *document)
{
    for (size_t i = 0; i < from->count; i++) {
        wrap(&from->items[i], document);
        error_list_take(into, &from->items[i]);
    }
    error_list_close(from);
}

/* ---- objects that are given again ---- */

static bool is_same_object(const struct value *a, const struct value *b)
{
    return strcmp(kind_of(a), kind_of(b)) == 0 &&
           strcmp(metadata_of(a, "name"), metadata_of(b, "name")) == 0 &&
           strcmp(metadata_of(a, "namespace"), metadata_of(b, "namespace")) == 0;
}

/* The text of the same object that was applied last; NULL when the cluster made it by itself. */
static const struct value *applied_before(const struct bringing_up *up,
                                          const struct value *document)
{
    const struct manifest *objects = &up->scenario->objects;
    const struct value *former = NULL;
    for (size_t i = 0; i < objects->count && objects->items[i].document != document; i++)
        if (is_same_object(objects->items[i].document, document))
            former = objects->items[i].document;
    return former;
}

/* As a change of the stored object; NULL with the faults when that is not allowed. */
static struct object *merge(const struct bringing_up *up, const struct value *document,
                            const struct object *stored, struct error_list *faults)
{
    const struct schema_kind *kind =
        schema_kind(value_text(value_get(document, "apiVersion"), ""), kind_of(document));
    struct value *live = cluster_print(up->cluster, stored);
    struct value *merged =
        patch_apply(live, applied_before(up, document), document, kind != NULL ? kind->type : NULL);
    struct error_list told = { 0 }; /* when the texts were read */
    struct object *object = cluster_admit_update(up->cluster, merged, stored, faults, &told);
    error_list_close(&told);
    value_drop(merged);
    value_drop(live);
    return object;
}

static void apply_again(struct bringing_up *up, const struct value *document,
                        const struct object *stored)
{
    struct error_list refused = { 0 };
    struct error error = { 0 };
    struct object *object = merge(up, document, stored, &refused);
    if (up->again++ == 0)
        up->at = document;
    if (object != NULL && client_update(&up->cluster->admin, object, &error) != REPLY_OK)
        error_list_take(&refused, &error);
    if (refused.count > 0) {
        wrap(&refused.items[0], document);
        error_list_add(up->warnings, refused.items[0].at, "%s (the object given before stays)",
                       refused.items[0].text);
    }
    error_list_close(&refused);
}

static void warn_of_again(const struct bringing_up *up)
{
    if (up->again == 0)
        return;
    char *others =
        up->again == 1
            ? mem_text("", 0)
            : mem_format(" (%zu other texts are of objects given before, too)", up->again - 1);
    error_list_add(up->warnings, up->at->at,
                   "%s %s is given again: this text is applied over the former one%s",
                   kind_of(up->at), metadata_of(up->at, "name"), others);
    free(others);
}

/* ---- new objects ---- */

/* Of a kind that Kubernetes had in another version: that one stands before it. */
static void note_kept(struct bringing_up *up, const struct value *document,
                      const struct object *object)
{
    bool has_namesake = false;
    if (kind_infos[object->kind].simulated)
        return;
    for (int kind = 0; object->kind == KIND_OTHER && kind < KIND_OTHER; kind++)
        has_namesake = has_namesake || strcmp(kind_infos[kind].name, kind_of(document)) == 0;
    char *name =
        mem_format("%s%s%s", has_namesake ? value_text(value_get(document, "apiVersion"), "") : "",
                   has_namesake ? " " : "", kind_of(document));
    value_set(up->kept, name, value_new_int(value_int(value_get(up->kept, name), 0) + 1));
    free(name);
}

static void apply_new(struct bringing_up *up, const struct value *document, struct object *object)
{
    struct error error = { 0 };
    note_kept(up, document, object);
    if (client_create(&up->cluster->admin, object, NULL, &error) != REPLY_CREATED) {
        wrap(&error, document);
        error_list_take(up->faults, &error);
    }
}

/* The stored object that a document names, without a look at the rest of it, which may be part of
 * an object; NULL when there is none. Nobody has heard of today's writes yet, so this asks the
 * store. */
static const struct object *find_stored(const struct bringing_up *up, const struct value *document)
{
    const struct cluster *cluster = up->cluster;
    const enum kind kind =
        kind_find(value_text(value_get(document, "apiVersion"), ""), kind_of(document));
    const char *space = metadata_of(document, "namespace");
    const char *name = metadata_of(document, "name");
    struct object_key key = { kind, NULL, text_find(cluster->run->texts, name) };
    if (kind == KIND_OTHER || key.name == NULL)
        return NULL;
    if (kind_infos[kind].namespaced)
        key.space = text_find(cluster->run->texts, *space != '\0' ? space : "default");
    return store_get(cluster->store, key);
}

static void apply(struct bringing_up *up, const struct value *document)
{
    const struct object *stored = find_stored(up, document);
    struct error_list faults = { 0 };
    if (stored != NULL) {
        apply_again(up, document, stored);
        return;
    }
    struct object *object = cluster_admit(up->cluster, document, "default", &faults, up->warnings);
    take_faults(up->faults, &faults, document);
    if (object == NULL)
        return;
    /* Objects of kinds that we do not know get their keys when they are read. */
    stored = store_get(up->cluster->store, object_key(object));
    if (stored == NULL) {
        apply_new(up, document, object);
        return;
    }
    apply_again(up, document, stored);
    object_drop(object);
}

/* ---- everything ---- */

static bool has_namespace(const struct cluster *cluster, const char *name)
{
    const struct text *text = text_find(cluster->run->texts, name);
    const struct object_key key = { KIND_NAMESPACE, NULL, text };
    return text != NULL && store_get(cluster->store, key) != NULL;
}

/* kubectl would refuse an object in a namespace that is not there; published manifests often
 * count on one made by hand. */
static void create_missing_namespace(struct bringing_up *up, const char *name)
{
    if (*name == '\0' || has_namespace(up->cluster, name))
        return;
    struct value *document = value_new_map();
    value_put(&document, value_new_string("v1"), "apiVersion", NULL);
    value_put(&document, value_new_string("Namespace"), "kind", NULL);
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    apply(up, document);
    value_drop(document);
}

/* What others name in their specs, and what admission asks for, comes first; beyond that the order is the user's. */
enum rank { RANK_IMAGES, RANK_NAMESPACES, RANK_NODES, RANK_REST };

static enum rank rank_of(enum kind kind)
{
    switch (kind) {
    case KIND_IMAGE:
        return RANK_IMAGES;
    case KIND_NAMESPACE:
        return RANK_NAMESPACES;
    case KIND_NODE:
    case KIND_PRIORITYCLASS:
    case KIND_SERVICEACCOUNT:
    case KIND_LIMITRANGE:
    case KIND_RESOURCEQUOTA:
        return RANK_NODES;
    default:
        return RANK_REST;
    }
}

static void apply_rank(struct bringing_up *up, enum rank rank)
{
    const struct scenario *scenario = up->scenario;
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct manifest_object *object = &scenario->objects.items[i];
        if (rank_of(object->kind) != rank)
            continue;
        create_missing_namespace(up, metadata_of(object->document, "namespace"));
        apply(up, object->document);
    }
}

static void install_drivers(struct bringing_up *up)
{
    const struct value *drivers = up->scenario->settings.csi_drivers;
    for (size_t i = 0; drivers != NULL && i < drivers->count; i++) {
        struct value *driver = csi_driver_document(drivers->items[i]);
        apply(up, driver);
        value_drop(driver);
    }
}

/* Nodes of groups are the first of their rank, where scenario_print() puts them, too: a printed
 * scenario is the same run. */
struct value *bring_up(struct cluster *cluster, const struct scenario *scenario,
                       struct error_list *faults, struct error_list *warnings)
{
    struct bringing_up up = { cluster, scenario, faults, warnings, value_new_map(), 0, NULL };
    client_begin(&cluster->admin, run_root(cluster->run, 0, "bring-up", ""));
    for (enum rank rank = RANK_IMAGES; rank <= RANK_REST; rank++) {
        if (rank == RANK_NODES)
            install_drivers(&up);
        for (size_t i = 0; rank == RANK_NODES && i < scenario->nodes.count; i++)
            apply(&up, scenario->nodes.items[i]);
        apply_rank(&up, rank);
    }
    warn_of_again(&up);
    return up.kept;
}
