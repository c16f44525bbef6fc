/* Which pods are alike, and how many of them each node has; see snapshot.h.
 *
 * The pods of one ReplicaSet share a template and a set of labels, so a node of a hundred pods has
 * a handful of populations: whoever counts pods by their labels asks once for each. */
#include <stdlib.h>

#include "models/scheduler/snapshot/snapshot_private.h"

static uint64_t mix(uint64_t hash, uint64_t with)
{
    return (hash ^ with) * 0x9E3779B97F4A7C15u;
}

static uint64_t content_hash(const struct pod *pod)
{
    const struct labels *labels = pod->meta.labels;
    uint64_t hash = mix(pod->spec->id, pod->meta.deleting);
    hash = mix(hash, pod->meta.object.space != NULL ? pod->meta.object.space->hash : 0);
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++) {
        hash = mix(hash, labels->items[i].key->hash);
        hash = mix(hash, labels->items[i].value != NULL ? labels->items[i].value->hash : 1);
    }
    return hash ^ hash >> 32;
}

static bool is_of(const struct population *population, const struct pod *pod)
{
    return population->spec == pod->spec && population->space == pod->meta.object.space &&
           population->deleting == pod->meta.deleting &&
           labels_equal(population->labels, pod->meta.labels);
}

static uint32_t free_number(struct snapshot *snapshot)
{
    if (snapshot->free_population_count > 0)
        return snapshot->free_populations[--snapshot->free_population_count];
    MEM_GROW(snapshot->populations, snapshot->population_limit, snapshot->population_capacity);
    return (uint32_t)snapshot->population_limit++;
}

static uint64_t owner_hash(const struct pod_affinity *terms, const struct text *space)
{
    return mix(mix((uint64_t)(uintptr_t)terms, space != NULL ? space->hash : 0), 1);
}

static struct term_owner *find_owner(const struct snapshot *snapshot,
                                     const struct pod_affinity *terms, const struct text *space)
{
    struct table_node *found = table_first(&snapshot->owners_by_content, owner_hash(terms, space));
    for (; found != NULL; found = table_again(found)) {
        struct term_owner *owner = (struct term_owner *)found;
        if (owner->terms == terms && owner->space == space)
            return owner;
    }
    return NULL;
}

static struct term_owner *new_owner(struct snapshot *snapshot, const struct pod_affinity *terms,
                                    const struct text *space)
{
    struct term_owner *owner = mem_new(sizeof *owner);
    owner->terms = terms;
    owner->space = space;
    owner->place = snapshot->with_terms_count;
    MEM_GROW(snapshot->with_terms, snapshot->with_terms_count, snapshot->with_terms_capacity);
    snapshot->with_terms[snapshot->with_terms_count++] = owner;
    snapshot->namespace_selectors += terms->has_namespace_selector;
    table_add(&snapshot->owners_by_content, &owner->by_content, owner_hash(terms, space));
    return owner;
}

static void join_owner(struct snapshot *snapshot, struct population *population)
{
    const struct pod_affinity *terms = population->spec->pod_affinity;
    if (terms == NULL)
        return;
    population->owner = find_owner(snapshot, terms, population->space);
    if (population->owner == NULL)
        population->owner = new_owner(snapshot, terms, population->space);
    population->owner->populations++;
}

static void leave_owner(struct snapshot *snapshot, const struct population *population)
{
    struct term_owner *owner = population->owner;
    if (owner == NULL || --owner->populations > 0)
        return;
    struct term_owner *last = snapshot->with_terms[--snapshot->with_terms_count];
    last->place = owner->place;
    snapshot->with_terms[last->place] = last;
    snapshot->namespace_selectors -= owner->terms->has_namespace_selector;
    table_remove(&snapshot->owners_by_content, &owner->by_content);
    free(owner);
}

/* --- by label -------------------------------------------------------------------------- */

static uint64_t label_hash(const struct text *key, const struct text *value)
{
    return mix(mix(1, key->hash), value != NULL ? value->hash : 1);
}

static struct label_populations *find_label(const struct snapshot *snapshot, const struct text *key,
                                            const struct text *value)
{
    struct table_node *found = table_first(&snapshot->populations_by_label, label_hash(key, value));
    for (; found != NULL; found = table_again(found)) {
        struct label_populations *all = (struct label_populations *)found;
        if (all->key == key && all->value == value)
            return all;
    }
    return NULL;
}

const struct label_populations *snapshot_populations_with(const struct snapshot *snapshot,
                                                          const struct text *key,
                                                          const struct text *value)
{
    return find_label(snapshot, key, value);
}

static struct label_populations *new_label(struct snapshot *snapshot, const struct label *label)
{
    struct label_populations *all = mem_new(sizeof *all);
    all->key = text_hold(label->key);
    all->value = text_hold(label->value);
    table_add(&snapshot->populations_by_label, &all->by_label, label_hash(all->key, all->value));
    return all;
}

static void join_labels(struct snapshot *snapshot, struct population *population)
{
    const struct labels *labels = population->labels;
    if (labels == NULL)
        return;
    population->by_label = mem_new(labels->count * sizeof *population->by_label);
    for (uint32_t i = 0; i < labels->count; i++) {
        struct population_label *here = &population->by_label[i];
        struct label_populations *all =
            find_label(snapshot, labels->items[i].key, labels->items[i].value);
        if (all == NULL)
            all = new_label(snapshot, &labels->items[i]);
        *here = (struct population_label){
            .population = population, .next = all->first, .link = &all->first, .all = all
        };
        if (all->first != NULL)
            all->first->link = &here->next;
        all->first = here;
        all->count++;
    }
}

static void free_label(struct label_populations *all)
{
    text_drop(all->key);
    text_drop(all->value);
    free(all);
}

static void leave_labels(struct snapshot *snapshot, struct population *population)
{
    for (uint32_t i = 0; population->labels != NULL && i < population->labels->count; i++) {
        struct population_label *here = &population->by_label[i];
        *here->link = here->next;
        if (here->next != NULL)
            here->next->link = here->link;
        if (--here->all->count > 0)
            continue;
        table_remove(&snapshot->populations_by_label, &here->all->by_label);
        free_label(here->all);
    }
    free(population->by_label);
}

/* --- by content ------------------------------------------------------------------------ */

static struct population *find_or_make(struct snapshot *snapshot, const struct pod *pod)
{
    const uint64_t hash = content_hash(pod);
    struct table_node *found = table_first(&snapshot->by_content, hash);
    for (; found != NULL; found = table_again(found))
        if (is_of((struct population *)found, pod))
            return (struct population *)found;
    struct population *made = pool_take(&snapshot->population_pool);
    made->number = free_number(snapshot);
    made->serial = ++snapshot->population_serial;
    made->spec = pod_spec_hold(pod->spec);
    made->labels = labels_hold(pod->meta.labels);
    made->space = pod->meta.object.space;
    if (made->space != NULL)
        text_hold(made->space);
    made->deleting = pod->meta.deleting;
    snapshot->populations[made->number] = made;
    join_owner(snapshot, made);
    join_labels(snapshot, made);
    table_add(&snapshot->by_content, &made->by_content, hash);
    return made;
}

static void close_population(struct population *population)
{
    pod_spec_drop(population->spec);
    labels_drop(population->labels);
    text_drop(population->space);
}

static void release(struct snapshot *snapshot, struct population *population)
{
    snapshot->populations[population->number] = NULL;
    leave_owner(snapshot, population);
    leave_labels(snapshot, population);
    MEM_GROW(snapshot->free_populations, snapshot->free_population_count,
             snapshot->free_population_capacity);
    snapshot->free_populations[snapshot->free_population_count++] = population->number;
    table_remove(&snapshot->by_content, &population->by_content);
    close_population(population);
    pool_give(&snapshot->population_pool, population);
}

/* Pods with terms come (1) or go (-1). */
static void count_terms(struct snapshot *snapshot, const struct population *population, int sign)
{
    const struct pod_affinity *terms = population->spec->pod_affinity;
    if (terms == NULL)
        return;
    if (terms->preferred.count + terms->preferred_anti.count > 0)
        snapshot->pods_preferring += (size_t)sign;
    if (terms->required_anti.count > 0)
        snapshot->pods_repelling += (size_t)sign;
}

static void link_alike(struct population *population, struct placed_pod *placed)
{
    placed->population = population;
    placed->next_alike = population->first;
    placed->link_alike = &population->first;
    if (population->first != NULL)
        population->first->link_alike = &placed->next_alike;
    population->first = placed;
}

void node_info_join(struct snapshot *snapshot, struct placed_pod *placed, const struct pod *pod)
{
    struct node_info *info = placed->node;
    struct population *population = find_or_make(snapshot, pod);
    size_t at = 0;
    link_alike(population, placed);
    population->pods++;
    count_terms(snapshot, population, 1);
    while (at < info->population_count && info->populations[at].population != population)
        at++;
    if (at == info->population_count) {
        MEM_GROW(info->populations, info->population_count, info->population_capacity);
        info->populations[info->population_count++] =
            (struct node_population){ .population = population };
    }
    info->populations[at].pods++;
}

void node_info_part(struct snapshot *snapshot, struct placed_pod *placed)
{
    struct node_info *info = placed->node;
    struct population *population = placed->population;
    size_t at = 0;
    while (info->populations[at].population != population)
        at++;
    *placed->link_alike = placed->next_alike;
    if (placed->next_alike != NULL)
        placed->next_alike->link_alike = placed->link_alike;
    count_terms(snapshot, population, -1);
    if (--info->populations[at].pods == 0)
        info->populations[at] = info->populations[--info->population_count];
    if (--population->pods == 0)
        release(snapshot, population);
}

void snapshot_close_populations(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->population_limit; i++)
        if (snapshot->populations[i] != NULL) {
            leave_labels(snapshot, snapshot->populations[i]);
            close_population(snapshot->populations[i]);
        }
    table_close(&snapshot->by_content);
    table_close(&snapshot->populations_by_label);
    pool_close(&snapshot->population_pool);
    free(snapshot->populations);
    for (size_t i = 0; i < snapshot->with_terms_count; i++)
        free(snapshot->with_terms[i]);
    table_close(&snapshot->owners_by_content);
    free(snapshot->with_terms);
    free(snapshot->free_populations);
}
