/* Labels, annotations and other small maps of text to text, shared between objects.
 *
 * Immutable, reference-counted, sorted by key in byte order. The pods of one ReplicaSet
 * share one set of labels. NULL is the empty set. */
#ifndef MODELS_API_LABELS_H
#define MODELS_API_LABELS_H

#include <stdbool.h>

#include "sim/base/text.h"
#include "sim/base/value.h"

struct label {
    const struct text *key, *value; /* a NULL value is the empty string */
};

struct labels {
    uint32_t refs, count;
    struct label items[];
};

/* From a map of strings; other values are skipped (the schema check has refused them).
 * NULL or an empty map gives NULL. One reference for the caller. */
const struct labels *labels_from_value(struct texts *texts, const struct value *map);
/* As a map of strings; NULL for the empty set. */
struct value *labels_to_value(const struct labels *labels);

const struct labels *labels_hold(const struct labels *labels);
void labels_drop(const struct labels *labels);

/* The value under a key: "" when it is empty, NULL when the key is absent. Borrowed. */
const char *labels_get(const struct labels *labels, const char *key);

/* The same set with one key set (or removed, for a NULL value): a new reference. */
const struct labels *labels_with(struct texts *texts, const struct labels *labels, const char *key,
                                 const char *value);

/* Set every key of `more` in *labels, which changes its reference for a new one. */
void labels_take_over(struct texts *texts, const struct labels **labels, const struct labels *more);

/* Do the labels have each of the wanted ones, with the same value? Nothing wanted: true. */
bool labels_have(const struct labels *labels, const struct labels *wanted);
bool labels_equal(const struct labels *a, const struct labels *b);

/* For selector_matches(): looks a key up in a struct labels. */
const char *labels_lookup(const void *labels, const char *key);

#endif
