/* One piece of YAML being read: what the files of the reader share. */
#ifndef MODELS_API_YAML_READER_H
#define MODELS_API_YAML_READER_H

#include <string.h>
#include <yaml.h>

#include "models/api/yaml_private.h"

/* What a node is when its aliases are written out. */
struct yaml_extent {
    size_t nodes;
    int height; /* levels of maps and lists */
};

struct yaml_anchor {
    char *name;
    struct value *value; /* NULL while it is being read */
    struct yaml_extent extent;
};

/* A character of the piece: libyaml counts these, not bytes. */
struct yaml_position {
    size_t index;
    const char *at;
};

struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event; /* at hand */
    struct yaml_piece piece;
    size_t given; /* bytes of it that the parser has */
    struct yaml_position seen;
    bool has_slashes;            /* "\\/" stands somewhere */
    int flow;                    /* flow collections that are open */
    bool is_patched;             /* see yaml_patch.c */
    struct yaml_anchor *anchors; /* in the order they stand */
    size_t anchor_count, anchor_capacity;
    size_t expanded; /* nodes that aliases stood for */
    int depth;
    struct error_list *duplicates, *overrides;
    struct error *error;
};

static inline const char *yaml_text(const yaml_char_t *text)
{
    return (const char *)text;
}

/* Behind the line break, or the end. */
static inline const char *yaml_line_end(const char *at, const char *end)
{
    const char *newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
    return newline == NULL ? end : newline + 1;
}

/* --- yaml.c: the next event; nodes and aliases by the event at hand ---------------------- */

bool yaml_next_event(struct yaml_reader *reader);
struct value *yaml_read_node(struct yaml_reader *reader, struct yaml_extent *extent);
struct value *yaml_read_alias(struct yaml_reader *reader, struct yaml_extent *extent);
struct value *yaml_read_scalar(struct yaml_reader *reader, struct yaml_extent *extent);
void yaml_extent_add(struct yaml_extent *extent, struct yaml_extent child);

/* --- yaml_map.c: the entries of a map that has begun -------------------------------------- */

bool yaml_read_entries(struct yaml_reader *reader, struct value *map, struct yaml_extent *extent);

/* --- yaml_fault.c ------------------------------------------------------------------------- */

struct place yaml_place_of_event(const struct yaml_reader *reader);
/* What is often behind a fault of this line: " (...)", or "". */
const char *yaml_hint(const struct yaml_reader *reader, yaml_mark_t mark);
/* Set the error that the parser stopped with. Returns false. */
bool yaml_parser_failed(struct yaml_reader *reader);
/* Where a character stands; later ones are asked for later. */
const char *yaml_bytes_at(struct yaml_reader *reader, size_t index);
/* Does the Go library take the scalar at hand, too? */
bool yaml_check_scalar(struct yaml_reader *reader);
struct yaml_scalar yaml_scalar_at_hand(struct yaml_reader *reader);

#endif
