/* Look-ups in the generated schema table. The facts are those of k8s.io/api v0.36.4. */
#include "models/api/schema.h"

#include <stdarg.h>
#include <string.h>

#include "models/api/schema_private.h"

/* Compares "group/version" or "version" with a kind of the table, as strcmp does. */
static int compare_kind(const char *group, size_t group_length, const char *version,
                        const char *kind, const struct schema_kind *with)
{
    int order = strncmp(group, with->group, group_length);
    if (order == 0 && with->group[group_length] != '\0')
        order = -1;
    if (order == 0)
        order = strcmp(version, with->version);
    return order != 0 ? order : strcmp(kind, with->kind);
}

const struct schema_kind *schema_kind(const char *api_version, const char *kind)
{
    if (api_version == NULL || kind == NULL)
        return NULL;
    const char *slash = strchr(api_version, '/');
    size_t group_length = slash ? (size_t)(slash - api_version) : 0;
    const char *version = slash ? slash + 1 : api_version;
    size_t low = 0, high = schema_kind_total;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_kind(api_version, group_length, version, kind, &schema_kinds[middle]);
        if (order == 0)
            return &schema_kinds[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t schema_kind_count(void)
{
    return schema_kind_total;
}

const struct schema_kind *schema_kind_at(size_t index)
{
    return &schema_kinds[index];
}

const struct schema_type *schema_type(const char *name)
{
    size_t low = 0, high = schema_type_total;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, schema_types[middle].name);
        if (order == 0)
            return &schema_types[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct schema_field *schema_field(const struct schema_type *type, const char *json)
{
    for (size_t i = 0; i < type->member_count; i++)
        if (strcmp(type->members[i]->json, json) == 0)
            return type->members[i];
    return NULL;
}

const struct schema_type *schema_pointee(const struct schema_type *type)
{
    while (type->shape == SCHEMA_POINTER)
        type = type->element;
    return type;
}

const struct schema_type *schema_follow(const struct schema_type *type, ...)
{
    va_list names;
    va_start(names, type);
    const char *name;
    while (type != NULL && (name = va_arg(names, const char *)) != NULL) {
        const struct schema_field *field = schema_field(type, name);
        type = field ? field->type : NULL;
        while (type != NULL && type->element != NULL)
            type = type->element;
    }
    va_end(names);
    return type;
}
