/* What a controller has written and not yet seen. See expectations.h. */
#include "models/controllers/expectations.h"

#include <stdlib.h>

#include "sim/base/memory.h"

struct expectation {
    struct table_node node;
    struct expectation *next, **link; /* in the list of all: found again when closing */
    struct object_key key;
    int to_create;
    struct uid *to_delete; /* owned */
    size_t delete_count;
    sim_time since;
};

static struct expectation *find(const struct expectations *expectations, struct object_key key)
{
    struct table_node *node = table_first(&expectations->table, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct expectation *found = (struct expectation *)node;
        if (object_key_equal(found->key, key))
            return found;
    }
    return NULL;
}

static struct expectation *add(struct expectations *expectations, struct object_key key)
{
    struct expectation *new = mem_new(sizeof *new);
    new->key = object_key_hold(key);
    new->next = expectations->first;
    new->link = &expectations->first;
    if (new->next != NULL)
        new->next->link = &new->next;
    expectations->first = new;
    table_add(&expectations->table, &new->node, object_key_hash(key));
    return new;
}

static void drop(struct expectations *expectations, struct expectation *expectation)
{
    table_remove(&expectations->table, &expectation->node);
    *expectation->link = expectation->next;
    if (expectation->next != NULL)
        expectation->next->link = expectation->link;
    object_key_drop(expectation->key);
    free(expectation->to_delete);
    free(expectation);
}

/* The expectation of a key, from now on and with nothing in it. */
static struct expectation *begin(struct expectations *expectations, struct object_key key,
                                 sim_time now)
{
    struct expectation *expectation = find(expectations, key);
    if (expectation == NULL)
        expectation = add(expectations, key);
    free(expectation->to_delete);
    expectation->to_delete = NULL;
    expectation->delete_count = 0;
    expectation->to_create = 0;
    expectation->since = now;
    return expectation;
}

void expectations_init(struct expectations *expectations)
{
    table_init(&expectations->table);
    expectations->first = NULL;
}

void expectations_close(struct expectations *expectations)
{
    while (expectations->first != NULL)
        drop(expectations, expectations->first);
    table_close(&expectations->table);
}

bool expectations_met(const struct expectations *expectations, struct object_key key, sim_time now)
{
    const struct expectation *expectation = find(expectations, key);
    return expectation == NULL || (expectation->to_create <= 0 && expectation->delete_count == 0) ||
           now - expectation->since > EXPECTATIONS_TIMEOUT;
}

void expectations_create(struct expectations *expectations, struct object_key key, int count,
                         sim_time now)
{
    begin(expectations, key, now)->to_create = count;
}

void expectations_delete(struct expectations *expectations, struct object_key key,
                         const struct uid *uids, size_t count, sim_time now)
{
    struct expectation *expectation = begin(expectations, key, now);
    expectation->to_delete = mem_new(count * sizeof *uids);
    memcpy(expectation->to_delete, uids, count * sizeof *uids);
    expectation->delete_count = count;
}

void expectations_saw_created(struct expectations *expectations, struct object_key key)
{
    struct expectation *expectation = find(expectations, key);
    if (expectation != NULL)
        expectation->to_create--;
}

void expectations_saw_deleted(struct expectations *expectations, struct object_key key,
                              struct uid uid)
{
    struct expectation *expectation = find(expectations, key);
    if (expectation == NULL)
        return;
    for (size_t i = 0; i < expectation->delete_count; i++)
        if (uid_equal(expectation->to_delete[i], uid)) {
            expectation->to_delete[i] = expectation->to_delete[--expectation->delete_count];
            return;
        }
}

void expectations_forget(struct expectations *expectations, struct object_key key)
{
    struct expectation *expectation = find(expectations, key);
    if (expectation != NULL)
        drop(expectations, expectation);
}
