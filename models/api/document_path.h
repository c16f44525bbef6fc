/* Where something stands in a document, as a text: a simple kind of kubectl's JSONPath.
 *
 *     pods.created
 *     workloads[deployment/web].rollouts[-1].outcome
 *     status.conditions[type=Ready].status
 *     metadata.labels[app.kubernetes.io/name]
 *
 * Names of fields are parted by dots. Behind the name of a list stands in brackets which of its rows is
 * meant: its number from 0 (from the end: -1), TYPE/NAME as kubectl names objects, a NAME, or
 * FIELD=VALUE; the first row that fits counts. Behind the name of a map stands a key. */
#ifndef MODELS_API_DOCUMENT_PATH_H
#define MODELS_API_DOCUMENT_PATH_H

#include "sim/base/error.h"
#include "sim/base/value.h"

struct document_path;

/* Read a path. NULL with the error when it is none. Release with document_path_free(). */
struct document_path *document_path_parse(const char *text, struct place at, struct error *error);
void document_path_free(struct document_path *path);

/* Put a value where the path leads, in *root and everything above it, which are copied where they are
 * shared; takes the reference to `value`. Fields that are not there are made, rows and keys in
 * brackets of a list must be. False with the error at `at`, and nothing changed. */
bool document_path_put(const struct document_path *path, struct value **root, const char *space,
                       struct value *value, struct place at, struct error *error);

/* How a document is to be read. */
struct document_view {
    const struct value *root;
    const char *space; /* of rows with a namespace only those of this one count; NULL: of any */
    bool is_whole;     /* every field is there, so that one that is not is a mistake */
};

/* Follow a path: *found is borrowed, and NULL where there is nothing. What is behind a null, and a row
 * that is not there, is nothing. False with the error at `at` where the path does not fit. */
bool document_path_find(const struct document_path *path, struct document_view view,
                        const struct value **found, struct place at, struct error *error);

#endif
