/* Rule 7: the order in which owners make what they own, and in which owner and owned go. */
#include <string.h>

#include "tests/support/compare.h"

static bool is_revision(const struct life *life)
{
    static const char *const kinds[] = { "ReplicaSet", "ControllerRevision", "Job" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(text_s(life->kind), kinds[i]) == 0)
            return life->owner != NULL;
    return false;
}

/* "Deployment/web makes: web-1, web-2" for each owner, in the order of their first rows. */
static const struct text *made_by(const struct timeline *timeline, const struct text *owner)
{
    struct writer text = { 0 };
    writer_format(&text, "%s makes", text_s(owner));
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        if (is_revision(life) && life->owner == owner)
            writer_format(&text, " %s", text_s(life->name));
    }
    const struct text *made = text_intern(timeline->texts, text.bytes);
    writer_close(&text);
    return made;
}

static const struct life *owner_life(const struct timeline *timeline, const struct life *child)
{
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        const struct text *name =
            text_format(timeline->texts, "%s/%s", text_s(life->kind), text_s(life->name));
        bool is_it = name == child->owner;
        text_drop(name);
        if (is_it)
            return life;
    }
    return NULL;
}

/* "Deployment/web goes before a ReplicaSet it owns" */
static const struct text *way_of_going(const struct timeline *timeline, const struct life *child)
{
    const struct life *owner = child->owner ? owner_life(timeline, child) : NULL;
    if (owner == NULL || !owner->deleted || !child->deleted ||
        child->last_row < owner->deletion_row)
        return NULL;
    return text_format(timeline->texts, "%s goes %s a %s it owns", text_s(child->owner),
                       owner->last_row < child->last_row ? "before" : "after", text_s(child->kind));
}

static void gather(const struct comparison *comparison, const struct timeline *timeline,
                   bool recorded, struct bag *bag)
{
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        const struct text *way = way_of_going(timeline, life);
        if (!life_counts(comparison, life))
            continue;
        if (way != NULL) {
            struct bag_item *item = bag_item(bag, way);
            *(recorded ? &item->recorded : &item->ours) += 1;
        }
        if (is_revision(life)) {
            struct bag_item *item = bag_item(bag, made_by(timeline, life->owner));
            *(recorded ? &item->recorded : &item->ours) = 1;
        }
    }
}

void compare_order(struct comparison *comparison)
{
    struct bag bag = { 0 };
    gather(comparison, comparison->recorded, true, &bag);
    gather(comparison, comparison->ours, false, &bag);
    for (size_t i = 0; i < bag.count; i++)
        if (bag.items[i].recorded != bag.items[i].ours)
            compare_differs(comparison, "order: recorded %ld, ours %ld times: %s",
                            bag.items[i].recorded, bag.items[i].ours, text_s(bag.items[i].text));
    bag_close(&bag);
}
