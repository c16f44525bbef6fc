/* Errors with a place, and lists of them. */
#include "sim/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"

static char *format_text(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    return text;
}

bool error_set(struct error *error, struct place at, const char *format, ...)
{
    if (error->text != NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    error->text = format_text(format, arguments);
    va_end(arguments);
    error->at = at;
    return false;
}

bool error_wrap(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *phrase = format_text(format, arguments);
    va_end(arguments);
    char *text = mem_format("%s: %s", phrase, error->text ? error->text : "");
    free(phrase);
    free(error->text);
    error->text = text;
    return false;
}

void error_close(struct error *error)
{
    free(error->text);
    *error = (struct error){ 0 };
}

char *error_print(const struct error *error)
{
    const struct place at = error->at;
    const char *text = error->text ? error->text : "no error";
    if (at.file == NULL)
        return mem_format("%s", text);
    if (at.line == 0)
        return mem_format("%s: %s", at.file, text);
    if (at.column == 0)
        return mem_format("%s:%d: %s", at.file, at.line, text);
    return mem_format("%s:%d:%d: %s", at.file, at.line, at.column, text);
}

void error_list_take(struct error_list *list, struct error *error)
{
    if (error->text == NULL)
        return;
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = *error;
    *error = (struct error){ 0 };
}

bool error_list_add(struct error_list *list, struct place at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct error error = { .at = at, .text = format_text(format, arguments) };
    va_end(arguments);
    error_list_take(list, &error);
    return false;
}

void error_list_close(struct error_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        error_close(&list->items[i]);
    free(list->items);
    *list = (struct error_list){ 0 };
}
