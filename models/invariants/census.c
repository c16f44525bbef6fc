/* Keep count of who there is: see the header. */
#include "models/invariants/census_private.h"

#include <stdlib.h>

#include "sim/base/memory.h"

struct census *census_new(struct cluster *cluster)
{
    struct census *census = mem_new(sizeof *census);
    census->cluster = cluster;
    table_init(&census->members);
    table_init(&census->subjects);
    return census;
}

void census_drop_member(struct census *census, struct member *member)
{
    table_remove(&census->members, &member->by_uid);
    object_drop(&member->pod->meta.object);
    free(member);
}

void census_drop_loss(struct loss *loss)
{
    text_drop(loss->space);
    labels_drop(loss->labels);
}

void census_free(struct census *census)
{
    for (size_t i = 0; i <= census->members.mask; i++)
        while (census->members.buckets[i] != NULL)
            census_drop_member(census, (struct member *)census->members.buckets[i]);
    for (struct subject *subject = census->newest, *older; subject != NULL; subject = older) {
        older = subject->older;
        object_key_drop(subject->key);
        free(subject);
    }
    for (size_t i = 0; i < LOSSES && i < census->loss_count; i++)
        census_drop_loss(&census->losses[i]);
    table_close(&census->members);
    table_close(&census->subjects);
    free(census);
}

/* ---- finding ---- */

struct member *census_member(const struct census *census, struct uid pod)
{
    struct table_node *node = table_first(&census->members, pod.low);
    for (; node != NULL; node = table_again(node))
        if (uid_equal(((struct member *)node)->pod->meta.uid, pod))
            return (struct member *)node;
    return NULL;
}

struct subject *census_subject(const struct census *census, struct uid uid)
{
    struct table_node *node = table_first(&census->subjects, uid.low);
    for (; node != NULL; node = table_again(node))
        if (uid_equal(((struct subject *)node)->uid, uid))
            return (struct subject *)node;
    return NULL;
}

struct subject *census_subjects(const struct census *census)
{
    return census->newest;
}

const struct object *census_object(const struct census *census, const struct subject *subject)
{
    const struct object *object = store_get(census->cluster->store, subject->key);
    return object != NULL && uid_equal(meta_of(object)->uid, subject->uid) ? object : NULL;
}

struct subject *census_meet(struct census *census, const struct meta *meta)
{
    struct subject *subject = census_subject(census, meta->uid);
    if (subject != NULL)
        return subject;
    subject = mem_new(sizeof *subject);
    subject->uid = meta->uid;
    subject->key = object_key_hold(object_key(&meta->object));
    subject->older = census->newest;
    subject->present = true;
    subject->met = census_now(census);
    struct history *counters[] = { &subject->created, &subject->deleted,    &subject->come,
                                   &subject->gone,    &subject->unready,    &subject->lost,
                                   &subject->active,  &subject->terminating };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        history_note(counters[i], census_now(census), 0);
    census->newest = subject;
    table_add(&census->subjects, &subject->by_uid, meta->uid.low);
    return subject;
}

struct subject *census_controller(const struct census *census, const struct meta *meta)
{
    const struct owner *owner = meta_controller(meta);
    return owner != NULL ? census_subject(census, owner->uid) : NULL;
}

void census_take(struct census *census, const struct write *write)
{
    const uint16_t kind = (write->after != NULL ? write->after : write->before)->kind;
    if (kind == KIND_POD)
        census_take_pod(census, write);
    else if (census_is_subject(kind))
        census_take_subject(census, write);
}

int census_losses(const struct census *census, const struct text *space,
                  const struct selector *selector, sim_time since)
{
    int count = 0;
    for (size_t i = 0; i < LOSSES && i < census->loss_count; i++)
        count += census->losses[i].at >= since && census->losses[i].space == space &&
                 selector_matches(selector, labels_lookup, census->losses[i].labels);
    return count;
}
