/* Versions written, by key. */
#include "models/controllers/consistency.h"

#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

struct wrote {
    struct table_node node;
    struct wrote *next, **link; /* in the list of all: found again when closing */
    struct object_key key;
    uint64_t version;
};

void consistency_init(struct consistency *consistency)
{
    *consistency = (struct consistency){ 0 };
    table_init(&consistency->table);
}

static void drop(struct consistency *consistency, struct wrote *wrote)
{
    table_remove(&consistency->table, &wrote->node);
    *wrote->link = wrote->next;
    if (wrote->next != NULL)
        wrote->next->link = wrote->link;
    object_key_drop(wrote->key);
    free(wrote);
}

void consistency_close(struct consistency *consistency)
{
    while (consistency->first != NULL)
        drop(consistency, consistency->first);
    table_close(&consistency->table);
}

static struct wrote *find(const struct consistency *consistency, struct object_key key)
{
    struct table_node *node = table_first(&consistency->table, object_key_hash(key));
    for (; node != NULL; node = table_again(node))
        if (object_key_equal(((struct wrote *)node)->key, key))
            return (struct wrote *)node;
    return NULL;
}

void consistency_wrote(struct consistency *consistency, const struct client *client,
                       struct object_key key)
{
    if (!cache_lags(client->cache))
        return;
    struct wrote *wrote = find(consistency, key);
    if (wrote == NULL) {
        wrote = mem_new(sizeof *wrote);
        wrote->key = object_key_hold(key);
        wrote->next = consistency->first;
        wrote->link = &consistency->first;
        if (wrote->next != NULL)
            wrote->next->link = &wrote->next;
        consistency->first = wrote;
        table_add(&consistency->table, &wrote->node, object_key_hash(key));
    }
    wrote->version = store_version(client->cluster->store);
}

bool consistency_is_ready(const struct consistency *consistency, const struct client *client,
                          struct object_key key)
{
    const struct wrote *wrote = find(consistency, key);
    return wrote == NULL || (cache_has_seen(client->cache, key.kind, wrote->version) &&
                             cache_has_seen(client->cache, KIND_POD, wrote->version));
}

void consistency_forget(struct consistency *consistency, struct object_key key)
{
    struct wrote *wrote = find(consistency, key);
    if (wrote != NULL)
        drop(consistency, wrote);
}
