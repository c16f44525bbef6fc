/* Whole texts into documents, whether they are YAML or JSON. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "sim/base/memory.h"

/* Takes the document; nulls are nobody's object. */
static void add(struct documents *into, struct value *document)
{
    if (document->type == VALUE_NULL) {
        value_drop(document);
        return;
    }
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = document;
}

static void cut_back(struct documents *documents, size_t count)
{
    while (documents->count > count)
        value_drop(documents->items[--documents->count]);
}

/* Skip a byte order mark and blanks. */
static struct yaml_piece trimmed(struct yaml_piece piece)
{
    if (piece.length >= 3 && memcmp(piece.bytes, "\xEF\xBB\xBF", 3) == 0) {
        piece.bytes += 3;
        piece.length -= 3;
    }
    for (; piece.length > 0 && strchr(" \t\r\n", *piece.bytes) != NULL && *piece.bytes != '\0';
         piece.bytes++, piece.length--) {
        piece.start.column++;
        if (*piece.bytes == '\n') {
            piece.start.line++;
            piece.start.column = 1;
        }
    }
    return piece;
}

/* JSON documents one after the other. */
static bool read_json(struct documents *into, struct yaml_piece piece,
                      struct error_list *duplicates, struct error *error)
{
    size_t before = into->count;
    while (piece.length > 0) {
        struct value *document =
            json_read_next(&piece.bytes, &piece.length, &piece.start, duplicates, error);
        if (document == NULL) {
            cut_back(into, before);
            return false;
        }
        add(into, document);
    }
    return true;
}

static bool read_yaml(struct documents *into, struct yaml_piece piece,
                      struct error_list *duplicates, struct error *error)
{
    struct value *document = yaml_read(piece, duplicates, NULL, error);
    if (document != NULL)
        add(into, document);
    return document != NULL;
}

/* `{"` and `{}` are how JSON begins; a flow map of YAML rarely does. */
static bool means_json(struct yaml_piece piece)
{
    if (piece.length == 0 || *piece.bytes != '{')
        return false;
    piece.bytes++;
    piece.length--;
    piece = trimmed(piece);
    return piece.length > 0 && (*piece.bytes == '"' || *piece.bytes == '}');
}

static void take_all(struct error_list *into, struct error_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        error_list_take(into, &from->items[i]);
    error_list_close(from);
}

/* What begins like JSON may still be YAML, which allows more; the fault shown is that of the
 * format that was meant. */
static void read_piece(struct documents *into, struct yaml_piece piece, struct error_list *faults)
{
    struct yaml_piece inner = trimmed(piece);
    struct error_list duplicates = { 0 };
    struct error of_json = { 0 }, of_yaml = { 0 };
    size_t before = into->count;
    bool good = inner.length > 0 && (*inner.bytes == '{' || *inner.bytes == '[') &&
                read_json(into, inner, &duplicates, &of_json);
    if (!good) {
        error_list_close(&duplicates);
        good = read_yaml(into, piece, &duplicates, &of_yaml);
    }
    if (!good)
        error_list_take(faults, means_json(inner) ? &of_json : &of_yaml);
    if (duplicates.count > 0)
        cut_back(into, before);
    take_all(faults, &duplicates);
    error_close(&of_json);
    error_close(&of_yaml);
}

void documents_read(struct documents *into, const char *bytes, size_t length, const char *name,
                    struct error_list *faults)
{
    struct yaml_stream stream = yaml_stream_of(bytes, length, name);
    struct yaml_piece piece;
    struct error error = { 0 };
    while (yaml_stream_next(&stream, &piece, &error))
        read_piece(into, piece, faults);
    error_list_take(faults, &error);
}

void documents_close(struct documents *documents)
{
    cut_back(documents, 0);
    free(documents->items);
    *documents = (struct documents){ 0 };
}
