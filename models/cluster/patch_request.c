/* From a patch to the document that is stored. */
#include "models/cluster/patch_request.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/admission_private.h"
#include "models/cluster/patch.h"
#include "sim/base/writer.h"

enum { JSON_OPERATIONS = 10000, MANAGER_BYTES = 128 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static const char *meta_text(const struct value *document, const char *key)
{
    return text_of(value_get(document, "metadata"), key);
}

static bool is_subresource(const struct patch_request *request, const char *name)
{
    return request->manager != NULL && request->manager->subresource != NULL &&
           strcmp(request->manager->subresource, name) == 0;
}

static const struct schema_kind *kind_of(const struct value *document)
{
    return schema_kind(value_text(value_get(document, "apiVersion"), NULL),
                       value_text(value_get(document, "kind"), NULL));
}

/* ---- patches ---- */

static struct value *refuse(struct refusal *refusal, int code, const char *text)
{
    refuse_document(refusal, code, "%s", text);
    return NULL;
}

static struct value *patch_by_operations(const struct value *document, const struct value *patch,
                                         struct refusal *refusal)
{
    struct error error = { 0 };
    if (patch->type == VALUE_LIST && patch->count > JSON_OPERATIONS) {
        refuse_document(refusal, 413,
                        "Request entity too large: The allowed maximum operations in a JSON patch "
                        "is %d, got %zu",
                        JSON_OPERATIONS, patch->count);
        return NULL;
    }
    struct value *patched =
        value_is_null(patch) ? value_hold(document) : patch_json(document, patch, &error);
    error_close(&error);
    return patched != NULL
               ? patched
               : refuse(refusal, 422,
                        "the server rejected our request due to an error in our request");
}

static struct value *patch_strategically(const struct value *document, const struct value *patch,
                                         struct refusal *refusal)
{
    const struct schema_kind *kind = kind_of(document);
    struct error error = { 0 };
    if (kind == NULL)
        return refuse(refusal, 415,
                      "the body of the request was in an unknown format - accepted media types "
                      "include: application/json-patch+json, application/merge-patch+json, "
                      "application/apply-patch+yaml");
    struct value *patched = patch_strategic(document, patch, kind->type, &error);
    if (patched == NULL)
        refuse(refusal, strstr(error.text, "retainKeys") != NULL ? 400 : 500, error.text);
    error_close(&error);
    for (size_t i = 0; patched != NULL && i < 2; i++) /* a Go struct does not know its own kind */
        value_set(value_own(&patched), i == 0 ? "apiVersion" : "kind",
                  value_hold(value_get(document, i == 0 ? "apiVersion" : "kind")));
    return patched;
}

/* Patches that are no maps, in the words of Go's decoder. */
static bool is_map(const struct value *patch, enum patch_type type, struct refusal *refusal)
{
    static const char *const names[] = { "null", "bool", "number", "string", "array" };
    if (patch->type == VALUE_MAP)
        return true;
    if (type == PATCH_MERGE && patch->type == VALUE_NULL)
        return refuse_document(refusal, 400, "Invalid JSON Patch");
    return refuse_document(
        refusal, 400, "%sjson: cannot unmarshal %s into Go value of type map[string]interface {}",
        type == PATCH_MERGE ? "error decoding patch: " : "", names[patch->type]);
}

static struct value *patch_document(const struct value *document, const struct value *patch,
                                    enum patch_type type, struct refusal *refusal)
{
    if ((type == PATCH_MERGE || type == PATCH_STRATEGIC) && !is_map(patch, type, refusal))
        return NULL;
    switch (type) {
    case PATCH_JSON:
        return patch_by_operations(document, patch, refusal);
    case PATCH_MERGE:
        return patch_merge(document, patch);
    case PATCH_STRATEGIC:
        return patch_strategically(document, patch, refusal);
    default:
        return value_hold(patch);
    }
}

/* Only the number of replicas passes through the scale subresource. */
static struct value *patch_scale(const struct value *live, const struct value *patch,
                                 const struct patch_request *request, struct refusal *refusal)
{
    struct value *scale = value_new_map(), *whole = value_hold(live);
    const struct value *replicas = value_path(live, "spec", "replicas", NULL);
    value_set(scale, "apiVersion", value_new_string("autoscaling/v1"));
    value_set(scale, "kind", value_new_string("Scale"));
    value_put(&scale, replicas ? value_hold(replicas) : value_new_int(0), "spec", "replicas", NULL);
    struct value *patched = request->type == PATCH_STRATEGIC
                                ? patch_merge(scale, patch)
                                : patch_document(scale, patch, request->type, refusal);
    value_drop(scale);
    replicas = value_path(patched, "spec", "replicas", NULL);
    if (value_int(replicas, 0) < 0) {
        refuse_document(
            refusal, 422,
            "Scale.autoscaling \"%s\" is invalid: spec.replicas: Invalid value: %s: must "
            "be greater than or equal to 0",
            request->name, replicas->text);
        value_drop(patched);
        patched = NULL;
    }
    if (patched != NULL)
        value_put(&whole, replicas ? value_hold(replicas) : value_new_int(0), "spec", "replicas",
                  NULL);
    value_drop(patched);
    if (patched != NULL)
        return whole;
    value_drop(whole);
    return NULL;
}

/* ---- what a body must agree with ---- */

static bool fits_url(const struct value *document, const struct patch_request *request,
                     struct refusal *refusal)
{
    const char *name = meta_text(document, "name"), *space = meta_text(document, "namespace");
    if (*name == '\0' && request->type != PATCH_APPLY)
        return refuse_document(refusal, 400,
                               "the name of the object (%s based on URL) was undeterminable: name "
                               "must be provided",
                               request->name);
    if (*name != '\0' && strcmp(name, request->name) != 0)
        return refuse_document(
            refusal, 400, "the name of the object (%s) does not match the name on the URL (%s)",
            name, request->name);
    if (*space != '\0' && request->space != NULL && strcmp(space, request->space) != 0)
        return refuse_document(refusal, 400,
                               "the namespace of the provided object does not match the namespace "
                               "sent on the request");
    return true;
}

static bool is_fresh(const struct value *document, const struct value *live,
                     struct refusal *refusal)
{
    const char *version = meta_text(document, "resourceVersion");
    if (*version == '\0' || strcmp(version, "0") == 0 ||
        strcmp(version, meta_text(live, "resourceVersion")) == 0)
        return true;
    if (version[strspn(version, "0123456789")] != '\0')
        return refuse_document(refusal, 500, "strconv.ParseUint: parsing \"%s\": invalid syntax",
                               version);
    return refuse_document(refusal, 409,
                           "the object has been modified; please apply your changes "
                           "to the latest version and try again");
}

/* ---- apply ---- */

static bool is_short(const struct patch_request *request, struct refusal *refusal)
{
    if (request->manager == NULL || strlen(request->manager->name) <= MANAGER_BYTES)
        return true;
    return refuse_document(refusal, 422,
                           "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may "
                           "not be more than %d bytes",
                           MANAGER_BYTES);
}

static bool may_apply(const struct value *live, const struct value *document,
                      const struct patch_request *request, struct refusal *refusal)
{
    const char *manager = request->manager != NULL ? request->manager->name : "";
    const char *version = text_of(document, "apiVersion"), *kind = text_of(document, "kind");
    if (*manager == '\0')
        return refuse_document(refusal, 422,
                               "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required "
                               "value: is required for apply patch");
    if (*version == '\0' || *kind == '\0' ||
        (live != NULL && (strcmp(version, text_of(live, "apiVersion")) != 0 ||
                          strcmp(kind, text_of(live, "kind")) != 0)))
        return refuse_document(refusal, 400, "invalid object type: %s%s, Kind=%s",
                               strchr(version, '/') != NULL ? "" : "/", version, kind);
    if (value_path(document, "metadata", "managedFields", NULL) != NULL)
        return refuse_document(refusal, 400, "metadata.managedFields must be nil");
    return fits_url(document, request, refusal);
}

/* What kubectl's older apply would compare with next time, kept up to date (lastappliedupdater.go). */
static void update_last_applied(struct value **applied, const struct value *document,
                                const struct patch_request *request)
{
    static const char key[] = "kubectl.kubernetes.io/last-applied-configuration";
    if (strcmp(request->manager->name, "kubectl") != 0 ||
        value_path(*applied, "metadata", "annotations", key, NULL) == NULL)
        return;
    struct writer line = { 0 };
    json_print(&line, document, (struct json_style){ .sort_keys = true, .escape_html = true });
    writer_add_char(&line, '\n');
    char *text = writer_take(&line);
    value_put(applied, value_new_string(text), "metadata", "annotations", key, NULL);
    free(text);
}

static struct value *apply(const struct value *live, const struct value *patch,
                           const struct patch_request *request, struct refusal *refusal)
{
    struct value *document = value_hold(patch);
    if (!may_apply(live, document, request, refusal)) {
        value_drop(document);
        return NULL;
    }
    value_put(&document, value_new_string(request->name), "metadata", "name", NULL);
    struct value *applied = managers_applied(live, document, kind_of(document), *request->manager,
                                             request->force, refusal);
    if (applied != NULL)
        update_last_applied(&applied, document, request);
    if (applied != NULL && live != NULL && !is_fresh(applied, live, refusal)) {
        value_drop(applied);
        applied = NULL;
    }
    value_drop(document);
    return applied;
}

/* ---- the request ---- */

/* Through the status subresource the spec stays as it is, and a Deployment's labels do. Statuses come from
 * controllers: what they say is not checked. */
static struct value *admit_status(const struct value *live, const struct value *document,
                                  const struct patch_request *request)
{
    struct value *whole = value_hold(document);
    const struct value *spec = value_get(live, "spec");
    const struct value *labels = value_path(live, "metadata", "labels", NULL);
    value_own(&whole);
    if (spec != NULL)
        value_set(whole, "spec", value_hold(spec));
    if (strcmp(text_of(live, "kind"), "Deployment") == 0 && labels != NULL)
        value_put(&whole, value_hold(labels), "metadata", "labels", NULL);
    if (request->type == PATCH_APPLY)
        return whole;
    struct value *list = managers_updated(live, whole, kind_of(live), *request->manager);
    if (list != NULL)
        value_put(&whole, list, "metadata", "managedFields", NULL);
    return whole;
}

static struct value *tell(struct refusal *refusal, const struct value *patch,
                          struct error_list *faults)
{
    error_list_add(faults, patch->at, "%s", refusal->message);
    return NULL;
}

struct value *admit_patch(const struct admission *admission, const struct value *live,
                          const struct value *patch, const struct patch_request *request,
                          struct refusal *refusal, struct error_list *faults,
                          struct error_list *warnings)
{
    struct admission noting = *admission;
    struct value *document = NULL, *admitted = NULL;
    noting.manager = request->type == PATCH_APPLY ? NULL : request->manager;
    if (!is_short(request, refusal))
        return tell(refusal, patch, faults);
    if (request->type == PATCH_APPLY)
        document = apply(live, patch, request, refusal);
    else if (is_subresource(request, "scale"))
        document = patch_scale(live, patch, request, refusal);
    else
        document = patch_document(live, patch, request->type, refusal);
    if (document == NULL || !fits_url(document, request, refusal) ||
        (live != NULL && !is_fresh(document, live, refusal))) {
        value_drop(document);
        return tell(refusal, patch, faults);
    }
    if (live == NULL)
        admitted = admit_create(&noting, document, refusal, faults, warnings);
    else if (is_subresource(request, "status"))
        admitted = admit_status(live, document, request);
    else
        admitted = admit_update(&noting, document, live, refusal, faults, warnings);
    value_drop(document);
    return admitted;
}
