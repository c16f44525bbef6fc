/* The YAML reader: libyaml's events built into trees.
 *
 * The stream is cut as YAMLReader of apimachinery pkg/util/yaml/decoder.go (Kubernetes 1.36.4)
 * cuts it; maps, merges and aliases follow go.yaml.in/yaml/v2: keys are set in the order they
 * stand, merged ones too. That module's scanner and ours differ in little: what ours takes and it
 * does not is refused here, what it takes and ours does not is patched (see yaml_patch.c). The
 * tree is built by recursion, as deep as JSON_DEPTH allows. */
#include "models/api/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "models/api/json.h"
#include "models/api/yaml_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* ── cutting ── */

struct yaml_stream yaml_stream_of(const char *bytes, size_t length, const char *name)
{
    return (struct yaml_stream){ .at = bytes, .end = bytes + length, .place = { name, 1, 1 } };
}

static const char *line_end(const char *at, const char *end)
{
    const char *newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
    return newline == NULL ? end : newline + 1;
}

static bool is_separator(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "---", 3) == 0;
}

/* Behind the dashes nothing may stand but blanks and a comment. */
static bool check_separator(const struct yaml_stream *stream, struct place at, const char *line,
                            const char *end, struct error *error)
{
    static const char blanks[] = " \t\r\n\v\f";
    const char *from = line + 3;
    while (from < end && strchr(blanks, *from) != NULL)
        from++;
    while (end > from && strchr(blanks, end[-1]) != NULL)
        end--;
    if (from == end || *from == '#')
        return true;
    at.file = stream->place.file;
    return error_set(error, at, "invalid Yaml document separator: %.*s",
                     (int)(end - from > 60 ? 60 : end - from), from);
}

/* A separator that follows something ends a piece and is dropped; one that begins a piece stays
 * with it. */
bool yaml_stream_next(struct yaml_stream *stream, struct yaml_piece *piece, struct error *error)
{
    *piece = (struct yaml_piece){ .bytes = stream->at, .start = stream->place };
    for (const char *line = stream->at; line < stream->end;) {
        const char *end = line_end(line, stream->end);
        bool separates = is_separator(line, end);
        if (separates && !check_separator(stream, stream->place, line, end, error)) {
            stream->at = stream->end;
            return false;
        }
        stream->place.line += end[-1] == '\n';
        if (separates && line > piece->bytes) {
            stream->at = end;
            piece->length = (size_t)(line - piece->bytes);
            return true;
        }
        line = end;
    }
    stream->at = stream->end;
    piece->length = (size_t)(stream->end - piece->bytes);
    return piece->length > 0;
}

/* ── reading ── */

/* What a node is when its aliases are written out. */
struct extent {
    size_t nodes;
    int height; /* levels of maps and lists */
};

struct anchor {
    char *name;
    struct value *value; /* NULL while it is being read */
    struct extent extent;
};

/* A character of the piece: libyaml counts these, not bytes. */
struct position {
    size_t index;
    const char *at;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* at hand */
    struct yaml_piece piece;
    size_t given; /* bytes of it that the parser has */
    struct position seen;
    bool has_slashes;       /* "\\/" stands somewhere */
    int flow;               /* flow collections that are open */
    bool is_patched;        /* see yaml_patch.c */
    struct anchor *anchors; /* in the order they stand */
    size_t anchor_count, anchor_capacity;
    size_t expanded; /* nodes that aliases stood for */
    int depth;
    struct error_list *duplicates, *overrides;
    struct error *error;
};

static struct value *read_node(struct reader *reader, struct extent *extent);

static struct place place_of_mark(const struct reader *reader, yaml_mark_t mark)
{
    struct place place = reader->piece.start;
    place.line += (int)mark.line;
    place.column = (int)mark.column + 1;
    return place;
}

static struct place place_of_event(const struct reader *reader)
{
    return place_of_mark(reader, reader->event.start_mark);
}

/* Bytes that are no text have no mark, only an offset. */
static struct place place_of_offset(const struct reader *reader, size_t offset)
{
    struct place place = reader->piece.start;
    for (size_t i = 0; i < offset && i < reader->piece.length; i++) {
        place.column += (reader->piece.bytes[i] & 0xC0) != 0x80;
        if (reader->piece.bytes[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

/* What is often behind a fault of this line. */
static const char *hint_of(const struct reader *reader, yaml_mark_t mark)
{
    const char *end = reader->piece.bytes + reader->piece.length;
    const char *line = reader->piece.bytes;
    for (size_t i = 0; i < mark.line && line < end; i++)
        line = line_end(line, end);
    const char *stop = line_end(line, end);
    for (const char *at = line; at + 1 < stop; at++)
        if (at[0] == '{' && at[1] == '{')
            return " (a Helm template? read what `helm template` prints)";
    for (const char *at = line; at < stop && (*at == ' ' || *at == '\t'); at++)
        if (*at == '\t')
            return " (indent with blanks, not with tabs)";
    return "";
}

static bool parser_failed(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_READER_ERROR)
        return error_set(reader->error, place_of_offset(reader, parser->problem_offset), "%s",
                         parser->problem);
    struct place at = place_of_mark(reader, parser->problem_mark);
    const char *hint = hint_of(reader, parser->problem_mark);
    int begins = place_of_mark(reader, parser->context_mark).line;
    if (parser->context == NULL || begins == at.line)
        return error_set(reader->error, at, "%s%s", parser->problem, hint);
    return error_set(reader->error, at, "%s %s that begins in line %d%s", parser->problem,
                     parser->context, begins, hint);
}

static bool next_event(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return parser_failed(reader);
    if (reader->event.type == YAML_SCALAR_EVENT && reader->is_patched)
        yaml_patch_undo((char *)reader->event.data.scalar.value, &reader->event.data.scalar.length);
    return true;
}

/* ── anchors ── */

static const char *text_of(const yaml_char_t *text)
{
    return (const char *)text;
}

/* Remember the anchor of a node that begins; its index plus one, 0 for none. */
static size_t anchor_begin(struct reader *reader, const yaml_char_t *name)
{
    if (name == NULL)
        return 0;
    MEM_GROW(reader->anchors, reader->anchor_count, reader->anchor_capacity);
    reader->anchors[reader->anchor_count++] =
        (struct anchor){ .name = mem_text(text_of(name), strlen(text_of(name))) };
    return reader->anchor_count;
}

static void anchor_end(struct reader *reader, size_t anchor, const struct value *value,
                       struct extent extent)
{
    if (anchor == 0 || value == NULL)
        return;
    reader->anchors[anchor - 1].value = value_hold(value);
    reader->anchors[anchor - 1].extent = extent;
}

static const struct anchor *anchor_find(const struct reader *reader, const char *name)
{
    for (size_t i = reader->anchor_count; i-- > 0;)
        if (strcmp(reader->anchors[i].name, name) == 0)
            return &reader->anchors[i];
    return NULL;
}

static bool check_depth(struct reader *reader, int height)
{
    if (reader->depth + height <= JSON_DEPTH)
        return true;
    return error_set(reader->error, place_of_event(reader),
                     "maps and lists are nested more than %d deep", JSON_DEPTH);
}

static struct value *read_alias(struct reader *reader, struct extent *extent)
{
    struct place at = place_of_event(reader);
    const char *name = text_of(reader->event.data.alias.anchor);
    const struct anchor *anchor = anchor_find(reader, name);
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

/* Where a character stands; later ones are asked for later. */
static const char *bytes_at(struct reader *reader, size_t index)
{
    struct position *seen = &reader->seen;
    const char *end = reader->piece.bytes + reader->piece.length;
    for (; seen->index < index && seen->at < end; seen->index++)
        do
            seen->at++;
        while (seen->at < end && (*seen->at & 0xC0) == 0x80);
    return seen->at;
}

/* libyaml takes "\/" for a slash, the Go library does not. */
static bool has_slash_escape(struct reader *reader)
{
    if (!reader->has_slashes || reader->event.data.scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        return false;
    const char *at = bytes_at(reader, reader->event.start_mark.index);
    const char *end = bytes_at(reader, reader->event.end_mark.index);
    for (; at + 1 < end; at++)
        if (*at == '\\' && *++at == '/')
            return true;
    return false;
}

/* Inside [] and {} a question mark that is not quoted begins a key, for the Go library. */
static bool has_flow_key(const struct reader *reader)
{
    return reader->flow > 0 && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strchr(text_of(reader->event.data.scalar.value), '?') != NULL;
}

static bool check_scalar(struct reader *reader)
{
    struct place at = place_of_event(reader);
    if (reader->event.data.scalar.length > JSON_STRING_BYTES)
        return error_set(reader->error, at, "a string is longer than %d MiB",
                         JSON_STRING_BYTES >> 20);
    if (has_slash_escape(reader))
        return error_set(reader->error, at, "found unknown escape character \\/");
    if (has_flow_key(reader))
        return error_set(reader->error, at,
                         "did not find expected ',' or ']' (quote a text with a question mark)");
    return true;
}

/* "! 5" is a text. libyaml does not tell this tag; it stands where the node begins, before or
 * behind an anchor. */
static bool has_bare_tag(struct reader *reader)
{
    const char *at = bytes_at(reader, reader->event.start_mark.index);
    const char *end = reader->piece.bytes + reader->piece.length;
    if (at < end && *at == '&')
        while (at < end && *at != ' ' && *at != '\n')
            at++;
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == '!';
}

static struct yaml_scalar scalar_at_hand(struct reader *reader)
{
    bool implicit = reader->event.data.scalar.plain_implicit;
    return (struct yaml_scalar){ .text = text_of(reader->event.data.scalar.value),
                                 .length = reader->event.data.scalar.length,
                                 .tag = text_of(reader->event.data.scalar.tag),
                                 .plain = implicit && !has_bare_tag(reader) };
}

static struct value *read_scalar(struct reader *reader, struct extent *extent)
{
    if (!check_scalar(reader))
        return NULL;
    struct place at = place_of_event(reader);
    size_t anchor = anchor_begin(reader, reader->event.data.scalar.anchor);
    struct value *value = yaml_scalar_value(scalar_at_hand(reader), at, reader->error);
    *extent = (struct extent){ .nodes = 1 };
    if (value != NULL)
        value->at = at;
    anchor_end(reader, anchor, value, *extent);
    return value;
}

static void extent_add(struct extent *extent, struct extent child)
{
    extent->nodes += child.nodes;
    if (extent->height < child.height + 1)
        extent->height = child.height + 1;
}

static bool read_items(struct reader *reader, struct value *list, struct extent *extent)
{
    while (next_event(reader)) {
        struct extent child;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        struct value *item = read_node(reader, &child);
        if (item == NULL)
            return false;
        value_add(list, item);
        extent_add(extent, child);
    }
    return false;
}

/* ── maps ── */

/* A map while it is read, and its keys that came from merges only. */
struct map_reading {
    struct value *map, *merged;
    struct extent extent;
};

static void note_again(struct error_list *list, const struct value *map, const char *key,
                       struct place at)
{
    if (list != NULL)
        error_list_add(list, at, "key \"%s\" already set in map at line %d", key,
                       value_find(map, key)->at.line);
}

/* Set a key; takes the key and the value. */
static void set_key(struct reader *reader, struct map_reading *reading, char *key, struct place at,
                    struct value *value, bool merging)
{
    bool was_merged = value_find(reading->merged, key) != NULL;
    if (value_find(reading->map, key) != NULL)
        note_again(was_merged || merging ? reader->overrides : reader->duplicates, reading->map,
                   key, at);
    if (merging)
        value_set(reading->merged, key, value_new_null());
    else if (was_merged)
        value_remove(reading->merged, key);
    value_set_at(reading->map, key, at, value);
}

static bool merge_map(struct reader *reader, struct map_reading *reading, const struct value *from)
{
    if (from->type != VALUE_MAP)
        return error_set(reader->error, from->at,
                         "map merge requires map or sequence of maps as the value");
    for (size_t i = 0; i < from->count; i++) {
        const struct value_entry *entry = &from->entries[i];
        set_key(reader, reading, mem_text(entry->key, strlen(entry->key)), entry->at,
                value_hold(entry->value), true);
    }
    return true;
}

/* Of a list of maps the earlier ones win, so they come last. */
static bool read_merge(struct reader *reader, struct map_reading *reading)
{
    struct extent extent;
    struct value *from = next_event(reader) ? read_node(reader, &extent) : NULL;
    if (from == NULL)
        return false;
    bool good = true;
    if (from->type == VALUE_LIST)
        for (size_t i = from->count; i-- > 0 && good;)
            good = merge_map(reader, reading, from->items[i]);
    else
        good = merge_map(reader, reading, from);
    reading->extent.nodes += extent.nodes;
    if (reading->extent.height < extent.height)
        reading->extent.height = extent.height;
    value_drop(from);
    return good;
}

static char *key_of_alias(struct reader *reader, struct place at)
{
    struct extent extent;
    struct value *value = read_alias(reader, &extent);
    char *key = NULL;
    if (value == NULL)
        return NULL;
    if (value->type == VALUE_STRING || value->type == VALUE_NUMBER)
        key = mem_text(value->text, value->count);
    else if (value->type == VALUE_BOOL)
        key = mem_format("%s", value->truth ? "true" : "false");
    else
        error_set(reader->error, at, "invalid map key: an alias of a map, a list or nothing");
    if (key != NULL && strlen(key) != value->count && value->type == VALUE_STRING) {
        error_set(reader->error, at, "a key holds a NUL character");
        free(key);
        key = NULL;
    }
    value_drop(value);
    return key;
}

static char *read_key(struct reader *reader, struct place at)
{
    if (reader->event.type == YAML_ALIAS_EVENT)
        return key_of_alias(reader, at);
    if (reader->event.type == YAML_SCALAR_EVENT) {
        struct extent extent;
        char *key = check_scalar(reader)
                        ? yaml_scalar_key(scalar_at_hand(reader), at, reader->error)
                        : NULL;
        struct value *value = key != NULL && reader->event.data.scalar.anchor != NULL
                                  ? read_scalar(reader, &extent)
                                  : NULL;
        value_drop(value); /* its anchor keeps it */
        return key;
    }
    error_set(reader->error, at, "invalid map key: a %s%s",
              reader->event.type == YAML_MAPPING_START_EVENT ? "map" : "list",
              hint_of(reader, reader->event.start_mark));
    return NULL;
}

static bool is_merge(const struct reader *reader)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return false;
    const char *tag = text_of(reader->event.data.scalar.tag);
    return strcmp(text_of(reader->event.data.scalar.value), "<<") == 0 &&
           (reader->event.data.scalar.plain_implicit ||
            (tag != NULL && strcmp(tag, "tag:yaml.org,2002:merge") == 0));
}

static bool read_entry(struct reader *reader, struct map_reading *reading)
{
    struct place at = place_of_event(reader);
    struct extent child;
    if (is_merge(reader))
        return read_merge(reader, reading);
    char *key = read_key(reader, at);
    if (key == NULL)
        return false;
    struct value *value = next_event(reader) ? read_node(reader, &child) : NULL;
    if (value == NULL) {
        free(key);
        return false;
    }
    set_key(reader, reading, key, at, value, false);
    extent_add(&reading->extent, child);
    return true;
}

static bool read_entries(struct reader *reader, struct value *map, struct extent *extent)
{
    struct map_reading reading = { .map = map, .merged = value_new_map(), .extent = *extent };
    bool good = true, ended = false;
    while (good && !ended) {
        good = next_event(reader);
        ended = good && reader->event.type == YAML_MAPPING_END_EVENT;
        if (good && !ended)
            good = read_entry(reader, &reading);
    }
    value_drop(reading.merged);
    *extent = reading.extent;
    return good;
}

/* ── nodes and documents ── */

/* Feed the parser. Every line ends, the last one too, as kubectl's line reader sees to: a
 * literal scalar at the end of a file keeps its line break. */
static int give_bytes(void *context, unsigned char *buffer, size_t size, size_t *given)
{
    struct reader *reader = context;
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

static bool begins_flow(const struct reader *reader)
{
    return reader->event.type == YAML_MAPPING_START_EVENT
               ? reader->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
               : reader->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
}

static struct value *read_collection(struct reader *reader, struct extent *extent)
{
    bool is_map = reader->event.type == YAML_MAPPING_START_EVENT, is_flow = begins_flow(reader);
    struct place at = place_of_event(reader);
    size_t anchor = anchor_begin(reader, is_map ? reader->event.data.mapping_start.anchor
                                                : reader->event.data.sequence_start.anchor);
    *extent = (struct extent){ .nodes = 1, .height = 1 };
    if (!check_depth(reader, 1))
        return NULL;
    struct value *tree = is_map ? value_new_map() : value_new_list();
    tree->at = at;
    reader->depth++;
    reader->flow += is_flow;
    bool good = is_map ? read_entries(reader, tree, extent) : read_items(reader, tree, extent);
    reader->flow -= is_flow;
    reader->depth--;
    if (!good) {
        value_drop(tree);
        return NULL;
    }
    anchor_end(reader, anchor, tree, *extent);
    return tree;
}

static struct value *read_node(struct reader *reader, struct extent *extent)
{
    if (reader->event.type == YAML_ALIAS_EVENT)
        return read_alias(reader, extent);
    if (reader->event.type == YAML_SCALAR_EVENT)
        return read_scalar(reader, extent);
    return read_collection(reader, extent);
}

static struct value *read_document(struct reader *reader)
{
    struct extent extent;
    if (!next_event(reader) || !next_event(reader)) /* the stream begins, a document begins */
        return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return value_new_null();
    if (!next_event(reader))
        return NULL;
    struct value *value = read_node(reader, &extent);
    if (value == NULL || next_event(reader)) /* the document ends */
        return value;
    value_drop(value);
    return NULL;
}

static void reader_close(struct reader *reader)
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
    struct reader reader = {
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
            .at = (size_t)(bytes_at(&reader, reader.parser.problem_mark.index) - piece.bytes),
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

struct value *yaml_read(struct yaml_piece piece, struct error_list *duplicates,
                        struct error_list *overrides, struct error *error)
{
    struct writer patched = { 0 };
    struct value *value;
    if (piece.length > YAML_DOCUMENT_BYTES) {
        error_set(error, piece.start, "a document is longer than %d MiB",
                  YAML_DOCUMENT_BYTES >> 20);
        return NULL;
    }
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
