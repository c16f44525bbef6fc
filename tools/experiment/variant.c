/* Changes to a scenario: those of its document before it is read, those of objects behind that. */
#include "tools/experiment/variant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/document_path.h"
#include "models/api/schema.h"
#include "models/cluster/patch.h"
#include "models/cluster/shape.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

/* What goes on while a variant is read. */
struct making {
    struct inputs *inputs;
    const struct base *base;
    const char **policy;
    struct error_list *faults, *warnings;
};

/* ── the Scenario's document ── */

static void put_at(struct value **document, const struct value *path, const char *text,
                   const char *space, const struct value *value, struct error_list *faults)
{
    struct error error = { 0 };
    struct document_path *read = document_path_parse(text, path->at, &error);
    if (read != NULL)
        document_path_put(read, document, space, value_hold(value), path->at, &error);
    if (error.text != NULL)
        error_wrap(&error, "%s", text);
    error_list_take(faults, &error);
    document_path_free(read);
}

/* A map of paths and values. */
static void put_all(struct value **document, const struct value *set, struct error_list *faults)
{
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct value_entry *entry = &set->entries[i];
        struct value *path = value_new_string(entry->key);
        path->at = entry->at;
        put_at(document, path, entry->key, NULL, entry->value, faults);
        value_drop(path);
    }
}

const char *variant_cause(const struct value *failure)
{
    return value_text(value_get(failure, "name"), value_text(value_get(failure, "kind"), "?"));
}

struct value *variant_without(const struct value *failure)
{
    struct value *level = value_new_map();
    value_set(level, "without", value_new_string(variant_cause(failure)));
    return level;
}

/* Take the entries of a name or kind out of a list. False when there was none. */
static bool take_out(struct value *failures, const char *name)
{
    bool found = false;
    for (size_t i = failures->count; i-- > 0;)
        if (strcmp(variant_cause(failures->items[i]), name) == 0 ||
            strcmp(value_text(value_get(failures->items[i], "kind"), ""), name) == 0) {
            value_cut(failures, i);
            found = true;
        }
    return found;
}

static void no_such_failure(const struct value *failures, const struct value *name,
                            struct error_list *faults)
{
    struct nearest near = nearest_to(name->text);
    for (size_t i = 0; i < failures->count; i++)
        nearest_offer(&near, variant_cause(failures->items[i]));
    if (near.found != NULL)
        error_list_add(faults, name->at, "without: no failure is called \"%s\" (did you mean %s?)",
                       name->text, near.found);
    else
        error_list_add(faults, name->at,
                       "without: no failure of the scenario is called \"%s\", by name or kind",
                       name->text);
}

static void switch_off(struct value **document, const struct value *without,
                       struct error_list *faults)
{
    for (size_t i = 0; i < shape_count(without); i++) {
        const struct value *name = shape_at(without, i);
        struct value **slot = value_slot(value_own(document), "spec");
        if ((*slot)->type != VALUE_MAP)
            return; /* told when it is read */
        slot = value_slot(value_own(slot), "failures");
        if ((*slot)->type != VALUE_LIST) {
            value_drop(*slot);
            *slot = value_new_list();
        }
        if (!take_out(value_own(slot), name->text))
            no_such_failure(*slot, name, faults);
    }
}

static void vary_document(struct value **document, const struct edit *by, struct error_list *faults)
{
    if (by->level == NULL) {
        if (by->target == NULL)
            put_at(document, by->path, by->path->text, NULL, by->value, faults);
        return;
    }
    const struct value *patch = shape_get(by->level, "scenario");
    put_all(document, shape_get(by->level, "set"), faults);
    if (patch != NULL && patch->type != VALUE_MAP) {
        error_list_add(faults, patch->at, "scenario: a map is expected, a patch of the spec");
    } else if (patch != NULL) {
        struct value **spec = value_slot(value_own(document), "spec");
        struct value *patched = patch_merge(*spec, patch);
        value_drop(*spec);
        *spec = patched;
    }
    switch_off(document, shape_get(by->level, "without"), faults);
}

/* ── objects ── */

/* Does a document stand for what a target such as deployment/web means? */
static bool is_meant(const struct value *document, const char *type, size_t type_length,
                     const char *name, const char *space)
{
    char *resource = mem_text(type, type_length);
    const char *kind = value_text(value_get(document, "kind"), "");
    const enum kind wanted = kind_of_resource(resource);
    const bool fits =
        (wanted < KIND_COUNT ? strcmp(kind_infos[wanted].name, kind) == 0
                             : strcasecmp(resource, kind) == 0) &&
        strcmp(value_text(value_path(document, "metadata", "name", NULL), ""), name) == 0 &&
        (space == NULL ||
         strcmp(value_text(value_path(document, "metadata", "namespace", NULL), "default"),
                space) == 0);
    free(resource);
    return fits;
}

/* Where an object's document stands, the last text of it: objects first, then nodes. NULL with the
 * fault. */
static struct value **object_slot(struct making *making, const struct value *target,
                                  const struct value *space)
{
    struct scenario *scenario = &making->inputs->scenario;
    const char *slash = strchr(target->text, '/');
    const char *in = value_text(space, NULL);
    if (slash == NULL || slash == target->text || slash[1] == '\0') {
        error_list_add(making->faults, target->at, "\"%s\" is no target (try deployment/web)",
                       target->text);
        return NULL;
    }
    const size_t length = (size_t)(slash - target->text);
    for (size_t i = scenario->objects.count; i-- > 0;)
        if (is_meant(scenario->objects.items[i].document, target->text, length, slash + 1, in))
            return &scenario->objects.items[i].document;
    for (size_t i = scenario->nodes.count; i-- > 0;)
        if (is_meant(scenario->nodes.items[i], target->text, length, slash + 1, NULL))
            return &scenario->nodes.items[i];
    error_list_add(making->faults, target->at, "the scenario has no %s%s%s", target->text,
                   in != NULL ? " in namespace " : "", in != NULL ? in : "");
    return NULL;
}

/* As `kubectl patch` does it. */
static void patch_object(struct making *making, struct value **slot, const struct value *patch)
{
    struct error error = { 0 };
    const struct schema_kind *kind = schema_kind(value_text(value_get(*slot, "apiVersion"), NULL),
                                                 value_text(value_get(*slot, "kind"), NULL));
    struct value *patched = patch_strategic(*slot, patch, kind ? kind->type : NULL, &error);
    if (patched == NULL) {
        error.at = patch->at;
        error_list_take(making->faults, &error);
        return;
    }
    value_drop(*slot);
    *slot = patched;
}

static void patch_objects(struct making *making, const struct value *patches)
{
    for (size_t i = 0; i < shape_count(patches); i++) {
        const struct value *entry = shape_at(patches, i);
        struct value **slot =
            object_slot(making, value_get(entry, "target"), value_get(entry, "namespace"));
        if (slot != NULL)
            patch_object(making, slot, value_get(entry, "patch"));
    }
}

/* An object, or a part of it, into the one of its name; new ones are added. */
static void merge_object(struct making *making, const struct value *object)
{
    struct manifest *objects = &making->inputs->scenario.objects;
    const char *kind = value_text(value_get(object, "kind"), "");
    const char *name = value_text(value_path(object, "metadata", "name", NULL), "");
    const char *space = value_text(value_path(object, "metadata", "namespace", NULL), "default");
    for (size_t i = objects->count; i-- > 0;)
        if (is_meant(objects->items[i].document, kind, strlen(kind), name, space)) {
            patch_object(making, &objects->items[i].document, object);
            return;
        }
    manifest_add(objects, object, making->base->strict ? MANIFEST_STRICT : 0, making->faults,
                 making->warnings);
}

/* What stands in the manifest stands no more. */
static void delete_objects(struct making *making, const struct value *targets)
{
    struct manifest *objects = &making->inputs->scenario.objects;
    for (size_t i = 0; i < shape_count(targets); i++) {
        struct value **slot = object_slot(making, shape_at(targets, i), NULL);
        size_t kept = 0;
        if (slot == NULL)
            continue;
        for (size_t j = 0; j < objects->count; j++)
            if (&objects->items[j].document == slot)
                value_drop(objects->items[j].document);
            else
                objects->items[kept++] = objects->items[j];
        objects->count = kept;
    }
}

static void vary_objects(struct making *making, const struct edit *by)
{
    if (by->level == NULL) {
        struct value **slot =
            by->target != NULL ? object_slot(making, by->target, by->space) : NULL;
        if (slot != NULL)
            put_at(slot, by->path, by->path->text, NULL, by->value, making->faults);
        return;
    }
    const struct value *objects = shape_get(by->level, "objects");
    const struct value *paths = shape_get(by->level, "manifests");
    for (size_t i = 0; i < shape_count(paths); i++)
        inputs_add_manifests(making->inputs, by->directory, shape_at(paths, i),
                             making->base->strict, making->faults, making->warnings);
    for (size_t i = 0; i < shape_count(objects); i++)
        manifest_add(&making->inputs->scenario.objects, shape_at(objects, i),
                     making->base->strict ? MANIFEST_STRICT : 0, making->faults, making->warnings);
    const struct value *parts = shape_get(by->level, "merge");
    for (size_t i = 0; i < shape_count(parts); i++)
        merge_object(making, shape_at(parts, i));
    patch_objects(making, shape_get(by->level, "patches"));
    delete_objects(making, shape_get(by->level, "delete"));
    if (shape_get(by->level, "policy") != NULL)
        *making->policy = shape_get(by->level, "policy")->text;
}

/* ── the whole ── */

/* The base's documents, with the Scenario changed; it is made where there was none and one is needed. */
static struct documents vary_documents(const struct base *base, const struct edit *const *edits,
                                       size_t count, struct error_list *faults)
{
    struct documents varied = { 0 };
    for (size_t i = 0; i < base->documents.count; i++) {
        struct value *document = value_hold(base->documents.items[i]);
        if (scenario_document_is_one(document))
            for (size_t j = 0; j < count; j++)
                vary_document(&document, edits[j], faults);
        MEM_GROW(varied.items, varied.count, varied.capacity);
        varied.items[varied.count++] = document;
    }
    return varied;
}

bool variant_read(struct inputs *inputs, const struct base *base, const struct edit *const *edits,
                  size_t count, const char **policy, struct error_list *faults,
                  struct error_list *warnings)
{
    struct making making = { inputs, base, policy, faults, warnings };
    const size_t before = faults->count;
    *policy = NULL;
    struct documents documents = vary_documents(base, edits, count, faults);
    if (inputs_read_base(inputs, base, &documents, faults, warnings))
        for (size_t i = 0; i < count; i++)
            vary_objects(&making, edits[i]);
    documents_close(&documents);
    return faults->count == before;
}
