/* The YAML reader: libyaml's events built into trees.
 *
 * Maps, merges and aliases follow go.yaml.in/yaml/v2, the library under sigs.k8s.io/yaml. Its
 * scanner and libyaml's differ in little: what only libyaml takes is refused (yaml_fault.c), what
 * only the other takes is patched (yaml_patch.c). The tree is built by recursion, as deep as
 * JSON_DEPTH allows. */
#include "models/api/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml_reader.h"
#include "sim/base/memory.h"

bool yaml_next_event(struct yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return yaml_parser_failed(reader);
    if (reader->event.type == YAML_SCALAR_EVENT && reader->is_patched)
        yaml_patch_undo((char *)reader->event.data.scalar.value, &reader->event.data.scalar.length);
    return true;
}

/* ── anchors ── */

/* Remember the anchor of a node that begins; its index plus one, 0 for none. */
static size_t anchor_begin(struct yaml_reader *reader, const yaml_char_t *name)
{
    if (name == NULL)
        return 0;
    MEM_GROW(reader->anchors, reader->anchor_count, reader->anchor_capacity);
    reader->anchors[reader->anchor_count++] =
        (struct yaml_anchor){ .name = mem_text(yaml_text(name), strlen(yaml_text(name))) };
    return reader->anchor_count;
}

static void anchor_end(struct yaml_reader *reader, size_t anchor, const struct value *value,
                       struct yaml_extent extent)
{
    if (anchor == 0 || value == NULL)
        return;
    reader->anchors[anchor - 1].value = value_hold(value);
    reader->anchors[anchor - 1].extent = extent;
}

static const struct yaml_anchor *anchor_find(const struct yaml_reader *reader, const char *name)
{
    for (size_t i = reader->anchor_count; i-- > 0;)
        if (strcmp(reader->anchors[i].name, name) == 0)
            return &reader->anchors[i];
    return NULL;
}

static bool check_depth(struct yaml_reader *reader, int height)
{
    if (reader->depth + height <= JSON_DEPTH)
        return true;
    return error_set(reader->error, yaml_place_of_event(reader),
                     "maps and lists are nested more than %d deep", JSON_DEPTH);
}

struct value *yaml_read_alias(struct yaml_reader *reader, struct yaml_extent *extent)
{
    struct place at = yaml_place_of_event(reader);
    const char *name = yaml_text(reader->event.data.alias.anchor);
    const struct yaml_anchor *anchor = anchor_find(reader, name);
    if (anchor == NULL) {
        error_set(reader->error, at, "unknown anchor '%s' referenced", name);
        return NULL;
    }
    if (anchor->value == NULL) {
        error_set(reader->error, at, "anchor '%s' value contains itself", name);
        return NULL;
    }
    *extent = anchor->extent;
    reader->expanded += extent->nodes;
    if (reader->expanded > YAML_ALIAS_NODES) {
        error_set(reader->error, at, "aliases stand for more than %d nodes", YAML_ALIAS_NODES);
        return NULL;
    }
    return check_depth(reader, extent->height) ? value_hold(anchor->value) : NULL;
}

/* ── scalars and lists ── */

struct value *yaml_read_scalar(struct yaml_reader *reader, struct yaml_extent *extent)
{
    if (!yaml_check_scalar(reader))
        return NULL;
    struct place at = yaml_place_of_event(reader);
    size_t anchor = anchor_begin(reader, reader->event.data.scalar.anchor);
    struct value *value = yaml_scalar_value(yaml_scalar_at_hand(reader), at, reader->error);
    *extent = (struct yaml_extent){ .nodes = 1 };
    if (value != NULL)
        value->at = at;
    anchor_end(reader, anchor, value, *extent);
    return value;
}

void yaml_extent_add(struct yaml_extent *extent, struct yaml_extent child)
{
    extent->nodes += child.nodes;
    if (extent->height < child.height + 1)
        extent->height = child.height + 1;
}

static bool read_items(struct yaml_reader *reader, struct value *list, struct yaml_extent *extent)
{
    while (yaml_next_event(reader)) {
        struct yaml_extent child;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        struct value *item = yaml_read_node(reader, &child);
        if (item == NULL)
            return false;
        value_add(list, item);
        yaml_extent_add(extent, child);
    }
    return false;
}

/* ── nodes and documents ── */

/* Feed the parser. Every line ends, the last one too, as kubectl's line reader sees to: a
 * literal scalar at the end of a file keeps its line break. */
static int give_bytes(void *context, unsigned char *buffer, size_t size, size_t *given)
{
    struct yaml_reader *reader = context;
    const struct yaml_piece *piece = &reader->piece;
    size_t left = piece->length > reader->given ? piece->length - reader->given : 0;
    *given = left < size ? left : size;
    memcpy(buffer, piece->bytes + reader->given, *given);
    reader->given += *given;
    bool ends_line = piece->length > 0 && piece->bytes[piece->length - 1] == '\n';
    if (*given < size && reader->given == piece->length && !ends_line) {
        buffer[(*given)++] = '\n';
        reader->given++;
    }
    return 1;
}

static bool begins_flow(const struct yaml_reader *reader)
{
    return reader->event.type == YAML_MAPPING_START_EVENT
               ? reader->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
               : reader->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
}

static struct value *read_collection(struct yaml_reader *reader, struct yaml_extent *extent)
{
    bool is_map = reader->event.type == YAML_MAPPING_START_EVENT, is_flow = begins_flow(reader);
    struct place at = yaml_place_of_event(reader);
    size_t anchor = anchor_begin(reader, is_map ? reader->event.data.mapping_start.anchor
                                                : reader->event.data.sequence_start.anchor);
    *extent = (struct yaml_extent){ .nodes = 1, .height = 1 };
    if (!check_depth(reader, 1))
        return NULL;
    struct value *tree = is_map ? value_new_map() : value_new_list();
    tree->at = at;
    reader->depth++;
    reader->flow += is_flow;
    bool good = is_map ? yaml_read_entries(reader, tree, extent) : read_items(reader, tree, extent);
    reader->flow -= is_flow;
    reader->depth--;
    if (!good) {
        value_drop(tree);
        return NULL;
    }
    anchor_end(reader, anchor, tree, *extent);
    return tree;
}

struct value *yaml_read_node(struct yaml_reader *reader, struct yaml_extent *extent)
{
    if (reader->event.type == YAML_ALIAS_EVENT)
        return yaml_read_alias(reader, extent);
    if (reader->event.type == YAML_SCALAR_EVENT)
        return yaml_read_scalar(reader, extent);
    return read_collection(reader, extent);
}

static struct value *read_document(struct yaml_reader *reader)
{
    struct yaml_extent extent;
    const bool begun = yaml_next_event(reader);
    if (!begun || !yaml_next_event(reader)) /* the stream; its document */
        return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return value_new_null();
    if (!yaml_next_event(reader))
        return NULL;
    struct value *value = yaml_read_node(reader, &extent);
    if (value == NULL || yaml_next_event(reader)) /* the document ends */
        return value;
    value_drop(value);
    return NULL;
}

static void reader_close(struct yaml_reader *reader)
{
    for (size_t i = 0; i < reader->anchor_count; i++) {
        free(reader->anchors[i].name);
        value_drop(reader->anchors[i].value);
    }
    free(reader->anchors);
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
}

/* One attempt. When the scanner stopped it, *stopped tells at which byte and why. */
static struct value *read_piece(struct yaml_piece piece, bool is_patched,
                                struct error_list *duplicates, struct error_list *overrides,
                                struct error *error, struct yaml_stop *stopped)
{
    bool has_mark = piece.length >= 3 && memcmp(piece.bytes, "\xEF\xBB\xBF", 3) == 0;
    struct yaml_reader reader = {
        .piece = piece,
        .seen.at = piece.bytes + (has_mark ? 3 : 0),
        .has_slashes = memmem(piece.bytes, piece.length, "\\/", 2) != NULL,
        .is_patched = is_patched,
        .duplicates = duplicates,
        .overrides = overrides,
        .error = error,
    };
    if (!yaml_parser_initialize(&reader.parser))
        abort();
    yaml_parser_set_input(&reader.parser, give_bytes, &reader);
    struct value *value = read_document(&reader);
    *stopped = (struct yaml_stop){ 0 };
    if (value == NULL && reader.parser.error == YAML_SCANNER_ERROR)
        *stopped = (struct yaml_stop){
            .problem = reader.parser.problem,
            .at = (size_t)(yaml_bytes_at(&reader, reader.parser.problem_mark.index) - piece.bytes),
        };
    reader_close(&reader);
    return value;
}

static void move_errors(struct error_list *from, struct error_list *into)
{
    for (size_t i = 0; into != NULL && i < from->count; i++)
        error_list_take(into, &from->items[i]);
    error_list_close(from);
}

/* Before libyaml makes copies of it. */
static bool check_size(struct yaml_piece piece, struct error *error)
{
    if (piece.length > YAML_DOCUMENT_BYTES)
        return error_set(error, piece.start, "a document is longer than %d MiB",
                         YAML_DOCUMENT_BYTES >> 20);
    struct place at = piece.start;
    const char *end = piece.bytes + piece.length;
    for (const char *line = piece.bytes, *next; line < end; line = next, at.line++) {
        next = yaml_line_end(line, end);
        if (next - line > YAML_LINE_BYTES)
            return error_set(error, at, "a line is longer than %d MiB", YAML_LINE_BYTES >> 20);
    }
    return true;
}

struct value *yaml_read(struct yaml_piece piece, struct error_list *duplicates,
                        struct error_list *overrides, struct error *error)
{
    struct writer patched = { 0 };
    struct value *value;
    if (!check_size(piece, error))
        return NULL;
    for (size_t tries = 1;; tries++) {
        struct error_list twice = { 0 }, again = { 0 };
        struct error failure = { 0 };
        struct yaml_stop stopped;
        value = read_piece(piece, tries > 1, &twice, &again, &failure, &stopped);
        if (value != NULL || !yaml_patch(&patched, &piece, stopped, tries)) {
            move_errors(&twice, duplicates);
            move_errors(&again, overrides);
            if (failure.text != NULL)
                error_set(error, failure.at, "%s", failure.text);
            error_close(&failure);
            break;
        }
        error_list_close(&twice);
        error_list_close(&again);
        error_close(&failure);
    }
    writer_close(&patched);
    return value;
}
