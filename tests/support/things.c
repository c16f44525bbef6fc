/* The least that a store can keep. */
#include "tests/support/things.h"

static const struct object_kind thing = { .name = "Thing", .size = sizeof(struct thing) };
static const struct object_kind place = { .name = "Place", .size = sizeof(struct thing) };
const struct object_kind *const thing_kinds[THING_KINDS] = { &thing, &place };

uint64_t thing_owner(const struct object *object)
{
    return thing_of(object)->owner;
}

struct object_key thing_key(struct run *run, uint16_t kind, const char *name)
{
    return (struct object_key){ kind, NULL, text_find(run->texts, name) };
}

static struct object *make(struct run *run, uint16_t kind, const char *name, int value,
                           uint64_t owner)
{
    struct object *object = object_new(thing_kinds, kind);
    object->name = text_intern(run->texts, name);
    thing_of(object)->value = value;
    thing_of(object)->owner = owner;
    return object;
}

bool thing_create(struct store *store, struct run *run, uint16_t kind, const char *name, int value,
                  uint64_t owner, sim_time visible)
{
    return store_create(store, make(run, kind, name, value, owner), visible);
}

void thing_replace(struct store *store, struct run *run, uint16_t kind, const char *name, int value,
                   uint64_t owner, sim_time visible)
{
    store_replace(store, make(run, kind, name, value, owner), visible);
}

void thing_remove(struct store *store, struct run *run, uint16_t kind, const char *name,
                  sim_time visible)
{
    store_remove(store, object_copy(store_get(store, thing_key(run, kind, name))), visible);
}

int thing_value(const struct object *object)
{
    return object ? thing_of(object)->value : -1;
}
