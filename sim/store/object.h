/* What the store keeps: immutable, versioned, reference-counted records.
 *
 * A record of any kind begins with a struct object. Once stored it never changes; a
 * change is a copy with a later version that shares what did not change. A version
 * lives as long as the store, a cache, an undelivered watch event or anybody else holds
 * it. What outlives one reconcile keeps a key, not a pointer. */
#ifndef SIM_STORE_OBJECT_H
#define SIM_STORE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/text.h"
#include "sim/kernel/cause.h"

struct object;

/* What the store must know of a kind of record. One const per kind. */
struct object_kind {
    const char *name; /* in the singular, as the users' texts spell it */
    size_t size;      /* bytes of the record, struct object included */
    /* Take references for the members of a byte-wise copy. NULL when there are none. */
    void (*hold)(struct object *copy);
    /* Drop what the members hold; the record's own memory is the store's business. */
    void (*close)(struct object *object);
};

struct object {
    const struct object_kind *type;
    uint32_t refs;
    uint16_t kind;            /* index of `type` in the store's table */
    uint16_t flags;           /* for the models' own use */
    uint64_t version;         /* rises with every write to the store; 0 while unstored */
    const struct text *space; /* within which names are unique; NULL: the kind has one for all */
    const struct text *name;
    struct cause cause; /* of the write that made this version */
};

/* Names one object of one kind. A key that is kept holds its texts. */
struct object_key {
    uint16_t kind;
    const struct text *space, *name;
};

/* A zeroed record with one reference, for the caller. */
struct object *object_new(const struct object_kind *const *kinds, uint16_t kind);

/* A changeable copy with one reference: shares every member with the original. */
struct object *object_copy(const struct object *object);

struct object *object_hold(const struct object *object);
void object_drop(const struct object *object);

static inline struct object_key object_key(const struct object *object)
{
    return (struct object_key){ object->kind, object->space, object->name };
}

static inline bool object_key_equal(struct object_key a, struct object_key b)
{
    return a.kind == b.kind && a.space == b.space && a.name == b.name;
}

static inline uint64_t object_key_hash(struct object_key key)
{
    const uint64_t space = key.space ? key.space->hash : 0;
    const uint64_t name = key.name ? key.name->hash : 0;
    return (name ^ (space << 21 | space >> 43)) + key.kind * 0x9E3779B97F4A7C15u;
}

/* Keys that are kept. */
struct object_key object_key_hold(struct object_key key);
void object_key_drop(struct object_key key);

#endif
