/* Lists of nominated pods by node; see nominator.h. */
#include "models/scheduler/snapshot/nominator.h"

#include <stdlib.h>

struct nominator *nominator_new(void)
{
    struct nominator *nominator = mem_new(sizeof *nominator);
    table_init(&nominator->by_uid);
    table_init(&nominator->by_name);
    pool_init(&nominator->nominees, sizeof(struct nominee));
    pool_init(&nominator->nodes, sizeof(struct nominated_node));
    return nominator;
}

/* --- nodes ----------------------------------------------------------------------------- */

static uint64_t name_hash(const struct text *node)
{
    return node != NULL ? node->hash : 0;
}

static struct nominated_node *find_node(const struct nominator *nominator, const struct text *name)
{
    struct table_node *found = table_first(&nominator->by_name, name_hash(name));
    for (; found != NULL; found = table_again(found))
        if (((struct nominated_node *)found)->name == name)
            return (struct nominated_node *)found;
    return NULL;
}

const struct nominated_node *nominator_find(const struct nominator *nominator,
                                            const struct text *node)
{
    return find_node(nominator, node);
}

static struct nominated_node *node_of_name(struct nominator *nominator, const struct text *name)
{
    struct nominated_node *node = find_node(nominator, name);
    if (node != NULL)
        return node;
    node = pool_take(&nominator->nodes);
    node->name = text_hold(name);
    node->previous = nominator->last;
    *(nominator->last != NULL ? &nominator->last->next : &nominator->first) = node;
    nominator->last = node;
    table_add(&nominator->by_name, &node->by_name, name_hash(name));
    return node;
}

static void release_if_empty(struct nominator *nominator, struct nominated_node *node)
{
    if (node->first != NULL)
        return;
    *(node->previous != NULL ? &node->previous->next : &nominator->first) = node->next;
    *(node->next != NULL ? &node->next->previous : &nominator->last) = node->previous;
    table_remove(&nominator->by_name, &node->by_name);
    text_drop(node->name);
    pool_give(&nominator->nodes, node);
}

/* --- pods ------------------------------------------------------------------------------ */

static struct nominee *find_nominee(const struct nominator *nominator, struct uid uid)
{
    struct table_node *found = table_first(&nominator->by_uid, uid.low);
    for (; found != NULL; found = table_again(found))
        if (uid_equal(((struct nominee *)found)->pod->meta.uid, uid))
            return (struct nominee *)found;
    return NULL;
}

/* A pod of which only the name is known. */
static const struct pod *bare_pod(const struct nominator *nominator, const struct pod *pod)
{
    struct pod *bare = mem_new(sizeof *bare);
    bare->meta.object = pod->meta.object;
    bare->meta.uid = pod->meta.uid;
    bare->spec = &nominator->bare;
    return bare;
}

static void append(struct nominator *nominator, const struct pod *pod, const struct text *name)
{
    struct nominated_node *node = node_of_name(nominator, name);
    struct nominee *nominee = pool_take(&nominator->nominees);
    nominee->pod = pod_of(object_hold(&pod->meta.object));
    nominee->counted = nominator->names_only ? bare_pod(nominator, nominee->pod) : nominee->pod;
    nominee->node = node;
    nominee->previous = node->last;
    *(node->last != NULL ? &node->last->next : &node->first) = nominee;
    node->last = nominee;
    table_add(&nominator->by_uid, &nominee->by_uid, pod->meta.uid.low);
    nominator->generation++;
}

static void remove_nominee(struct nominator *nominator, struct nominee *nominee)
{
    struct nominated_node *node = nominee->node;
    *(nominee->previous != NULL ? &nominee->previous->next : &node->first) = nominee->next;
    *(nominee->next != NULL ? &nominee->next->previous : &node->last) = nominee->previous;
    table_remove(&nominator->by_uid, &nominee->by_uid);
    if (nominee->counted != nominee->pod)
        free((struct pod *)nominee->counted);
    object_drop(&nominee->pod->meta.object);
    pool_give(&nominator->nominees, nominee);
    release_if_empty(nominator, node);
    nominator->generation++;
}

bool nominator_has(const struct nominator *nominator, const struct pod *pod)
{
    return nominator->first != NULL && find_nominee(nominator, pod->meta.uid) != NULL;
}

const struct pod *nominator_lower(const struct nominator *nominator, const struct text *node,
                                  int32_t priority)
{
    const struct nominated_node *at = find_node(nominator, node);
    for (const struct nominee *nominee = at != NULL ? at->first : NULL; nominee != NULL;
         nominee = nominee->next)
        if (nominee->pod->spec->priority < priority)
            return nominee->pod;
    return NULL;
}

void nominator_remove(struct nominator *nominator, const struct pod *pod)
{
    struct nominee *nominee = find_nominee(nominator, pod->meta.uid);
    if (nominee != NULL)
        remove_nominee(nominator, nominee);
}

void nominator_add(struct nominator *nominator, const struct pod *pod, enum nomination nomination,
                   const struct text *node)
{
    const struct text *name = nomination == NOMINATION_UNCHANGED ? pod_nominated_node(pod)
                              : nomination == NOMINATION_SET     ? node
                                                                 : NULL;
    nominator_remove(nominator, pod);
    if (name != NULL || nomination != NOMINATION_UNCHANGED)
        append(nominator, pod, name);
}

void nominator_update(struct nominator *nominator, const struct pod *before,
                      const struct pod *after)
{
    struct nominee *known = find_nominee(nominator, before->meta.uid);
    const bool told = pod_nominated_node(before) != NULL || pod_nominated_node(after) != NULL;
    if (told || known == NULL) {
        nominator_remove(nominator, before);
        nominator_add(nominator, after, NOMINATION_UNCHANGED, NULL);
        return;
    }
    const struct text *node = known->node->name;
    if (node != NULL)
        text_hold(node);
    remove_nominee(nominator, known);
    append(nominator, after, node);
    text_drop(node);
}

bool nominated_node_counts(const struct nominated_node *node, const struct pod *pod)
{
    for (const struct nominee *nominee = node->first; nominee != NULL; nominee = nominee->next)
        if (nominee_counts(nominee, pod))
            return true;
    return false;
}

/* --- preemption going on ------------------------------------------------------------------ */

static size_t find_preempting(const struct nominator *nominator, struct uid pod)
{
    size_t at = 0;
    while (at < nominator->preempting_count && !uid_equal(nominator->preempting[at], pod))
        at++;
    return at;
}

void nominator_begin_preemption(struct nominator *nominator, struct uid pod)
{
    if (nominator_is_preempting(nominator, pod))
        return;
    MEM_GROW(nominator->preempting, nominator->preempting_count, nominator->preempting_capacity);
    nominator->preempting[nominator->preempting_count++] = pod;
}

void nominator_end_preemption(struct nominator *nominator, struct uid pod)
{
    const size_t at = find_preempting(nominator, pod);
    if (at < nominator->preempting_count)
        nominator->preempting[at] = nominator->preempting[--nominator->preempting_count];
}

bool nominator_is_preempting(const struct nominator *nominator, struct uid pod)
{
    return find_preempting(nominator, pod) < nominator->preempting_count;
}

void nominator_free(struct nominator *nominator)
{
    while (nominator->first != NULL)
        remove_nominee(nominator, nominator->first->first);
    table_close(&nominator->by_uid);
    table_close(&nominator->by_name);
    pool_close(&nominator->nominees);
    pool_close(&nominator->nodes);
    free(nominator->preempting);
    free(nominator);
}
