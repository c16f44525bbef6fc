/* The JSON printer: byte for byte what Go's encoding/json prints for the same document. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static void print_value(struct writer *into, const struct value *value, struct json_style style,
                        int level);

/* The escape of a byte that may not stand for itself; NULL when it may. */
static const char *short_escape(char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

/* U+2028 and U+2029 end a line in JavaScript; Go always escapes them. */
static bool is_line_separator(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "\xE2\x80", 2) == 0 &&
           (at[2] == (char)0xA8 || at[2] == (char)0xA9);
}

void json_print_string(struct writer *into, const char *bytes, size_t length, bool escape_html)
{
    const char *end = bytes + length, *first = bytes;
    writer_add_char(into, '"');
    for (const char *at = bytes; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        bool html = escape_html && (c == '<' || c == '>' || c == '&');
        bool separator = c == 0xE2 && is_line_separator(at, end);
        if (c >= 0x20 && c != '"' && c != '\\' && !html && !separator)
            continue;
        writer_add_bytes(into, first, (size_t)(at - first));
        if (separator) {
            writer_format(into, "\\u20%02x", (unsigned char)at[2] - 0x80);
            at += 2;
        } else if (short_escape(*at) != NULL) {
            writer_add(into, short_escape(*at));
        } else {
            writer_format(into, "\\u%04x", c);
        }
        first = at + 1;
    }
    writer_add_bytes(into, first, (size_t)(end - first));
    writer_add_char(into, '"');
}

static void new_line(struct writer *into, struct json_style style, int level)
{
    if (style.indent == 0)
        return;
    writer_add_char(into, '\n');
    for (int i = 0; i < style.indent * level; i++)
        writer_add_char(into, ' ');
}

static void print_list(struct writer *into, const struct value *list, struct json_style style,
                       int level)
{
    writer_add_char(into, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            writer_add_char(into, ',');
        new_line(into, style, level + 1);
        print_value(into, list->items[i], style, level + 1);
    }
    if (list->count > 0)
        new_line(into, style, level);
    writer_add_char(into, ']');
}

static int by_key(const void *a, const void *b)
{
    const struct value_entry *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

/* The entries in the order in which they are printed; free() the array. */
static const struct value_entry **entries_in_order(const struct value *map, bool sorted)
{
    const struct value_entry **order = mem_new(map->count * sizeof *order);
    for (size_t i = 0; i < map->count; i++)
        order[i] = &map->entries[i];
    if (sorted && map->count > 1)
        qsort(order, map->count, sizeof *order, by_key);
    return order;
}

static void print_map(struct writer *into, const struct value *map, struct json_style style,
                      int level)
{
    const struct value_entry **order = entries_in_order(map, style.sort_keys);
    writer_add_char(into, '{');
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0)
            writer_add_char(into, ',');
        new_line(into, style, level + 1);
        json_print_string(into, order[i]->key, strlen(order[i]->key), style.escape_html);
        writer_add(into, style.indent > 0 ? ": " : ":");
        print_value(into, order[i]->value, style, level + 1);
    }
    if (map->count > 0)
        new_line(into, style, level);
    writer_add_char(into, '}');
    free(order);
}

static void print_value(struct writer *into, const struct value *value, struct json_style style,
                        int level)
{
    switch (value == NULL ? VALUE_NULL : value->type) {
    case VALUE_NULL:
        writer_add(into, "null");
        break;
    case VALUE_BOOL:
        writer_add(into, value->truth ? "true" : "false");
        break;
    case VALUE_NUMBER:
        writer_add_bytes(into, value->text, value->count);
        break;
    case VALUE_STRING:
        json_print_string(into, value->text, value->count, style.escape_html);
        break;
    case VALUE_LIST:
        print_list(into, value, style, level);
        break;
    case VALUE_MAP:
        print_map(into, value, style, level);
        break;
    }
}

void json_print(struct writer *into, const struct value *value, struct json_style style)
{
    print_value(into, value, style, 0);
}

char *json_text(const struct value *value, struct json_style style)
{
    struct writer text = { 0 };
    json_print(&text, value, style);
    return writer_take(&text);
}
