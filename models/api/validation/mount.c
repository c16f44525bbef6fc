/* Volume mounts and block devices of a container, against the volumes of its pod.
 *
 * Follows ValidateVolumeMounts() and ValidateVolumeDevices() of pkg/apis/core/validation. */
#include <string.h>

#include "models/api/validation/validation_private.h"

static const struct value *find_volume(const struct pod_check *check, const char *name)
{
    for (size_t i = 0; i < check->volume_count; i++)
        if (strcmp(text_at(check->volumes[i], "name"), name) == 0)
            return check->volumes[i];
    return NULL;
}

/* Does an item of the list say the same under this key? Only the first `count` are asked. */
static bool is_said(const struct value *list, size_t count, const char *key, const char *text)
{
    for (size_t i = 0; i < count && i < size_of(list); i++)
        if (strcmp(text_at(list->items[i], key), text) == 0)
            return true;
    return false;
}

static void check_propagation(struct pod_check *check, const struct value *container,
                              const struct value *mount, const struct field_path *path)
{
    static const char *const modes[] = { "Bidirectional", "HostToContainer", "None", NULL };
    const struct value *privileged = value_path(container, "securityContext", "privileged", NULL);
    check_choice(check->errors, mount, "mountPropagation", path, modes, OPTIONAL);
    if (strcmp(text_at(mount, "mountPropagation"), "Bidirectional") == 0 &&
        !value_truth(privileged, false))
        field_forbidden(check->errors, CHILD(path, "mountPropagation"),
                        value_get(mount, "mountPropagation"),
                        "Bidirectional mount propagation is available only to privileged "
                        "containers");
}

static void check_recursive_read_only(struct field_errors *errors, const struct value *mount,
                                      const struct field_path *path)
{
    static const char *const modes[] = { "Disabled", "Enabled", "IfPossible", NULL };
    const struct value *mode = value_get(mount, "recursiveReadOnly");
    const struct field_path *at = CHILD(path, "recursiveReadOnly");
    const char *propagation = text_at(mount, "mountPropagation");
    check_choice(errors, mount, "recursiveReadOnly", path, modes, OPTIONAL);
    if (mode == NULL || !one_of(value_text(mode, ""), modes + 1))
        return;
    if (!truth_at(mount, "readOnly"))
        field_forbidden(errors, at, mode, "may only be specified when readOnly is true");
    if (*propagation != '\0' && strcmp(propagation, "None") != 0)
        field_forbidden(errors, at, mode,
                        "may only be specified when mountPropagation is None or not specified");
}

/* Where within the volume; the API server names these without the mount's index. */
static void check_sub_paths(struct pod_check *check, const struct value *mount,
                            const struct field_path *item, const struct field_path *path)
{
    static const char *const keys[] = { "subPath", "subPathExpr" };
    const struct value *volume = find_volume(check, text_at(mount, "name"));
    for (size_t i = 0; i < 2 && has(volume, "image"); i++)
        if (*text_at(mount, keys[i]) != '\0')
            field_invalid(check->errors, CHILD(item, keys[i]), value_get(mount, keys[i]),
                          "not allowed in image volume sources");
    for (size_t i = 0; i < 2; i++) {
        const struct value *file = value_get(mount, keys[i]);
        if (*value_text(file, "") == '\0')
            continue;
        if (i == 1 && *text_at(mount, "subPath") != '\0')
            field_invalid(check->errors, CHILD(item, keys[i]), file,
                          "subPathExpr and subPath are mutually exclusive");
        check_descending_path(check->errors, file, file->text, CHILD(path, keys[i]));
    }
}

static void check_mount(struct pod_check *check, const struct value *container, size_t index,
                        const struct field_path *path)
{
    const struct value *mounts = value_get(container, "volumeMounts");
    const struct value *devices = value_get(container, "volumeDevices");
    const struct value *mount = mounts->items[index];
    const struct field_path *item = ITEM(path, index);
    const char *name = text_at(mount, "name"), *where = text_at(mount, "mountPath");
    check_required_text(check->errors, mount, "name", item, NULL);
    if (find_volume(check, name) == NULL)
        field_not_found(check->errors, CHILD(item, "name"), value_get(mount, "name"), NULL);
    check_required_text(check->errors, mount, "mountPath", item, NULL);
    if (is_said(mounts, index, "mountPath", where))
        field_invalid(check->errors, CHILD(item, "mountPath"), value_get(mount, "mountPath"),
                      "must be unique");
    if (is_said(devices, size_of(devices), "name", name))
        field_invalid(check->errors, CHILD(item, "name"), value_get(mount, "name"),
                      "must not already exist in volumeDevices");
    if (is_said(devices, size_of(devices), "devicePath", where))
        field_invalid(check->errors, CHILD(item, "mountPath"), value_get(mount, "mountPath"),
                      "must not already exist as a path in volumeDevices");
    check_sub_paths(check, mount, item, path);
    check_propagation(check, container, mount, path);
    check_recursive_read_only(check->errors, mount, path);
}

static void check_device_name(struct pod_check *check, const struct value *devices, size_t index,
                              const struct field_path *item)
{
    const struct value *name = value_get(devices->items[index], "name");
    const struct value *volume = find_volume(check, value_text(name, ""));
    check_required_text(check->errors, devices->items[index], "name", item, NULL);
    if (*value_text(name, "") != '\0' && is_said(devices, index, "name", name->text))
        field_invalid(check->errors, CHILD(item, "name"), name, "must be unique");
    if (volume == NULL)
        field_not_found(check->errors, CHILD(item, "name"), name, NULL);
    else if (!has(volume, "persistentVolumeClaim") && !has(volume, "ephemeral"))
        field_invalid(check->errors, CHILD(item, "name"), name,
                      "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                      "block mode");
}

static void check_device(struct pod_check *check, const struct value *container, size_t index,
                         const struct field_path *item)
{
    const struct value *devices = value_get(container, "volumeDevices");
    const struct value *mounts = value_get(container, "volumeMounts");
    const struct value *device = devices->items[index];
    const struct value *where = value_get(device, "devicePath");
    const struct field_path *at = CHILD(item, "devicePath");
    struct field_errors backsteps = { 0 };
    check_device_name(check, devices, index, item);
    check_required_text(check->errors, device, "devicePath", item, NULL);
    if (is_said(devices, index, "devicePath", value_text(where, "")))
        field_invalid(check->errors, at, where, "must be unique");
    check_no_backsteps(&backsteps, where, at);
    if (backsteps.count > 0)
        field_invalid(check->errors, at, where, "can not contain backsteps ('..')");
    field_errors_close(&backsteps);
    if (is_said(mounts, size_of(mounts), "name", text_at(device, "name")))
        field_invalid(check->errors, CHILD(item, "name"), value_get(device, "name"),
                      "must not already exist in volumeMounts");
    if (is_said(mounts, size_of(mounts), "mountPath", value_text(where, "")))
        field_invalid(check->errors, at, where, "must not already exist as a path in volumeMounts");
}

void check_mounts(struct pod_check *check, const struct value *container,
                  const struct field_path *path)
{
    for (size_t i = 0; i < size_of(value_get(container, "volumeMounts")); i++)
        check_mount(check, container, i, CHILD(path, "volumeMounts"));
    for (size_t i = 0; i < size_of(value_get(container, "volumeDevices")); i++)
        check_device(check, container, i, ITEM(CHILD(path, "volumeDevices"), i));
}
