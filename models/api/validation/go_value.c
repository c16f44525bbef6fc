#include "models/api/validation/go_value.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/scalar.h"
#include "models/api/schema_print.h"
#include "sim/base/writer.h"

static void print(struct writer *out, const struct value *value, const struct schema_type *type);

static const struct json_style style = { .sort_keys = true, .escape_html = true };

/* The JSON member that a Go field reads; inline structs spread over their owner's map. */
static const struct value *value_of_field(const struct value *map, const struct schema_field *field)
{
    return field->is_inline ? map : field->json ? value_get(map, field->json) : NULL;
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
