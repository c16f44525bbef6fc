/* From documents to objects: lists are opened, kinds found, fields checked.
 *
 * What kubectl and the API server's decoder of Kubernetes 1.36.4 would say of a document is said
 * here, with its place; what admission says comes later, when the object is created. */
#include "models/cluster/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/autoscaler.h"
#include "models/api/schema.h"
#include "models/api/schema_check.h"
#include "models/cluster/image_shape.h"
#include "models/cluster/openslo.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/writer.h"

static const char own_group[] = "seatrial.dev/";

/* One load: where objects and faults go. */
struct loader {
    struct manifest *manifest;
    int how;
    struct error_list *faults, *warnings;
};

static bool load_document(struct loader *loader, const struct value *document);

/* "Deployment web", as far as the document says so; the caller frees. */
static char *title_of(const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"), "object");
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    if (*name == '\0')
        name = value_text(value_path(document, "metadata", "generateName", NULL), "");
    return mem_format("%s%s%s", kind, *name == '\0' ? "" : " ", name);
}

/* ── lists ── */

static bool ends_with_list(const char *kind)
{
    size_t length = strlen(kind);
    return length >= 4 && strcmp(kind + length - 4, "List") == 0;
}

static bool is_list(const struct value *document)
{
    const struct value *items = value_get(document, "items");
    return ends_with_list(value_text(value_get(document, "kind"), "")) && items != NULL &&
           (items->type == VALUE_LIST || items->type == VALUE_NULL);
}

/* The items of a PodList are Pods, and need not say so. */
static struct value *typed_item(const struct value *list, const struct value *item)
{
    const char *kind = value_text(value_get(list, "kind"), "");
    struct value *typed = value_hold(item);
    if (strcmp(kind, "List") == 0 || item->type != VALUE_MAP || value_get(item, "kind") != NULL)
        return typed;
    value_put(&typed, value_new_text(kind, strlen(kind) - 4), "kind", NULL);
    if (value_get(item, "apiVersion") == NULL)
        value_put(&typed, value_hold(value_get(list, "apiVersion")), "apiVersion", NULL);
    return typed;
}

static bool load_list(struct loader *loader, const struct value *list)
{
    const struct value *items = value_get(list, "items");
    bool good = true;
    for (size_t i = 0; items->type == VALUE_LIST && i < items->count; i++) {
        struct value *item = typed_item(list, items->items[i]);
        good = load_document(loader, item) && good;
        value_drop(item);
    }
    return good;
}

/* ── kinds ── */

static bool check_head(struct loader *loader, const struct value *document)
{
    static const char *const names[] = { "apiVersion", "kind" };
    if (document->type != VALUE_MAP)
        return error_list_add(loader->faults, document->at,
                              "an object is a map with apiVersion, kind and metadata");
    for (size_t i = 0; i < 2; i++) {
        const struct value *text = value_get(document, names[i]);
        if (value_is_null(text) || (text->type == VALUE_STRING && text->count == 0))
            return error_list_add(loader->faults, document->at,
                                  "an object without %s (is it a Kubernetes manifest?)", names[i]);
        if (text->type != VALUE_STRING)
            return error_list_add(loader->faults, text->at, "%s is no text", names[i]);
    }
    return true;
}

static void add_object(struct loader *loader, const struct value *document, enum kind kind)
{
    struct manifest *manifest = loader->manifest;
    MEM_GROW(manifest->items, manifest->count, manifest->capacity);
    struct value *current = autoscaler_from_v1(document);
    if (current != document)
        kind = KIND_HORIZONTALPODAUTOSCALER;
    manifest->items[manifest->count++] =
        (struct manifest_object){ .document = current, .kind = kind };
}

static void take_all(struct error_list *into, struct error_list *from, const char *title)
{
    for (size_t i = 0; i < from->count; i++) {
        error_wrap(&from->items[i], "%s", title);
        error_list_take(into, &from->items[i]);
    }
    error_list_close(from);
}

/* Kubernetes' own kinds. */
static bool load_known(struct loader *loader, const struct value *document,
                       const struct schema_kind *kind)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    char *title = title_of(document);
    bool good =
        schema_check(document, kind->type, loader->how & MANIFEST_STRICT, &faults, &warnings);
    take_all(loader->faults, &faults, title);
    take_all(loader->warnings, &warnings, title);
    free(title);
    if (good)
        add_object(loader, document,
                   kind_find(value_text(value_get(document, "apiVersion"), ""),
                             value_text(value_get(document, "kind"), "")));
    return good;
}

/* Our own. */
static bool load_own(struct loader *loader, const struct value *document)
{
    const struct value *kind = value_get(document, "kind");
    struct error_list faults = { 0 };
    struct nearest near = nearest_to(kind->text);
    if (strcmp(kind->text, "Scenario") == 0)
        return error_list_add(loader->faults, kind->at,
                              "a Scenario is no object of a cluster (seatrial run SCENARIO)");
    nearest_offer(&near, "Image");
    nearest_offer(&near, "Scenario");
    if (near.found != NULL && strcmp(kind->text, "Image") != 0)
        return error_list_add(loader->faults, kind->at,
                              "seatrial.dev has no kind %s (did you mean %s?)", kind->text,
                              near.found);
    if (near.found == NULL)
        return error_list_add(loader->faults, kind->at,
                              "seatrial.dev has no kind %s (it has Image and Scenario)",
                              kind->text);
    char *title = title_of(document);
    bool good = shape_check(document, &image_shape, NULL, &faults);
    take_all(loader->faults, &faults, title);
    free(title);
    if (good)
        add_object(loader, document, KIND_IMAGE);
    return good;
}

/* OpenSLO's. */
static bool load_objective(struct loader *loader, const struct value *document)
{
    struct documents *into = &loader->manifest->objectives;
    struct error_list faults = { 0 };
    char *title = title_of(document);
    const bool good = openslo_check(document, &faults);
    take_all(loader->faults, &faults, title);
    free(title);
    if (!good)
        return false;
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = value_hold(document);
    return true;
}

/* The version in which Kubernetes serves a kind of this name; NULL when it knows none. */
static const struct schema_kind *served_elsewhere(const char *kind)
{
    for (size_t i = 0; i < schema_kind_count(); i++)
        if (strcmp(schema_kind_at(i)->kind, kind) == 0)
            return schema_kind_at(i);
    return NULL;
}

static bool is_builtin_group(const char *api_version)
{
    size_t group = strcspn(api_version, "/");
    return api_version[group] == '\0' || memchr(api_version, '.', group) == NULL ||
           (group > 7 && strncmp(api_version + group - 7, ".k8s.io", 7) == 0);
}

static void warn_of_version(struct loader *loader, const struct value *document)
{
    const struct value *version = value_get(document, "apiVersion");
    const char *kind = value_text(value_get(document, "kind"), "");
    const struct schema_kind *served = served_elsewhere(kind);
    if (served != NULL && is_builtin_group(version->text))
        error_list_add(
            loader->warnings, version->at,
            "%s is no kind of %s in this release (use %s%s%s); it is kept, not simulated", kind,
            version->text, served->group, *served->group == '\0' ? "" : "/", served->version);
}

/* What Kubernetes does not have: custom resources, and files of tools that look like objects. */
static bool load_other(struct loader *loader, const struct value *document)
{
    const struct value *metadata = value_get(document, "metadata");
    const char *kind = value_text(value_get(document, "kind"), "");
    if (!value_is_null(metadata) && metadata->type != VALUE_MAP)
        return error_list_add(loader->faults, metadata->at, "metadata is no map");
    if (value_text(value_get(metadata, "name"), NULL) == NULL &&
        value_text(value_get(metadata, "generateName"), NULL) == NULL) {
        error_list_add(loader->warnings, document->at,
                       "%s without metadata.name is no object: left out", kind);
        return true;
    }
    warn_of_version(loader, document);
    add_object(loader, document, KIND_OTHER);
    return true;
}

static bool load_document(struct loader *loader, const struct value *document)
{
    if (!check_head(loader, document))
        return false;
    if (is_list(document))
        return load_list(loader, document);
    const char *version = value_text(value_get(document, "apiVersion"), "");
    const struct schema_kind *kind =
        schema_kind(version, value_text(value_get(document, "kind"), ""));
    if (kind != NULL)
        return load_known(loader, document, kind);
    if (openslo_is_one(document))
        return load_objective(loader, document);
    if (strncmp(version, own_group, strlen(own_group)) == 0)
        return load_own(loader, document);
    return load_other(loader, document);
}

/* ── the public functions ── */

/* Neither an object nor an attempt at one. */
static bool is_something_else(const struct value *document)
{
    return document->type != VALUE_MAP || (value_is_null(value_get(document, "apiVersion")) &&
                                           value_is_null(value_get(document, "kind")));
}

/* A form that people fill in before they apply it: "cleanup-<node-name>" is no name. */
static bool is_form(const struct value *document)
{
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    const char *placeholder = strchr(name, '<');
    return placeholder != NULL && strchr(placeholder, '>') != NULL;
}

bool manifest_add(struct manifest *manifest, const struct value *document, int how,
                  struct error_list *faults, struct error_list *warnings)
{
    struct loader loader = { manifest, how, faults, warnings };
    const bool given = !(how & MANIFEST_FROM_FOLDER); /* by its own name: it is meant */
    if (!given && is_something_else(document))
        error_list_add(warnings, document->at,
                       "no Kubernetes manifest (neither apiVersion nor kind): left out");
    else if (!given && is_form(document))
        error_list_add(warnings, document->at,
                       "the name has a placeholder to fill in (%s): left out",
                       value_text(value_path(document, "metadata", "name", NULL), ""));
    else
        return load_document(&loader, document);
    return true;
}

bool manifest_load(struct manifest *manifest, const char *bytes, size_t length, const char *name,
                   int how, struct error_list *faults, struct error_list *warnings)
{
    struct documents documents = { 0 };
    size_t before = faults->count;
    documents_read(&documents, bytes, length, name, faults);
    for (size_t i = 0; i < documents.count; i++)
        manifest_add(manifest, documents.items[i], how, faults, warnings);
    documents_close(&documents);
    return faults->count == before;
}

void manifest_close(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++)
        value_drop(manifest->items[i].document);
    free(manifest->items);
    documents_close(&manifest->objectives);
    *manifest = (struct manifest){ 0 };
}

/* ── what is kept ── */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *manifest_kept(const struct manifest *manifest)
{
    const char **kinds = mem_new((manifest->count + 1) * sizeof *kinds);
    size_t count = 0;
    for (size_t i = 0; i < manifest->count; i++)
        if (!kind_infos[manifest->items[i].kind].simulated)
            kinds[count++] = value_text(value_get(manifest->items[i].document, "kind"), "");
    qsort(kinds, count, sizeof *kinds, compare_names);
    struct writer out = { 0 };
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && strcmp(kinds[next], kinds[i]) == 0;)
            next++;
        writer_format(&out, "%s%zu %s", i > 0 ? ", " : "", next - i, kinds[i]);
    }
    free(kinds);
    return out.length > 0 ? writer_take(&out) : NULL;
}
