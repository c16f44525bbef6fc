/* Records for tests of the store: things and places, with an owner and a value. */
#ifndef TESTS_SUPPORT_THINGS_H
#define TESTS_SUPPORT_THINGS_H

#include "sim/store/store.h"

enum { THING, PLACE, THING_KINDS };

struct thing {
    struct object object; /* first: an object is its thing */
    uint64_t owner;       /* 0: none */
    int value;
};

extern const struct object_kind *const thing_kinds[THING_KINDS];

static inline struct thing *thing_of(const struct object *object)
{
    return (struct thing *)object;
}

/* An index_fn: by owner. */
uint64_t thing_owner(const struct object *object);

/* A key in no namespace; good for as long as anybody holds its name. */
struct object_key thing_key(struct run *run, uint16_t kind, const char *name);

/* Create, replace or remove; the names are interned for the length of the call. */
bool thing_create(struct store *store, struct run *run, uint16_t kind, const char *name, int value,
                  uint64_t owner, sim_time visible);
void thing_replace(struct store *store, struct run *run, uint16_t kind, const char *name, int value,
                   uint64_t owner, sim_time visible);
void thing_remove(struct store *store, struct run *run, uint16_t kind, const char *name,
                  sim_time visible);

/* The value of a version; -1 for NULL. */
int thing_value(const struct object *object);

#endif
