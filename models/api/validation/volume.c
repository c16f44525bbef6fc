/* Volumes of a pod: one source and one name each.
 *
 * Follows ValidateVolumes() of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

/* Outside of pods an image may still be unnamed. */
static void check_image_given(struct pod_check *check, const struct value *image,
                              const struct field_path *path)
{
    if (check->is_pod && *text_at(image, "reference") == '\0')
        field_required(check->errors, CHILD(CHILD(path, "image"), "reference"), image, "%s", "");
}

/* The claim made for an ephemeral volume is named after the pod and the volume. */
static void check_claim_name(struct pod_check *check, const struct value *volume,
                             const struct field_path *path)
{
    const char *name = text_at(volume, "name");
    struct complaints complaints = { 0 };
    if (check->pod_name == NULL || *check->pod_name == '\0' || *name == '\0')
        return;
    char *claim = mem_format("%s-%s", check->pod_name, name);
    text_dns_subdomain(&complaints, claim);
    for (size_t i = 0; i < complaints.count; i++)
        field_invalid(check->errors, CHILD(path, "name"), value_get(volume, "name"),
                      "PVC name \"%s\": %s", claim, complaints.items[i]);
    complaints_close(&complaints);
    free(claim);
}

static void check_sources(struct pod_check *check, const struct value *volume,
                          const struct field_path *path)
{
    bool given = false;
    const char *name;
    for (size_t i = 0; (name = volume_source_at(i)) != NULL; i++) {
        const struct value *node = value_get(volume, name);
        if (value_is_null(node))
            continue;
        if (given) {
            forbid_second_source(check->errors, i, node, path);
            continue;
        }
        given = true;
        if (strcmp(name, "image") == 0)
            check_image_given(check, node, path);
        check_volume_source(check->errors, i, node, path);
        if (strcmp(name, "ephemeral") == 0)
            check_claim_name(check, volume, path);
    }
    if (!given)
        field_required(check->errors, path, volume, "must specify a volume type");
}

static bool name_is_taken(const struct pod_check *check, const char *name)
{
    for (size_t i = 0; i < check->volume_count; i++)
        if (strcmp(text_at(check->volumes[i], "name"), name) == 0)
            return true;
    return false;
}

/* A claim made for an ephemeral volume cannot be asked for by its name. */
static void check_claim_is_not_made_here(struct pod_check *check, const struct value *volume,
                                         const struct field_path *path)
{
    const struct value *claim = value_path(volume, "persistentVolumeClaim", "claimName", NULL);
    const struct value *volumes = value_get(check->spec, "volumes");
    size_t length = check->pod_name ? strlen(check->pod_name) : 0;
    if (claim == NULL || length == 0 ||
        strncmp(value_text(claim, ""), check->pod_name, length) != 0)
        return;
    for (size_t i = 0; i < size_of(volumes); i++)
        if (has(volumes->items[i], "ephemeral") && claim->text[length] == '-' &&
            strcmp(text_at(volumes->items[i], "name"), claim->text + length + 1) == 0)
            field_invalid(check->errors, CHILD(CHILD(path, "persistentVolumeClaim"), "claimName"),
                          claim,
                          "must not reference a PVC that gets created for an ephemeral volume");
}

void check_volumes(struct pod_check *check, const struct field_path *path)
{
    const struct value *volumes = value_get(check->spec, "volumes");
    check->volumes = mem_new((size_of(volumes) + 1) * sizeof *check->volumes);
    for (size_t i = 0; i < size_of(volumes); i++) {
        const struct value *volume = volumes->items[i];
        const struct field_path *item = ITEM(path, i);
        size_t faults = check->errors->count;
        check_sources(check, volume, item);
        check_required_text(check->errors, volume, "name", item, text_dns_label);
        if (name_is_taken(check, text_at(volume, "name")))
            field_duplicate(check->errors, CHILD(item, "name"), value_get(volume, "name"), NULL);
        if (check->errors->count == faults)
            check->volumes[check->volume_count++] = volume;
        check_claim_is_not_made_here(check, volume, item);
    }
}
