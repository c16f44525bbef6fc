/* Shapes as JSON Schema, for editors that complete and check YAML while it is written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/settings.h"
#include "models/cluster/shape.h"

/* {"type": name} */
static struct value *of_type(const char *name)
{
    struct value *schema = value_new_map();
    value_set(schema, "type", value_new_string(name));
    return schema;
}

static struct value *pattern(const char *text)
{
    struct value *schema = of_type("string");
    value_set(schema, "pattern", value_new_string(text));
    return schema;
}

static struct value *either(struct value *a, struct value *b)
{
    struct value *schema = value_new_map(), *list = value_new_list();
    value_add(list, a);
    value_add(list, b);
    value_set(schema, "anyOf", list);
    return schema;
}

static struct value *map_of(struct value *values)
{
    struct value *schema = of_type("object");
    value_set(schema, "additionalProperties", values);
    return schema;
}

static struct value *scalar_schema(void)
{
    static const char *const types[] = { "string", "number", "boolean" };
    struct value *schema = value_new_map(), *list = value_new_list();
    for (size_t i = 0; i < 3; i++)
        value_add(list, value_new_string(types[i]));
    value_set(schema, "type", list);
    return schema;
}

static struct value *duration_schema(void)
{
    return either(pattern("^([0-9]+(\\.[0-9]*)?(d|h|m|s|ms|us|\xC2\xB5s|ns))+$|^0$"),
                  of_type("number"));
}

/* A duration, or a map of one key that names the distribution. */
static struct value *distribution_schema(void)
{
    struct value *map = of_type("object");
    value_set(map, "minProperties", value_new_int(1));
    value_set(map, "maxProperties", value_new_int(1));
    return either(duration_schema(), map);
}

/* An object whose keys are the names that a function counts through. */
static struct value *named_schema(const char *name_at(size_t index), struct value *make(void))
{
    struct value *schema = of_type("object"), *properties = value_new_map();
    for (size_t i = 0; name_at(i) != NULL; i++)
        value_set(properties, name_at(i), make());
    value_set(schema, "properties", properties);
    return schema;
}

static void set_bound(struct value *schema, const char *name, double bound)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", bound);
    value_set(schema, name, value_new_number(text));
}

static struct value *number_schema(const struct shape_field *field)
{
    struct value *schema = of_type(field->type == SHAPE_COUNT ? "integer" : "number");
    if (field->least != field->most) {
        set_bound(schema, "minimum", field->least);
        set_bound(schema, "maximum", field->most);
    }
    return schema;
}

static struct value *text_schema(const struct shape_field *field)
{
    struct value *schema = of_type("string"), *choices = value_new_list();
    for (size_t i = 0; field->choices != NULL && field->choices[i] != NULL; i++)
        value_add(choices, value_new_string(field->choices[i]));
    if (choices->count > 0)
        value_set(schema, "enum", choices);
    else
        value_drop(choices);
    return schema;
}

static struct value *object_schema(void)
{
    struct value *schema = of_type("object"), *required = value_new_list();
    value_add(required, value_new_string("apiVersion"));
    value_add(required, value_new_string("kind"));
    value_set(schema, "required", required);
    return schema;
}

static struct value *one_schema(const struct shape_field *field)
{
    switch (field->type) {
    case SHAPE_TEXT:
        return text_schema(field);
    case SHAPE_BOOL:
        return of_type("boolean");
    case SHAPE_COUNT:
    case SHAPE_NUMBER:
        return number_schema(field);
    case SHAPE_AMOUNT: /* as a duration is written */
    case SHAPE_DURATION:
        return duration_schema();
    case SHAPE_TIME: {
        struct value *time = of_type("string");
        value_set(time, "format", value_new_string("date-time"));
        return time;
    }
    case SHAPE_DISTRIBUTION:
        return distribution_schema();
    case SHAPE_TEXT_MAP:
        return map_of(scalar_schema());
    case SHAPE_LABELS:
        return map_of(either(scalar_schema(), of_type("null")));
    case SHAPE_QUANTITY:
        return either(of_type("string"), of_type("number"));
    case SHAPE_QUANTITIES:
        return map_of(either(of_type("string"), of_type("number")));
    case SHAPE_SETTINGS:
        return named_schema(settings_flag, scalar_schema);
    case SHAPE_TIMINGS:
        return named_schema(settings_timing, distribution_schema);
    case SHAPE_OBJECT:
        return object_schema();
    case SHAPE_VALUE:
        return value_new_map();
    case SHAPE_STRUCT:
        return shape_schema(field->of);
    }
    return NULL;
}

static struct value *list_of(struct value *items)
{
    struct value *list = of_type("array");
    value_set(list, "items", items);
    return list;
}

static struct value *field_schema(const struct shape_field *field)
{
    struct value *schema = one_schema(field);
    if ((field->form & SHAPE_OR_TEXT) != 0)
        schema = either(of_type("string"), schema);
    if ((field->form & SHAPE_LIST) != 0)
        schema = list_of(schema);
    else if ((field->form & SHAPE_OR_LIST) != 0) {
        struct value *one = value_hold(schema);
        schema = either(one, list_of(schema));
    }
    value_set(schema, "description", value_new_string(field->help));
    if (field->standard != NULL)
        value_set(schema, "default", value_new_string(field->standard));
    return schema;
}

struct value *shape_schema(const struct shape *shape)
{
    struct value *schema = of_type("object");
    struct value *properties = value_new_map(), *required = value_new_list();
    for (; shape != NULL; shape = shape->also)
        for (const struct shape_field *field = shape->fields; field->name != NULL; field++) {
            value_set(properties, field->name, field_schema(field));
            if ((field->form & SHAPE_REQUIRED) != 0)
                value_add(required, value_new_string(field->name));
        }
    value_set(schema, "properties", properties);
    if (required->count > 0)
        value_set(schema, "required", required);
    else
        value_drop(required);
    value_set(schema, "additionalProperties", value_new_bool(false));
    return schema;
}
