/* Documents: trees of maps, lists and scalars, as read from YAML or JSON.
 *
 * A tree is immutable once shared. Nodes are reference-counted: many objects may share
 * one subtree, and a changed tree shares what did not change. A node with a single
 * reference may be changed in place; value_own() makes that true for a slot by copying
 * one level. Numbers keep the text the user wrote, so that no integer passes through a
 * double. Every node remembers where it stood in the user's text.
 *
 * Maps keep insertion order, and find a key in O(1) on average however many there are:
 * read `entries` freely, but change keys only through the functions below. Counts are
 * not atomic: a tree belongs to one run. */
#ifndef SIM_BASE_VALUE_H
#define SIM_BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/error.h"

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST, VALUE_MAP };

struct value_entry {
    char *key;           /* owned, NUL-terminated; keys with a NUL byte are refused by readers */
    struct value *value; /* one reference */
    struct place at;     /* of the key */
};

struct value {
    uint32_t refs;
    enum value_type type;
    struct place at;
    size_t count; /* items, entries, or bytes of text */
    size_t capacity;
    union {
        bool truth;
        char *text;                  /* VALUE_STRING (UTF-8) and VALUE_NUMBER (JSON number text);
                                      * part of the node */
        struct value **items;        /* VALUE_LIST */
        struct value_entry *entries; /* VALUE_MAP */
    };
};

/* New nodes carry one reference, which belongs to the caller. */
struct value *value_new_null(void);
struct value *value_new_bool(bool truth);
struct value *value_new_int(int64_t number);
struct value *value_new_number(const char *text); /* any JSON number */
struct value *value_new_double(double number);    /* of twelve digits; null unless it is finite */
struct value *value_new_string(const char *text);
struct value *value_new_text(const char *text, size_t length);
struct value *value_new_list(void);
struct value *value_new_map(void);

/* Nodes that are always there, and never change: for documents that say null or 0 a hundred thousand
 * times. */
struct value *value_shared_null(void);
struct value *value_shared_zero(void);

/* One more reference; returns its argument. NULL passes through. */
struct value *value_hold(const struct value *value);
/* One reference less; the last one releases the node and what it holds. NULL is fine. */
void value_drop(struct value *value);

/* Borrowed look-ups; NULL when absent or when the node is of another type or NULL. */
struct value_entry *value_find(const struct value *map, const char *key);
struct value *value_get(const struct value *map, const char *key);
struct value *value_at(const struct value *list, size_t index);
/* Follows map keys; ends with NULL: value_path(order, "items", "first", NULL). */
struct value *value_path(const struct value *root, ...) __attribute__((sentinel));

/* Scalars with a default for absent, null or of another type. The text is borrowed. */
const char *value_text(const struct value *value, const char *otherwise); /* strings only */
bool value_truth(const struct value *value, bool otherwise);
int64_t value_int(const struct value *value, int64_t otherwise); /* integral and in range */
double value_double(const struct value *value, double otherwise);
/* True when the node is a number without fraction that fits into int64; sets *number. */
bool value_as_int(const struct value *value, int64_t *number);

bool value_is_null(const struct value *value); /* absent counts as null */

/* Make *slot the only reference to its node, copying one level if it was shared; the
 * children stay shared. Returns *slot, which may now be changed. */
struct value *value_own(struct value **slot);

/* Set or replace a key; takes the reference to `value`. The map must be unshared. */
void value_set(struct value *map, const char *key, struct value *value);
/* The same for a reader: takes the key, too, which it free()s if the map has it already,
 * and notes the place of the key. */
void value_set_at(struct value *map, char *key, struct place at, struct value *value);
/* The slot of a key in an unshared map, for value_own(); a new map if the key is absent. */
struct value **value_slot(struct value *map, const char *key);
/* Remove a key; false when it was absent. The map must be unshared. */
bool value_remove(struct value *map, const char *key);
/* Append to an unshared list; takes the reference. */
void value_add(struct value *list, struct value *item);
/* Remove item `index` of an unshared list. */
void value_cut(struct value *list, size_t index);

/* Set a value at a path of map keys below *root, owning and creating maps on the way:
 *     value_put(&order, value_new_string("paid"), "payment", "state", NULL);
 * Takes the reference to `value`. */
void value_put(struct value **root, struct value *value, ...) __attribute__((sentinel));

/* Deep equality: maps without regard to order, numbers by value, absent and null alike at
 * the top. Places do not count. */
bool value_equal(const struct value *a, const struct value *b);

/* A 64-bit hash that equal trees share. */
uint64_t value_hash(const struct value *value);

/* A deep copy that shares nothing. */
struct value *value_copy(const struct value *value);

#endif
