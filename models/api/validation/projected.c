/* Projected volumes: files from several sources in one directory, no path twice.
 *
 * Follows validateProjectionSources() and validateDownwardAPIVolumeFile(). */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

/* The paths that earlier files of the volume took. */
struct taken_paths {
    const char **items; /* owned; the texts are borrowed */
    size_t count, capacity;
};

static void take_path(struct field_errors *errors, struct taken_paths *taken,
                      const struct value *file, const struct value *blamed,
                      const struct field_path *path)
{
    const char *text = value_text(file, "");
    for (size_t i = 0; i < taken->count; i++)
        if (strcmp(taken->items[i], text) == 0) {
            field_invalid(errors, path, blamed, "conflicting duplicate paths");
            return;
        }
    MEM_GROW(taken->items, taken->count, taken->capacity);
    taken->items[taken->count++] = text;
}

void check_downward_file(struct field_errors *errors, const struct value *file,
                         const struct field_path *path)
{
    static const char *const paths[] = { "metadata.annotations", "metadata.labels", "metadata.name",
                                         "metadata.namespace",   "metadata.uid",    NULL };
    const struct value *field = value_get(file, "fieldRef");
    const struct value *resource = value_get(file, "resourceFieldRef");
    check_required_text(errors, file, "path", path, NULL);
    check_local_path(errors, value_get(file, "path"), CHILD(path, "path"));
    if (field != NULL) {
        check_field_selector(errors, field, CHILD(path, "fieldRef"), paths);
        if (resource != NULL)
            field_invalid_printed(errors, path, file, "\"resource\"",
                                  "fieldRef and resourceFieldRef can not be specified "
                                  "simultaneously");
    } else if (resource != NULL) {
        check_resource_field(errors, resource, CHILD(path, "resourceFieldRef"), true);
    } else {
        field_required(errors, path, file, "one of fieldRef and resourceFieldRef is required");
    }
    check_file_mode(errors, file, "mode", path);
}

static void check_keys(struct field_errors *errors, const struct value *source,
                       const struct field_path *path, const struct field_path *volume,
                       struct taken_paths *taken)
{
    const struct value *items = value_get(source, "items");
    check_required_text(errors, source, "name", path, NULL);
    check_volume_items(errors, source, path);
    for (size_t i = 0; i < size_of(items); i++)
        if (*text_at(items->items[i], "path") != '\0')
            take_path(errors, taken, value_get(items->items[i], "path"), value_get(source, "name"),
                      volume);
}

static void check_downward(struct field_errors *errors, const struct value *source,
                           const struct field_path *path, const struct field_path *volume,
                           struct taken_paths *taken)
{
    const struct value *items = value_get(source, "items");
    for (size_t i = 0; i < size_of(items); i++) {
        const struct value *file = value_get(items->items[i], "path");
        check_downward_file(errors, items->items[i], path);
        if (*value_text(file, "") != '\0')
            take_path(errors, taken, file, file, volume);
    }
}

static void check_token(struct field_errors *errors, const struct value *source,
                        const struct field_path *path, const struct field_path *volume,
                        struct taken_paths *taken)
{
    (void)taken;
    const struct value *seconds = value_get(source, "expirationSeconds");
    if (value_int(seconds, 0) < 10 * 60)
        field_invalid(errors, CHILD(path, "expirationSeconds"), seconds,
                      "may not specify a duration less than 10 minutes");
    if (value_int(seconds, 0) > INT64_C(1) << 32)
        field_invalid(errors, CHILD(path, "expirationSeconds"), seconds,
                      "may not specify a duration larger than 2^32 seconds");
    if (*text_at(source, "path") == '\0')
        field_required(errors, CHILD(volume, "path"), source, "%s", "");
    else
        check_local_path(errors, value_get(source, "path"), CHILD(volume, "path"));
}

static void check_trust_bundle(struct field_errors *errors, const struct value *source,
                               const struct field_path *path, const struct field_path *volume,
                               struct taken_paths *taken)
{
    bool by_name = has(source, "name"), by_signer = has(source, "signerName");
    if (by_name && by_signer)
        invalid_struct(errors, source, "core/v1.ClusterTrustBundleProjection", path,
                       "only one of name and signerName may be used");
    else if (by_name)
        check_required_text(errors, source, "name", path, NULL);
    else if (by_signer)
        check_label_selector(errors, value_get(source, "labelSelector"),
                             CHILD(path, "labelSelector"));
    else
        field_required(errors, path, source, "either name or signerName must be specified");
    check_required_text(errors, source, "path", path, NULL);
    check_local_path(errors, value_get(source, "path"), CHILD(path, "path"));
    take_path(errors, taken, value_get(source, "path"), value_get(source, "path"), volume);
}

static const struct {
    const char *name;
    void (*check)(struct field_errors *errors, const struct value *source,
                  const struct field_path *path, const struct field_path *volume,
                  struct taken_paths *taken);
} projections[] = {
    { "secret", check_keys },
    { "configMap", check_keys },
    { "downwardAPI", check_downward },
    { "serviceAccountToken", check_token },
    { "clusterTrustBundle", check_trust_bundle },
};

void check_projected(struct field_errors *errors, const struct value *source,
                     const struct field_path *path)
{
    const struct value *list = value_get(source, "sources");
    struct taken_paths taken = { 0 };
    check_file_mode(errors, source, "defaultMode", path);
    for (size_t i = 0; i < size_of(list); i++) {
        const struct field_path *item = ITEM(CHILD(path, "sources"), i);
        size_t given = 0;
        for (size_t j = 0; j < sizeof projections / sizeof *projections; j++) {
            const struct value *part = value_get(list->items[i], projections[j].name);
            if (value_is_null(part))
                continue;
            given++;
            projections[j].check(errors, part, CHILD(item, projections[j].name), path, &taken);
        }
        if (given > 1)
            field_forbidden(errors, item, list->items[i],
                            "may not specify more than 1 volume type per source");
    }
    free(taken.items);
}
