/* JSON in and out, without a number ever passing through a double.
 *
 * Reading keeps every number as its text and notes for every node and key where it stood.
 * Like the API server's decoder it replaces invalid UTF-8 and lone surrogates by U+FFFD,
 * and the last of several equal keys counts. */
#ifndef MODELS_API_JSON_H
#define MODELS_API_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"

enum {
    JSON_DEPTH = 500,            /* deeper nesting is refused, by the YAML reader as well */
    JSON_STRING_BYTES = 8 << 20, /* longer strings are refused, by the YAML reader as well */
};

/* Read one document that fills the whole text. `start` is the place of its first byte.
 * Keys that stand twice in one map are added to `duplicates` (NULL: not wanted).
 * NULL, with the error set, when the text is not JSON. O(length). */
struct value *json_read(const char *bytes, size_t length, struct place start,
                        struct error_list *duplicates, struct error *error);

/* The same for a sequence of documents with nothing but blanks between them: reads the
 * first one and moves *bytes, *length and *start behind it and the blanks that follow. */
struct value *json_read_next(const char **bytes, size_t *length, struct place *start,
                             struct error_list *duplicates, struct error *error);

/* Append bytes, with U+FFFD for each that is not part of UTF-8, as Go does with texts. */
void json_add_text(struct writer *into, const char *bytes, size_t length);

struct json_style {
    int indent;       /* blanks for each level; 0 prints everything on one line */
    bool sort_keys;   /* as Go prints maps: by byte order; otherwise in the map's order */
    bool escape_html; /* as json.Marshal does by default: <, > and & become \u003c ... */
};

/* Print as Go's encoding/json does. Recurses: the tree is no deeper than a reader allows. */
void json_print(struct writer *into, const struct value *value, struct json_style style);

/* The same as a new string, which the caller frees. */
char *json_text(const struct value *value, struct json_style style);

/* Print a string literal with its quotes. */
void json_print_string(struct writer *into, const char *bytes, size_t length, bool escape_html);

#endif
