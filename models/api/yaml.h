/* YAML in, as the Kubernetes tools read it.
 *
 * kubectl cuts a stream at its `---` lines and gives each piece to sigs.k8s.io/yaml, which types
 * scalars by the rules of YAML 1.1 ("yes" is true, 0o17 is 15, 1.20 is 1.2) and turns the
 * result into JSON. We give the same trees, with the place of every node and key, and are
 * stricter where silence would hide a mistake: a key that stands twice in a map is a fault.
 * An alias shares the tree of its anchor; what it would be when written out is limited. */
#ifndef MODELS_API_YAML_H
#define MODELS_API_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"
#include "sim/base/value.h"

enum {
    YAML_DOCUMENT_BYTES = 256 << 20, /* a longer piece is refused unread, */
    YAML_LINE_BYTES = 8 << 20,       /* and so is one with a longer line */
    YAML_ALIAS_NODES = 1000000,      /* what the aliases of a document may stand for, in nodes */
};

/* A text with documents, and how far it has been cut. */
struct yaml_stream {
    const char *at, *end;
    struct place place; /* of `at` */
};

/* One piece of a stream: borrows its bytes. */
struct yaml_piece {
    const char *bytes;
    size_t length;
    struct place start;
};

/* The stream of a text with a name, both of which outlive what is read. */
struct yaml_stream yaml_stream_of(const char *bytes, size_t length, const char *name);

/* Cut off the next piece. False at the end, or with the error set when a line begins like a
 * separator but is none; that ends the stream. */
bool yaml_stream_next(struct yaml_stream *stream, struct yaml_piece *piece, struct error *error);

/* The first document of a piece; nothing at all is null. A key that stands twice is added to
 * `duplicates`, and a merged key (<<) that is set again to `overrides` (NULL: not wanted);
 * the last one counts. NULL, with the error set, when it is not YAML. */
struct value *yaml_read(struct yaml_piece piece, struct error_list *duplicates,
                        struct error_list *overrides, struct error *error);

/* Documents in the order they stood in; owns them. */
struct documents {
    struct value **items;
    size_t count, capacity;
};

/* Append every document of a text, be it YAML, JSON, or a sequence of either; those that are null
 * are left out, those that have faults are, too, and each fault is appended. */
void documents_read(struct documents *into, const char *bytes, size_t length, const char *name,
                    struct error_list *faults);

void documents_close(struct documents *documents);

#endif
