/* Environment variables and what they are taken from.
 *
 * Follows ValidateEnv(), ValidateEnvFrom() and the field selectors of pkg/apis/core/validation. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/scalar.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

/* Labels that the conversion of field paths knows. */
static const char *const known_fields[] = { "metadata.annotations",
                                            "metadata.labels",
                                            "metadata.name",
                                            "metadata.namespace",
                                            "metadata.uid",
                                            "spec.nodeName",
                                            "spec.restartPolicy",
                                            "spec.schedulerName",
                                            "spec.serviceAccountName",
                                            "status.hostIP",
                                            "status.hostIPs",
                                            "status.phase",
                                            "status.podIP",
                                            "status.podIPs",
                                            "spec.terminationGracePeriodSeconds",
                                            "spec.host",
                                            NULL };

static const char *const env_fields[] = { "metadata.name",
                                          "metadata.namespace",
                                          "metadata.uid",
                                          "spec.nodeName",
                                          "spec.serviceAccountName",
                                          "status.hostIP",
                                          "status.hostIPs",
                                          "status.podIP",
                                          "status.podIPs",
                                          NULL };

/* The part before ['...'], NULL when there is no subscript; the caller frees both. */
static char *split_subscript(const char *field, char **subscript)
{
    const char *open = strstr(field, "['");
    size_t length = strlen(field);
    if (length < 2 || strcmp(field + length - 2, "']") != 0 || open == NULL || open == field ||
        open + 2 > field + length - 2)
        return NULL;
    *subscript = mem_text(open + 2, (size_t)(field + length - 2 - (open + 2)));
    return mem_text(field, (size_t)(open - field));
}

static void check_subscript(struct field_errors *errors, const struct value *selector,
                            const char *map, char *subscript, const struct field_path *path)
{
    const struct value *field = value_get(selector, "fieldPath");
    bool annotations = strcmp(map, "metadata.annotations") == 0;
    if (!annotations && strcmp(map, "metadata.labels") != 0) {
        field_invalid(errors, CHILD(path, "fieldPath"), field,
                      "error converting fieldPath: field label does not support subscript: %s",
                      field->text);
        return;
    }
    struct complaints complaints = { 0 };
    (annotations ? text_annotation_key : text_label_key)(&complaints, subscript);
    for (char *c = subscript; annotations && *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    char *quoted = field_quote(subscript);
    for (size_t i = 0; i < complaints.count; i++)
        field_invalid_printed(errors, path, field, quoted, "%s", complaints.items[i]);
    free(quoted);
    complaints_close(&complaints);
}

void check_field_selector(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path, const char *const *paths)
{
    static const char *const required[] = { "apiVersion", "fieldPath" };
    const struct value *field = value_get(selector, "fieldPath");
    char *subscript, *map;
    for (size_t i = 0; i < 2; i++)
        if (*text_at(selector, required[i]) == '\0') {
            field_required(errors, CHILD(path, required[i]), selector, "%s", "");
            return;
        }
    const struct field_path *at = CHILD(path, "fieldPath");
    if (strcmp(text_at(selector, "apiVersion"), "v1") != 0)
        field_invalid(errors, at, field, "error converting fieldPath: unsupported pod version: %s",
                      text_at(selector, "apiVersion"));
    else if ((map = split_subscript(field->text, &subscript)) != NULL) {
        check_subscript(errors, selector, map, subscript, path);
        free(subscript);
        free(map);
    } else if (!one_of(field->text, known_fields))
        field_invalid(errors, at, field,
                      "error converting fieldPath: field label not supported: %s", field->text);
    else if (strcmp(field->text, "spec.host") != 0 && !one_of(field->text, paths))
        field_unsupported(errors, at, field, NULL, paths);
}

static bool is_hugepages(const char *resource)
{
    return strncmp(resource, "requests.hugepages-", strlen("requests.hugepages-")) == 0 ||
           strncmp(resource, "limits.hugepages-", strlen("limits.hugepages-")) == 0;
}

static void check_divisor(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path)
{
    static const char *const units[] = { "1",   "1k",  "1M",  "1G",  "1T",  "1P",  "1E",
                                         "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei", NULL };
    static const char *const cpu_units[] = { "1m", "1", NULL };
    const char *resource = text_at(selector, "resource");
    const char *dot = strchr(resource, '.');
    const char *name = dot ? dot + 1 : "";
    bool is_cpu = strcmp(name, "cpu") == 0, is_storage = strcmp(name, "ephemeral-storage") == 0;
    if (!has(selector, "divisor") ||
        (!is_cpu && !is_storage && strcmp(name, "memory") != 0 && !is_hugepages(resource)))
        return;
    char *divisor = scalar_quantity_print(value_get(selector, "divisor"));
    bool fits =
        divisor == NULL || strcmp(divisor, "0") == 0 || one_of(divisor, is_cpu ? cpu_units : units);
    free(divisor);
    if (!fits)
        field_invalid(errors, CHILD(path, "divisor"), value_get(selector, "resource"),
                      "only divisor's values %s are supported with the %s resource",
                      is_cpu ? "1m and 1"
                             : "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, "
                               "1Ei",
                      is_cpu       ? "cpu"
                      : is_storage ? "local ephemeral storage"
                                   : (is_hugepages(resource) ? "hugepages" : "memory"));
}

void check_resource_field(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path, bool in_volume)
{
    static const char *const resources[] = { "limits.cpu",
                                             "limits.ephemeral-storage",
                                             "limits.memory",
                                             "requests.cpu",
                                             "requests.ephemeral-storage",
                                             "requests.memory",
                                             NULL };
    const char *resource = text_at(selector, "resource");
    if (in_volume && *text_at(selector, "containerName") == '\0')
        field_required(errors, CHILD(path, "containerName"), selector, "%s", "");
    else if (*resource == '\0')
        field_required(errors, CHILD(path, "resource"), selector, "%s", "");
    else if (!one_of(resource, resources) && !is_hugepages(resource))
        field_unsupported(errors, CHILD(path, "resource"), value_get(selector, "resource"), NULL,
                          resources);
    check_divisor(errors, selector, path);
}

static void check_field_ref(struct field_errors *errors, const struct value *ref,
                            const struct field_path *path)
{
    check_field_selector(errors, ref, path, env_fields);
}

static void check_resource_ref(struct field_errors *errors, const struct value *ref,
                               const struct field_path *path)
{
    check_resource_field(errors, ref, path, false);
}

static void check_key_ref(struct field_errors *errors, const struct value *ref,
                          const struct field_path *path)
{
    check_text(errors, value_get(ref, "name"), CHILD(path, "name"), text_dns_subdomain);
    check_required_text(errors, ref, "key", path, text_config_key);
}

static void check_file_ref(struct field_errors *errors, const struct value *ref,
                           const struct field_path *path)
{
    check_required_text(errors, ref, "key", path, text_environment_name);
    check_required_text(errors, ref, "volumeName", path, text_dns_label);
    if (*text_at(ref, "path") == '\0')
        field_required(errors, CHILD(path, "path"), ref, "%s", "");
    else
        check_local_path(errors, value_get(ref, "path"), CHILD(path, "path"));
}

static const struct {
    const char *name;
    check_fn *check;
} origins[] = {
    { "fieldRef", check_field_ref },      { "resourceFieldRef", check_resource_ref },
    { "configMapKeyRef", check_key_ref }, { "secretKeyRef", check_key_ref },
    { "fileKeyRef", check_file_ref },
};

static void check_value_from(struct field_errors *errors, const struct value *variable,
                             const struct field_path *path)
{
    const struct value *from = value_get(variable, "valueFrom");
    size_t given = 0;
    if (value_is_null(from))
        return;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        if (!has(from, origins[i].name))
            continue;
        given++;
        origins[i].check(errors, value_get(from, origins[i].name), CHILD(path, origins[i].name));
    }
    if (given == 0)
        field_invalid_printed(errors, path, from, "\"\"",
                              "must specify one of: `fieldRef`, `resourceFieldRef`, "
                              "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
    else if (*text_at(variable, "value") != '\0')
        field_invalid_printed(errors, path, from, "\"\"",
                              "may not be specified when `value` is not empty");
    else if (given > 1)
        field_invalid_printed(errors, path, from, "\"\"",
                              "may not have more than one field specified at a time");
}

void check_env(struct field_errors *errors, const struct value *variables,
               const struct field_path *path)
{
    for (size_t i = 0; i < size_of(variables); i++) {
        check_required_text(errors, variables->items[i], "name", ITEM(path, i),
                            text_environment_name);
        check_value_from(errors, variables->items[i], CHILD(ITEM(path, i), "valueFrom"));
    }
}

void check_env_from(struct field_errors *errors, const struct value *sources,
                    const struct field_path *path)
{
    static const char *const kinds[] = { "configMapRef", "secretRef" };
    for (size_t i = 0; i < size_of(sources); i++) {
        const struct value *source = sources->items[i];
        size_t given = 0;
        check_optional_text(errors, source, "prefix", ITEM(path, i), text_environment_name);
        for (size_t j = 0; j < 2; j++) {
            if (!has(source, kinds[j]))
                continue;
            given++;
            check_required_text(errors, value_get(source, kinds[j]), "name",
                                CHILD(ITEM(path, i), kinds[j]), text_dns_subdomain);
        }
        if (given == 0)
            field_invalid_printed(errors, path, source, "\"\"",
                                  "must specify one of: `configMapRef` or `secretRef`");
        else if (given > 1)
            field_invalid_printed(errors, path, source, "\"\"",
                                  "may not have more than one field specified at a time");
    }
}
