/* Checking documents against shapes. */
#include "models/cluster/shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/meta.h"
#include "models/api/quantity.h"
#include "models/cluster/settings.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/time.h"
#include "sim/chance/distribution.h"

size_t shape_count(const struct value *one_or_list)
{
    if (value_is_null(one_or_list))
        return 0;
    return one_or_list->type == VALUE_LIST ? one_or_list->count : 1;
}

const struct value *shape_at(const struct value *one_or_list, size_t index)
{
    return one_or_list->type == VALUE_LIST ? one_or_list->items[index] : one_or_list;
}

const struct value *shape_get(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value_is_null(value) ? NULL : value;
}

char *shape_scalar_text(const struct value *value)
{
    if (value->type == VALUE_BOOL)
        return mem_format("%s", value->truth ? "true" : "false");
    if (value->type == VALUE_STRING || value->type == VALUE_NUMBER)
        return mem_text(value->text, value->count);
    return NULL;
}

char *shape_amount_text(const struct value *value)
{
    sim_time time;
    struct error error = { 0 };
    if (value->type == VALUE_NUMBER)
        return mem_text(value->text, value->count);
    if (value->type != VALUE_STRING || !sim_time_parse(value->text, value->at, &time, &error)) {
        error_close(&error);
        return NULL;
    }
    const uint64_t size = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    return mem_format("%s%" PRIu64 ".%09" PRIu64, time < 0 ? "-" : "", size / SIM_SECOND,
                      size % SIM_SECOND);
}

/* ── faults ── */

/* "spec.nodes[0].count: ..."; takes the text. */
static bool fault(const struct field_path *path, struct place at, struct error_list *faults,
                  char *text)
{
    char *where = field_path_text(path);
    error_list_add(faults, at, "%s: %s", where, text);
    free(where);
    free(text);
    return false;
}

static const char *type_name(const struct value *value)
{
    static const char *const names[] = { "nothing", "a boolean", "a number",
                                         "a text",  "a list",    "a map" };
    return names[value->type];
}

static bool wrong_type(const struct value *value, const char *wanted, const struct field_path *path,
                       struct error_list *faults)
{
    return fault(path, value->at, faults,
                 mem_format("expected %s, got %s", wanted, type_name(value)));
}

/* Put the path before an error that somebody else found, and keep it. */
static bool keep_error(struct error *error, const struct field_path *path,
                       struct error_list *faults)
{
    char *where = field_path_text(path);
    error_wrap(error, "%s", where);
    free(where);
    error_list_take(faults, error);
    return false;
}

/* ── scalars ── */

static bool check_choice(const struct value *value, const struct shape_field *field,
                         const struct field_path *path, struct error_list *faults)
{
    if (field->choices == NULL)
        return true;
    struct nearest near = nearest_to(value->text);
    struct writer known = { 0 };
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], value->text) == 0) {
            writer_close(&known);
            return true;
        }
        nearest_offer(&near, field->choices[i]);
        writer_format(&known, "%s%s", i > 0 ? ", " : "", field->choices[i]);
    }
    char *text = near.found != NULL
                     ? mem_format("\"%s\" is unknown (did you mean %s?)", value->text, near.found)
                     : mem_format("\"%s\" is none of %s", value->text, known.bytes);
    writer_close(&known);
    return fault(path, value->at, faults, text);
}

static bool check_text(const struct value *value, const struct shape_field *field,
                       const struct field_path *path, struct error_list *faults)
{
    if (value->type != VALUE_STRING)
        return wrong_type(value, "a text", path, faults);
    if (value->count == 0 && (field->form & SHAPE_OR_EMPTY) == 0)
        return fault(path, value->at, faults, mem_format("an empty text"));
    return check_choice(value, field, path, faults);
}

static bool check_number(const struct value *value, const struct shape_field *field,
                         const struct field_path *path, struct error_list *faults)
{
    bool whole = field->type == SHAPE_COUNT;
    int64_t count;
    if (value->type != VALUE_NUMBER)
        return wrong_type(value, whole ? "a whole number" : "a number", path, faults);
    if (whole && !value_as_int(value, &count))
        return fault(path, value->at, faults, mem_format("%s is no whole number", value->text));
    double number = value_double(value, 0);
    bool bounded = field->least != field->most;
    if (bounded && (number < field->least || number > field->most))
        return fault(path, value->at, faults,
                     mem_format("%s is not between %.17g and %.17g", value->text, field->least,
                                field->most));
    return true;
}

bool shape_duration(const struct value *value, sim_time *time, struct error *error)
{
    if (value->type == VALUE_STRING && !sim_time_parse(value->text, value->at, time, error))
        return false;
    if (value->type == VALUE_NUMBER)
        *time = sim_time_from_seconds(value_double(value, 0));
    else if (value->type != VALUE_STRING)
        return error_set(error, value->at, "expected a duration, got %s (try 90s, 1h30m or 30d)",
                         type_name(value));
    if (*time < 0)
        return error_set(error, value->at, "\"%s\" is negative", value->text);
    if (*time == SIM_FOREVER)
        return error_set(error, value->at, "%s is longer than 292 years", value->text);
    return true;
}

static bool check_duration(const struct value *value, const struct field_path *path,
                           struct error_list *faults)
{
    sim_time time;
    struct error error = { 0 };
    return shape_duration(value, &time, &error) || keep_error(&error, path, faults);
}

static bool check_amount(const struct value *value, const struct field_path *path,
                         struct error_list *faults)
{
    if (value->type == VALUE_NUMBER)
        return true;
    if (value->type != VALUE_STRING)
        return wrong_type(value, "a number or a duration", path, faults);
    return check_duration(value, path, faults);
}

static bool check_time(const struct value *value, const struct field_path *path,
                       struct error_list *faults)
{
    sim_time time;
    if (value->type != VALUE_STRING)
        return wrong_type(value, "a time", path, faults);
    if (!time_parse(value->text, 0, &time))
        return fault(path, value->at, faults,
                     mem_format("\"%s\" is no time (try 2026-01-01T00:00:00Z)", value->text));
    return true;
}

static bool check_distribution(const struct value *value, const struct field_path *path,
                               struct error_list *faults)
{
    struct error error = { 0 };
    struct distribution *distribution = distribution_load(value, &error);
    if (distribution == NULL)
        return keep_error(&error, path, faults);
    distribution_free(distribution);
    return true;
}

/* ── maps whose keys are the user's ── */

static bool is_scalar(const struct value *value)
{
    return value->type == VALUE_STRING || value->type == VALUE_NUMBER || value->type == VALUE_BOOL;
}

static bool check_quantity(const struct value *value, const struct field_path *path,
                           struct error_list *faults)
{
    struct quantity quantity;
    struct error error = { 0 };
    if (!quantity_load(value, &quantity, &error))
        return keep_error(&error, path, faults);
    if (quantity.nano < 0)
        return fault(path, value->at, faults, mem_format("%s is negative", value->text));
    return true;
}

/* The value under a flag's or a timing model's name: those who own them know what fits. */
static bool check_setting(const struct value_entry *entry, bool is_timing,
                          const struct field_path *path, struct error_list *faults)
{
    struct settings settings;
    struct error error = { 0 };
    char *text = shape_scalar_text(entry->value);
    settings_init(&settings);
    bool good = is_timing ? settings_set_timing(&settings, entry->key, entry->value, &error)
                : text == NULL
                    ? error_set(&error, entry->value->at, "expected a scalar, got %s",
                                type_name(entry->value))
                    : settings_set(&settings, entry->key, text, entry->value->at, &error);
    settings_close(&settings);
    free(text);
    return good || keep_error(&error, path, faults);
}

static bool check_entry(const struct value_entry *entry, enum shape_type type,
                        const struct field_path *path, struct error_list *faults)
{
    if (type == SHAPE_QUANTITIES)
        return check_quantity(entry->value, path, faults);
    if (type == SHAPE_SETTINGS || type == SHAPE_TIMINGS)
        return check_setting(entry, type == SHAPE_TIMINGS, path, faults);
    if (is_scalar(entry->value) || (type == SHAPE_LABELS && entry->value->type == VALUE_NULL))
        return true;
    return wrong_type(entry->value, "a text", path, faults);
}

static bool check_entries(const struct value *value, enum shape_type type,
                          const struct field_path *path, struct error_list *faults)
{
    bool good = true;
    if (value->type != VALUE_MAP)
        return wrong_type(value, "a map", path, faults);
    bool names_itself = type == SHAPE_SETTINGS || type == SHAPE_TIMINGS;
    for (size_t i = 0; i < value->count; i++) {
        struct field_path key = field_child(path, value->entries[i].key);
        good = check_entry(&value->entries[i], type, names_itself ? path : &key, faults) && good;
    }
    return good;
}

static bool check_object(const struct value *value, const struct field_path *path,
                         struct error_list *faults)
{
    if (value->type != VALUE_MAP)
        return wrong_type(value, "an object", path, faults);
    if (value_text(value_get(value, "kind"), "")[0] == '\0' ||
        value_text(value_get(value, "apiVersion"), "")[0] == '\0')
        return fault(path, value->at, faults, mem_format("an object has apiVersion and kind"));
    return true;
}

/* ── fields ── */

static bool check_one(const struct value *value, const struct shape_field *field,
                      const struct field_path *path, struct error_list *faults)
{
    if (value->type == VALUE_STRING && (field->form & SHAPE_OR_TEXT) != 0)
        return check_text(value, &(struct shape_field){ .name = field->name }, path, faults);
    switch (field->type) {
    case SHAPE_TEXT:
        return check_text(value, field, path, faults);
    case SHAPE_BOOL:
        return value->type == VALUE_BOOL || wrong_type(value, "true or false", path, faults);
    case SHAPE_COUNT:
    case SHAPE_NUMBER:
        return check_number(value, field, path, faults);
    case SHAPE_DURATION:
        return check_duration(value, path, faults);
    case SHAPE_AMOUNT:
        return check_amount(value, path, faults);
    case SHAPE_TIME:
        return check_time(value, path, faults);
    case SHAPE_DISTRIBUTION:
        return check_distribution(value, path, faults);
    case SHAPE_QUANTITY:
        return check_quantity(value, path, faults);
    case SHAPE_TEXT_MAP:
    case SHAPE_LABELS:
    case SHAPE_QUANTITIES:
    case SHAPE_SETTINGS:
    case SHAPE_TIMINGS:
        return check_entries(value, field->type, path, faults);
    case SHAPE_OBJECT:
        return check_object(value, path, faults);
    case SHAPE_VALUE:
        return true;
    case SHAPE_STRUCT:
        return shape_check(value, field->of, path, faults);
    }
    return false;
}

static bool check_field(const struct value *value, const struct shape_field *field,
                        const struct field_path *path, struct error_list *faults)
{
    bool good = true;
    if (value->type != VALUE_LIST && (field->form & SHAPE_LIST) != 0)
        return wrong_type(value, "a list", path, faults);
    if (value->type != VALUE_LIST || (field->form & (SHAPE_LIST | SHAPE_OR_LIST)) == 0)
        return check_one(value, field, path, faults);
    for (size_t i = 0; i < value->count; i++) {
        struct field_path item = field_item(path, i);
        good = check_one(value->items[i], field, &item, faults) && good;
    }
    return good;
}

static const struct shape_field *find_field(const struct shape *shape, const char *name,
                                            struct nearest *near)
{
    for (; shape != NULL; shape = shape->also)
        for (const struct shape_field *field = shape->fields; field->name != NULL; field++) {
            if (strcmp(field->name, name) == 0)
                return field;
            nearest_offer(near, field->name);
        }
    return NULL;
}

static bool unknown_field(const struct value_entry *entry, const struct nearest *near,
                          const struct field_path *path, struct error_list *faults)
{
    return fault(path, entry->at, faults,
                 near->found != NULL ? mem_format("unknown field (did you mean %s?)", near->found)
                                     : mem_format("unknown field"));
}

static bool check_required(const struct value *from, const struct shape *shape,
                           const struct field_path *path, struct error_list *faults)
{
    bool good = true;
    for (const struct shape_field *field = shape->fields; field->name != NULL; field++) {
        if ((field->form & SHAPE_REQUIRED) == 0 || !value_is_null(value_get(from, field->name)))
            continue;
        struct field_path child = field_child(path, field->name);
        good = fault(&child, from->at, faults, mem_format("is missing (%s)", field->help));
    }
    if (shape->also != NULL)
        return check_required(from, shape->also, path, faults) && good;
    return good;
}

bool shape_check(const struct value *from, const struct shape *shape, const struct field_path *path,
                 struct error_list *faults)
{
    if (from->type != VALUE_MAP)
        return wrong_type(from, "a map", path, faults);
    bool good = check_required(from, shape, path, faults);
    for (size_t i = 0; i < from->count; i++) {
        const struct value_entry *entry = &from->entries[i];
        struct field_path child = field_child(path, entry->key);
        struct nearest near = nearest_to(entry->key);
        const struct shape_field *field = find_field(shape, entry->key, &near);
        if (field == NULL)
            good = unknown_field(entry, &near, &child, faults);
        else if (entry->value->type != VALUE_NULL)
            good = check_field(entry->value, field, &child, faults) && good;
    }
    return good;
}
