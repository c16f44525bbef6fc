/* A seeded walk over objects that own one another: whatever is created and deleted, in whatever
 * way, when all is quiet nobody is left without his owners, and nothing waits for nothing. */
#include <criterion/criterion.h>

#include "models/controllers/controller.h"
#include "tests/support/world.h"

static const struct component *const only_controllers[] = { &controller_manager, NULL };

enum { NAMES = 40, STEPS = 1500 };

/* The world, and its luck. */
struct walk {
    struct world *w;
    struct stream luck;
};

static uint64_t below(struct walk *walk, uint64_t limit)
{
    return stream_below(&walk->luck, limit);
}

static const struct object *find_numbered(struct walk *walk, uint64_t number)
{
    char name[32];
    snprintf(name, sizeof name, "cm/default/c%d", (int)number);
    return find(walk->w, name);
}

/* One with up to two owners among those that are there. */
static void create_one(struct walk *walk, uint64_t number)
{
    struct texts *texts = walk->w->run->texts;
    struct object *object = object_new(object_kinds, KIND_CONFIGMAP);
    struct meta *meta = (struct meta *)object;
    object->space = text_intern(texts, "default");
    object->name = text_format(texts, "c%d", (int)number);
    for (uint64_t i = below(walk, 3); i > 0; i--) {
        const struct object *owner = find_numbered(walk, below(walk, NAMES));
        if (owner == NULL)
            continue;
        const struct owners *more =
            owners_with_controller(texts, meta->owners, meta_of(owner), "v1", "ConfigMap");
        ((struct owners *)more)->items[more->count - 1].block_owner_deletion = below(walk, 2) == 0;
        owners_drop(meta->owners);
        meta->owners = more;
    }
    client_create(walk->w->user, object, NULL, NULL);
}

static void delete_one(struct walk *walk, const struct object *object)
{
    struct delete_options options = delete_options_default();
    options.propagation = (enum propagation)below(walk, 4);
    client_delete(walk->w->user, object_key(object), options, NULL);
}

static void check_object(void *context, const struct object *object)
{
    struct walk *walk = context;
    const struct meta *meta = meta_of(object);
    bool owned = meta->owners == NULL;
    for (uint32_t i = 0; meta->owners != NULL && i < meta->owners->count; i++) {
        const struct object_key key = { KIND_CONFIGMAP, object->space,
                                        meta->owners->items[i].name };
        const struct object *owner = store_get(walk->w->cluster->store, key);
        owned =
            owned || (owner != NULL && meta_of(owner)->uid.low == meta->owners->items[i].uid.low);
    }
    cr_expect(owned, "%s has an owner that is there", name_of(object));
    cr_expect(!meta->deleting, "%s waits for something", name_of(object));
}

/* Owners are there before what they own, so nothing owns itself in a circle. */
static void step(struct walk *walk)
{
    const uint64_t number = below(walk, NAMES);
    const struct object *object = find_numbered(walk, number);
    client_begin(walk->w->user, (struct cause){ 0, 0 });
    if (object == NULL)
        create_one(walk, number);
    else if (below(walk, 3) == 0)
        delete_one(walk, object);
}

static void walk_with(const char *settings, uint64_t seed)
{
    struct walk walk = { given_with("", only_controllers, settings),
                         stream_of(seed, "", "garbage", "test", 0) };
    double now = 0;
    for (int i = 0; i < STEPS; i++) {
        step(&walk);
        now += (double)below(&walk, 20) * 1e-3; /* often before the last calls have ended */
        until(walk.w, now);
        if (i % 100 != 99)
            continue;
        now += 3600;
        until(walk.w, now);
        store_each(walk.w->cluster->store, KIND_CONFIGMAP, check_object, &walk);
    }
    done(walk.w);
}

Test(garbage_walk, ends_without_strays)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        walk_with("", seed);
}

Test(garbage_walk, ends_without_strays_when_calls_are_rare)
{
    walk_with("kube-api-qps=2 kube-api-burst=1 concurrent-gc-syncs=2", 21);
}
