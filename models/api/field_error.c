/* Follow Error.ErrorBody() of apimachinery v0.36.4, and NewInvalid() of pkg/api/errors. */
#include "models/api/field_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static const struct {
    const char *name, *phrase;
} reasons[] = {
    [FIELD_INVALID] = { "FieldValueInvalid", "Invalid value" },
    [FIELD_REQUIRED] = { "FieldValueRequired", "Required value" },
    [FIELD_NOT_SUPPORTED] = { "FieldValueNotSupported", "Unsupported value" },
    [FIELD_DUPLICATE] = { "FieldValueDuplicate", "Duplicate value" },
    [FIELD_FORBIDDEN] = { "FieldValueForbidden", "Forbidden" },
    [FIELD_NOT_FOUND] = { "FieldValueNotFound", "Not found" },
    [FIELD_TYPE_INVALID] = { "FieldValueTypeInvalid", "Invalid value" },
    [FIELD_TOO_LONG] = { "FieldValueTooLong", "Too long" },
    [FIELD_TOO_MANY] = { "FieldValueTooMany", "Too many" },
};

const char *field_reason_name(enum field_reason reason)
{
    return reasons[reason].name;
}

void field_errors_close(struct field_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        free(errors->items[i].path);
        free(errors->items[i].text);
    }
    free(errors->items);
    *errors = (struct field_errors){ 0 };
}

/* The same fault found twice is told once in the message, though each is a cause. */
static bool told_before(const struct field_errors *errors, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(errors->items[i].path, errors->items[index].path) == 0 &&
            strcmp(errors->items[i].text, errors->items[index].text) == 0)
            return true;
    return false;
}

char *field_errors_message(const struct field_errors *errors, const char *kind, const char *name)
{
    struct writer list = { 0 };
    size_t told = 0;
    for (size_t i = 0; i < errors->count; i++) {
        if (told_before(errors, i))
            continue;
        writer_format(&list, "%s%s: %s", told++ > 0 ? ", " : "", errors->items[i].path,
                      errors->items[i].text);
    }
    char *quoted = field_quote(name);
    char *joined = writer_take(&list);
    char *message = mem_format(told > 1 ? "%s %s is invalid: [%s]" : "%s %s is invalid: %s", kind,
                               quoted, joined);
    free(joined);
    free(quoted);
    return message;
}

char *field_quote(const char *text)
{
    static const char codes[] = "abtnvfr"; /* of the characters 7 to 13 */
    struct writer quoted = { 0 };
    writer_add_char(&quoted, '"');
    for (const unsigned char *c = (const unsigned char *)(text ? text : ""); *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            writer_format(&quoted, "\\%c", *c);
        else if (*c >= 7 && *c <= 13)
            writer_format(&quoted, "\\%c", codes[*c - 7]);
        else if (*c < ' ' || *c == 0x7f)
            writer_format(&quoted, "\\x%02x", *c);
        else
            writer_add_char(&quoted, (char)*c);
    }
    writer_add_char(&quoted, '"');
    return writer_take(&quoted);
}

/* A value as the API server's %q, %v or json.Marshal gives it. */
static char *print_value(const struct value *value)
{
    if (value == NULL || value->type == VALUE_STRING)
        return field_quote(value ? value->text : NULL);
    return json_text(value, (struct json_style){ .sort_keys = true, .escape_html = true });
}

static void add(struct field_errors *errors, const struct field_path *path,
                enum field_reason reason, const struct value *bad, char *text)
{
    MEM_GROW(errors->items, errors->count, errors->capacity);
    errors->items[errors->count++] = (struct field_error){
        .path = field_path_text(path),
        .reason = reason,
        .text = text,
        .at = bad ? bad->at : (struct place){ 0 },
    };
}

/* "phrase: printed: detail", without the parts that are NULL or empty. */
static char *compose(enum field_reason reason, const char *printed, const char *detail)
{
    struct writer text = { 0 };
    writer_add(&text, reasons[reason].phrase);
    if (printed != NULL)
        writer_format(&text, ": %s", printed);
    if (detail != NULL && *detail != '\0')
        writer_format(&text, ": %s", detail);
    return writer_take(&text);
}

static char *format_detail(const char *format, va_list arguments)
{
    char *detail = NULL;
    if (vasprintf(&detail, format, arguments) < 0)
        abort();
    return detail;
}

static void add_with_detail(struct field_errors *errors, const struct field_path *path,
                            enum field_reason reason, const struct value *bad, const char *printed,
                            const char *format, va_list arguments)
{
    char *detail = format_detail(format, arguments);
    add(errors, path, reason, bad, compose(reason, printed, detail));
    free(detail);
}

void field_invalid(struct field_errors *errors, const struct field_path *path,
                   const struct value *bad, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    char *printed = print_value(bad);
    add_with_detail(errors, path, FIELD_INVALID, bad, printed, detail, arguments);
    free(printed);
    va_end(arguments);
}

void field_invalid_printed(struct field_errors *errors, const struct field_path *path,
                           const struct value *bad, const char *printed, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    add_with_detail(errors, path, FIELD_INVALID, bad, printed, detail, arguments);
    va_end(arguments);
}

void field_required(struct field_errors *errors, const struct field_path *path,
                    const struct value *near, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    add_with_detail(errors, path, FIELD_REQUIRED, near, NULL, detail, arguments);
    va_end(arguments);
}

void field_forbidden(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    add_with_detail(errors, path, FIELD_FORBIDDEN, bad, NULL, detail, arguments);
    va_end(arguments);
}

static void add_value(struct field_errors *errors, const struct field_path *path,
                      enum field_reason reason, const struct value *bad, const char *printed,
                      const char *detail)
{
    char *own = printed == NULL ? print_value(bad) : NULL;
    add(errors, path, reason, bad, compose(reason, printed ? printed : own, detail));
    free(own);
}

void field_duplicate(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *printed)
{
    add_value(errors, path, FIELD_DUPLICATE, bad, printed, NULL);
}

void field_not_found(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *detail)
{
    add_value(errors, path, FIELD_NOT_FOUND, bad, NULL, detail);
}

void field_too_long(struct field_errors *errors, const struct field_path *path,
                    const struct value *bad, int max_bytes)
{
    char *detail = mem_format("may not be more than %d bytes", max_bytes);
    add(errors, path, FIELD_TOO_LONG, bad, compose(FIELD_TOO_LONG, NULL, detail));
    free(detail);
}

void field_too_many(struct field_errors *errors, const struct field_path *path,
                    const struct value *bad, size_t actual, size_t max_items)
{
    char *detail = mem_format("must have at most %zu items", max_items);
    char *printed = mem_format("%zu", actual);
    add(errors, path, FIELD_TOO_MANY, bad, compose(FIELD_TOO_MANY, printed, detail));
    free(printed);
    free(detail);
}

void field_unsupported(struct field_errors *errors, const struct field_path *path,
                       const struct value *bad, const char *printed, const char *const *supported)
{
    struct writer detail = { 0 };
    for (size_t i = 0; supported[i] != NULL; i++)
        writer_format(&detail, "%s\"%s\"", i > 0 ? ", " : "supported values: ", supported[i]);
    char *text = writer_take(&detail);
    add_value(errors, path, FIELD_NOT_SUPPORTED, bad, printed, text);
    free(text);
}
