#include "models/api/validation/go_value.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/scalar.h"
#include "models/api/schema_print.h"
#include "sim/base/writer.h"

static void print(struct writer *out, const struct value *value, const struct schema_type *type);
static void print_tagged(struct writer *out, const struct value *value,
                         const struct schema_type *type);

static const struct json_style style = { .sort_keys = true, .escape_html = true };

/* The JSON member that a Go field reads; inline structs spread over their owner's map. */
static const struct value *value_of_field(const struct value *map, const struct schema_field *field)
{
    return field->is_inline ? map : field->json ? value_get(map, field->json) : NULL;
}

/* Fields of internal structs that stand in another order than those of the API; of a pod, what the API
 * says of hosts beside the security context is within it. */
static const char *const pod_spec[] = {
    "Volumes",
    "InitContainers",
    "Containers",
    "EphemeralContainers",
    "RestartPolicy",
    "TerminationGracePeriodSeconds",
    "ActiveDeadlineSeconds",
    "DNSPolicy",
    "NodeSelector",
    "ServiceAccountName",
    "AutomountServiceAccountToken",
    "NodeName",
    "SecurityContext",
    "ImagePullSecrets",
    "Hostname",
    "Subdomain",
    "SetHostnameAsFQDN",
    "Affinity",
    "SchedulerName",
    "Tolerations",
    "HostAliases",
    "PriorityClassName",
    "Priority",
    "PreemptionPolicy",
    "DNSConfig",
    "ReadinessGates",
    "RuntimeClassName",
    "Overhead",
    "EnableServiceLinks",
    "TopologySpreadConstraints",
    "OS",
    "SchedulingGates",
    "ResourceClaims",
    "Resources",
    "HostnameOverride",
    "SchedulingGroup",
    NULL,
};
static const char *const of_hosts[] = { "HostNetwork",           "HostPID",   "HostIPC",
                                        "ShareProcessNamespace", "HostUsers", NULL };
static const char *const security[] = {
    "SELinuxOptions",
    "WindowsOptions",
    "RunAsUser",
    "RunAsGroup",
    "RunAsNonRoot",
    "SupplementalGroups",
    "SupplementalGroupsPolicy",
    "FSGroup",
    "FSGroupChangePolicy",
    "Sysctls",
    "SeccompProfile",
    "AppArmorProfile",
    "SELinuxChangePolicy",
    NULL,
};

static const struct schema_field *field_named(const struct schema_type *type, const char *go)
{
    size_t i = 0;
    while (i < type->field_count && strcmp(type->fields[i].go, go) != 0)
        i++;
    return i < type->field_count ? &type->fields[i] : NULL;
}

static void print_named(struct writer *out, const struct value *map, const struct schema_type *type,
                        const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct schema_field *field = field_named(type, names[i]);
        if (field == NULL)
            continue;
        writer_format(out, "%s\"%s\":", out->bytes[out->length - 1] == '{' ? "" : ",", names[i]);
        print(out, value_of_field(map, field), field->type);
    }
}

static void print_pod_spec(struct writer *out, const struct value *map,
                           const struct schema_type *type)
{
    const struct schema_field *context = field_named(type, "SecurityContext");
    const char *one[] = { NULL, NULL };
    writer_add_char(out, '{');
    for (size_t i = 0; pod_spec[i] != NULL; i++) {
        one[0] = pod_spec[i];
        if (strcmp(pod_spec[i], "SecurityContext") != 0) {
            print_named(out, map, type, one);
            continue;
        }
        writer_add(out, ",\"SecurityContext\":{");
        print_named(out, map, type, of_hosts);
        print_named(out, value_get(map, context->json), schema_pointee(context->type), security);
        writer_add_char(out, '}');
    }
    writer_add_char(out, '}');
}

/* The metadata are embedded: their fields stand beside the spec. */
static void print_template(struct writer *out, const struct value *map,
                           const struct schema_type *type)
{
    const struct schema_field *spec = field_named(type, "Spec");
    struct writer meta = { 0 };
    print_tagged(&meta, value_get(map, "metadata"), field_named(type, "ObjectMeta")->type);
    writer_add_bytes(out, meta.bytes, meta.length - 1);
    writer_add(out, meta.length > 2 ? ",\"Spec\":" : "\"Spec\":");
    print_pod_spec(out, value_get(map, "spec"), spec->type);
    writer_add_char(out, '}');
    writer_close(&meta);
}

static void print_struct(struct writer *out, const struct value *map,
                         const struct schema_type *type)
{
    writer_add_char(out, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        if (i > 0)
            writer_add_char(out, ',');
        if (field->is_inline) { /* an embedded struct's fields are promoted */
            struct writer inner = { 0 };
            print_struct(&inner, map, schema_pointee(field->type));
            writer_add_bytes(out, inner.bytes + 1, inner.length - 2);
            writer_close(&inner);
            continue;
        }
        writer_format(out, "\"%s\":", field->go);
        print(out, value_of_field(map, field), field->type);
    }
    writer_add_char(out, '}');
}

static void print_items(struct writer *out, const struct value *list,
                        const struct schema_type *element)
{
    writer_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            writer_add_char(out, ',');
        print(out, list->items[i], element);
    }
    writer_add_char(out, ']');
}

static bool keeps_its_tags(const struct schema_type *type)
{
    return strncmp(type->name, "apis/meta/v1.", strlen("apis/meta/v1.")) == 0;
}

static void print_quantity(struct writer *out, const struct value *value)
{
    char *text = value ? scalar_quantity_print(value) : NULL;
    writer_format(out, "\"%s\"", text ? text : "0");
    free(text);
}

static void print_tagged(struct writer *out, const struct value *value,
                         const struct schema_type *type)
{
    struct value *tree = schema_print(value, type);
    json_print(out, tree, (struct json_style){ .escape_html = true });
    value_drop(tree);
}

static void print_scalar(struct writer *out, const struct value *value, enum schema_shape shape)
{
    if (value != NULL)
        json_print(out, value, style);
    else if (shape == SCHEMA_STRING)
        writer_add(out, "\"\"");
    else if (shape == SCHEMA_BOOL)
        writer_add(out, "false");
    else
        writer_add(out, shape == SCHEMA_INT || shape == SCHEMA_INT_OR_STRING ? "0" : "null");
}

static void print(struct writer *out, const struct value *value, const struct schema_type *type)
{
    if (value_is_null(value))
        value = NULL;
    if (type->shape == SCHEMA_POINTER && value == NULL) {
        writer_add(out, "null");
        return;
    }
    type = schema_pointee(type);
    if (type->shape == SCHEMA_QUANTITY)
        print_quantity(out, value);
    else if (strcmp(type->name, "core/v1.PodSpec") == 0)
        print_pod_spec(out, value, type);
    else if (strcmp(type->name, "core/v1.PodTemplateSpec") == 0)
        print_template(out, value, type);
    else if (type->shape == SCHEMA_STRUCT && keeps_its_tags(type))
        print_tagged(out, value, type);
    else if (type->shape == SCHEMA_STRUCT)
        print_struct(out, value, type);
    else if (type->shape == SCHEMA_LIST && value != NULL)
        print_items(out, value, type->element);
    else
        print_scalar(out, value, type->shape);
}

char *go_value_print(const struct value *value, const struct schema_type *type)
{
    struct writer out = { 0 };
    print(&out, value, type);
    return writer_take(&out);
}
