/* Answers about nodes, remembered for pods that are alike; see pod_class.h. */
#include "models/scheduler/decision/pod_class.h"

#include <assert.h>
#include <stdlib.h>

enum { RAW_WORDS = sizeof(int64_t) / sizeof(uint32_t) };

static uint64_t mix(uint64_t hash, uint64_t part)
{
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* --- life ---------------------------------------------------------------------------------- */

static void add_plugin(struct class_plugins *plugins, const struct prepared *prepared,
                       uint8_t number, int64_t weight)
{
    plugins->items = mem_resize(plugins->items, (plugins->count + 1) * sizeof *plugins->items);
    plugins->items[plugins->count++] =
        (struct class_plugin){ .plugin = prepared->profile->plugins[number].plugin,
                               .call = prepared_call(prepared, number),
                               .weight = weight,
                               .number = number };
}

/* Right after prepared_init(), only plugins that do not count take part. */
static void list_plugins(struct pod_class *class)
{
    const struct prepared *prepared = &class->prepared;
    for (size_t i = 0; i < prepared->filter_count; i++)
        add_plugin(&class->filters, prepared, prepared->filters[i], 0);
    for (size_t i = 0; i < prepared->score_count; i++)
        add_plugin(prepared_scorer(prepared, i)->normalize != NULL ? &class->normalized_scores
                                                                   : &class->fixed_scores,
                   prepared, prepared->scores[i], prepared_weight(prepared, i));
    for (uint8_t i = 0; i < prepared->profile->plugin_count; i++)
        if (prepared_counts(prepared, i))
            add_plugin(&class->counting, prepared, i, 0);
}

static bool is_out_of_order(const struct prepared *prepared)
{
    const struct point *filters = &prepared->profile->points[POINT_FILTER];
    bool counted = false;
    for (size_t i = 0; i < filters->count; i++) {
        const uint8_t plugin = filters->items[i].plugin;
        if (counted && (prepared->filtering >> plugin & 1))
            return true;
        counted |= prepared_counts(prepared, plugin);
    }
    return false;
}

struct pod_class *pod_class_new(const struct class_key *key, const struct pod *pod,
                                const struct snapshot *snapshot)
{
    const size_t slots =
        (snapshot->slot_capacity + BLOCK_SLOTS - 1) / BLOCK_SLOTS * (size_t)BLOCK_SLOTS;
    struct pod_class *class = mem_new(sizeof *class);
    class->key = *key;
    if (key->by_identity != 0) { /* of the pod that is held */
        class->key.labels = pod->meta.labels;
        class->key.controller = meta_controller(&pod->meta);
    }
    prepared_init_class(&class->prepared, key->profile, pod, snapshot, key->by_identity);
    list_plugins(class);
    class->out_of_order = is_out_of_order(&class->prepared);
    best_nodes_init(&class->nodes, slots);
    class->answers = mem_new(slots * sizeof *class->answers);
    class->due = mem_new(slots / 64 * sizeof *class->due);
    table_init(&class->by_words);
    class->words = mem_new(
        (RAW_WORDS * class->normalized_scores.count + (GROUP_WORDS + 1) * class->counting.count) *
        sizeof *class->words);
    return class;
}

void pod_class_free(struct pod_class *class)
{
    prepared_close(&class->prepared);
    free(class->filters.items);
    free(class->fixed_scores.items);
    free(class->normalized_scores.items);
    free(class->counting.items);
    best_nodes_close(&class->nodes);
    free(class->answers);
    free(class->due);
    for (size_t i = 0; i < class->group_count; i++)
        free(class->groups[i]);
    free(class->groups);
    table_close(&class->by_words);
    free(class->free_groups);
    free(class->failure.message);
    free(class->changed.items);
    free(class->others.items);
    free(class->words);
    free(class);
}

bool pod_class_is_stale(const struct pod_class *class)
{
    return class->nodes.slots < class->prepared.snapshot->slot_count ||
           prepared_is_stale(&class->prepared);
}

/* --- groups -------------------------------------------------------------------------------- */

int64_t class_group_raw(const struct class_group *group, size_t i)
{
    int64_t raw;
    memcpy(&raw, &group->words[RAW_WORDS * i], sizeof raw);
    return raw;
}

static void write_raw(struct pod_class *class, const struct node_info *node)
{
    class->word_count = 0;
    for (size_t i = 0; i < class->normalized_scores.count; i++) {
        const struct class_plugin *scorer = &class->normalized_scores.items[i];
        const int64_t raw = scorer->plugin->score(&scorer->call, node);
        memcpy(&class->words[class->word_count], &raw, sizeof raw);
        class->word_count += RAW_WORDS;
    }
}

static void write_counted(struct pod_class *class, const struct node_info *node)
{
    class->word_count = RAW_WORDS * class->normalized_scores.count;
    for (size_t i = 0; i < class->counting.count; i++) {
        const struct class_plugin *counting = &class->counting.items[i];
        if (counting->plugin->group == NULL)
            continue;
        uint32_t *words = &class->words[class->word_count];
        const size_t count = counting->plugin->group(&counting->call, node, &words[1]);
        assert(count <= GROUP_WORDS);
        words[0] = (uint32_t)count;
        class->word_count += count + 1;
    }
}

static bool has_words(const struct pod_class *class, const struct class_group *group)
{
    return group->count == class->word_count &&
           memcmp(group->words, class->words, group->count * sizeof *group->words) == 0;
}

static struct class_group **place_of(struct pod_class *class, uint32_t number)
{
    while (class->group_count <= number) {
        MEM_GROW(class->groups, class->group_count, class->group_capacity);
        class->groups[class->group_count++] = NULL;
    }
    return &class->groups[number];
}

static uint32_t add_group(struct pod_class *class, uint64_t hash)
{
    const size_t bytes = class->word_count * sizeof *class->words;
    const uint32_t number = class->free_count > 0 ? class->free_groups[--class->free_count]
                                                  : best_nodes_add_group(&class->nodes);
    struct class_group *group = mem_new(sizeof *group + bytes);
    group->number = number;
    group->count = class->word_count;
    memcpy(group->words, class->words, bytes);
    *place_of(class, number) = group;
    table_add(&class->by_words, &group->by_words, hash);
    class->births++;
    return number;
}

/* The group that has the words just written. */
static uint32_t group_of_words(struct pod_class *class)
{
    uint64_t hash = class->word_count;
    for (size_t i = 0; i < class->word_count; i++)
        hash = mix(hash, class->words[i]);
    struct table_node *found = table_first(&class->by_words, hash);
    for (; found != NULL; found = table_again(found))
        if (has_words(class, (struct class_group *)found))
            return ((struct class_group *)found)->number;
    return add_group(class, hash);
}

static void drop_if_empty(struct pod_class *class, uint32_t number)
{
    if (number == NO_GROUP || class->nodes.items[number].count > 0)
        return;
    table_remove(&class->by_words, &class->groups[number]->by_words);
    free(class->groups[number]);
    class->groups[number] = NULL;
    MEM_GROW(class->free_groups, class->free_count, class->free_capacity);
    class->free_groups[class->free_count++] = number;
}

/* The node joins the group of the words just written. */
static void join_group(struct pod_class *class, uint32_t slot, int64_t value)
{
    const uint32_t before = class->nodes.groups[slot];
    const uint32_t group = before != NO_GROUP && has_words(class, class->groups[before])
                               ? before
                               : group_of_words(class);
    best_nodes_put(&class->nodes, slot, group, value);
    if (before != group)
        drop_if_empty(class, before);
}

static void leave_group(struct pod_class *class, uint32_t slot)
{
    const uint32_t before = class->nodes.groups[slot];
    best_nodes_take(&class->nodes, slot);
    drop_if_empty(class, before);
}

/* --- asking -------------------------------------------------------------------------------- */

/* The filter that rejects the node; NULL: none. */
static const struct class_plugin *rejecting_filter(const struct pod_class *class,
                                                   const struct node_info *node,
                                                   struct rejection *rejection)
{
    for (size_t i = 0; i < class->filters.count; i++) {
        const struct class_plugin *filter = &class->filters.items[i];
        if (!filter->plugin->filter(&filter->call, node, rejection))
            return filter;
    }
    return NULL;
}

static void ask_about(struct pod_class *class, struct rejection_table *rejections,
                      const struct node_info *node)
{
    struct answer *answer = &class->answers[node->slot];
    struct rejection rejection;
    rejection.count = 0;
    const struct class_plugin *filter = rejecting_filter(class, node, &rejection);
    if (filter != NULL) {
        leave_group(class, node->slot);
        answer->rejected_by = filter->number;
        answer->rejection =
            rejection_table_add(rejections, filter->plugin, &rejection, answer->rejection);
        return;
    }
    int64_t value = 0;
    for (size_t i = 0; i < class->fixed_scores.count; i++) {
        const struct class_plugin *scorer = &class->fixed_scores.items[i];
        value += scorer->plugin->score(&scorer->call, node) * scorer->weight;
    }
    write_raw(class, node);
    write_counted(class, node);
    join_group(class, node->slot, value);
}

/* A node that did not change, but others did that it is counted with. */
static void group_again(struct pod_class *class, uint32_t slot)
{
    const uint32_t before = class->nodes.groups[slot];
    if (before == NO_GROUP || pod_class_is_due(class, slot))
        return;
    memcpy(class->words, class->groups[before]->words,
           RAW_WORDS * class->normalized_scores.count * sizeof *class->words);
    write_counted(class, class->prepared.snapshot->nodes[slot]);
    join_group(class, slot, class->nodes.values[slot]);
}

/* --- catching up --------------------------------------------------------------------------- */

size_t nodes_to_find(int percentage, size_t all_nodes)
{
    enum { LEAST_NODES = 100, LEAST_PERCENTAGE = 5 };
    if (all_nodes < LEAST_NODES)
        return all_nodes;
    if (percentage == 0) {
        percentage = 50 - (int)(all_nodes / 125);
        if (percentage < LEAST_PERCENTAGE)
            percentage = LEAST_PERCENTAGE;
    }
    const size_t nodes = all_nodes * (size_t)percentage / 100;
    return nodes < LEAST_NODES ? LEAST_NODES : nodes;
}

/* A slot that changed. What is remembered of it lies far apart, so all of it is sent for before any
 * of it is used. */
static void note_changed(struct pod_class *class, uint32_t slot)
{
    slot_list_add(&class->changed, slot);
    __builtin_prefetch(&class->answers[slot], 1);
    __builtin_prefetch(&class->nodes.groups[slot], 1);
    __builtin_prefetch(&class->nodes.values[slot], 1);
    for (size_t i = 0; i < class->counting.count; i++) {
        const struct class_plugin *counting = &class->counting.items[i];
        if (counting->plugin->count_soon != NULL)
            counting->plugin->count_soon(&counting->call, slot);
    }
}

/* A slot that changed several times is listed once, at its last change. */
static void find_changed(struct pod_class *class)
{
    const struct snapshot *snapshot = class->prepared.snapshot;
    const uint64_t missed = snapshot->change_count - class->seen;
    class->changed.count = 0;
    if (missed > snapshot->change_capacity || missed > snapshot->slot_count) {
        for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
            if (snapshot->generations[slot] > class->seen)
                note_changed(class, slot);
        return;
    }
    for (uint64_t number = class->seen; number < snapshot->change_count; number++) {
        const uint32_t slot = snapshot->changes[number % snapshot->change_capacity];
        if (snapshot->generations[slot] == number + 1)
            note_changed(class, slot);
    }
}

/* Plugins that count hear of a slot without a node as well: it counts for nothing. */
static void count_changed(struct pod_class *class)
{
    const struct snapshot *snapshot = class->prepared.snapshot;
    class->others.count = 0;
    for (size_t i = 0; i < class->changed.count; i++) {
        const uint32_t slot = class->changed.items[i];
        const struct node_info nothing = { .slot = slot };
        const struct node_info *node = snapshot->nodes[slot];
        for (size_t j = 0; j < class->counting.count; j++) {
            const struct class_plugin *counting = &class->counting.items[j];
            counting->plugin->count_node(&counting->call, node != NULL ? node : &nothing,
                                         &class->others);
        }
    }
}

/* The same for all nodes, when the class is new. */
static void count_all(struct pod_class *class)
{
    const struct snapshot *snapshot = class->prepared.snapshot;
    for (size_t j = 0; j < class->counting.count; j++) {
        const struct class_plugin *counting = &class->counting.items[j];
        if (counting->plugin->count_all != NULL && counting->plugin->count_all(&counting->call))
            continue;
        for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
            if (snapshot->nodes[slot] != NULL)
                counting->plugin->count_node(&counting->call, snapshot->nodes[slot],
                                             &class->others);
        class->others.count = 0; /* everybody is asked about anyway */
    }
}

/* May a search end before it has visited all nodes? */
static bool visits_a_part(const struct pod_class *class)
{
    const struct profile *profile = class->prepared.profile;
    const size_t nodes = class->prepared.snapshot->node_count;
    return profile->points[POINT_SCORE].count == 0 ||
           nodes_to_find(profile->percentage_of_nodes_to_score, nodes) < nodes;
}

static void set_due(struct pod_class *class, uint32_t slot, bool due)
{
    class->due_count += (size_t)due - (size_t)pod_class_is_due(class, slot);
    class->due[slot / 64] &= ~((uint64_t)1 << slot % 64);
    class->due[slot / 64] |= (uint64_t)due << slot % 64;
}

void pod_class_ask(struct pod_class *class, struct rejection_table *rejections, uint32_t slot)
{
    set_due(class, slot, false);
    ask_about(class, rejections, class->prepared.snapshot->nodes[slot]);
}

/* What the class knows of a slot that changed is void. */
static void note_due(struct pod_class *class, uint32_t slot)
{
    const struct node_info *node = class->prepared.snapshot->nodes[slot];
    const bool there = node != NULL && node->node != NULL;
    set_due(class, slot, there);
    if (there)
        return;
    leave_group(class, slot);
    class->answers[slot] = (struct answer){ 0 };
}

static void note_all_due(struct pod_class *class)
{
    const struct snapshot *snapshot = class->prepared.snapshot;
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
        if (snapshot->nodes[slot] != NULL && snapshot->nodes[slot]->node != NULL) {
            class->due[slot / 64] |= (uint64_t)1 << slot % 64;
            class->due_count++;
        }
}

static void ask_all_due(struct pod_class *class, struct rejection_table *rejections)
{
    for (size_t word = 0; class->due_count > 0; word++)
        while (class->due[word] != 0)
            pod_class_ask(class, rejections,
                          (uint32_t)(word * 64 + (size_t)__builtin_ctzll(class->due[word])));
}

void pod_class_catch_up(struct pod_class *class, struct rejection_table *rejections)
{
    const struct snapshot *snapshot = class->prepared.snapshot;
    assert(snapshot->generation == snapshot->change_count);
    class->others.count = 0;
    if (class->seen == 0) {
        count_all(class);
        note_all_due(class);
        class->seen = snapshot->generation;
    } else if (class->seen != snapshot->generation) {
        find_changed(class);
        if (class->counting.count > 0)
            count_changed(class);
        for (size_t i = 0; i < class->changed.count; i++)
            note_due(class, class->changed.items[i]);
        for (size_t i = 0; i < class->others.count; i++)
            group_again(class, class->others.items[i]);
        class->seen = snapshot->generation;
    }
    if (class->due_count > 0 && !visits_a_part(class))
        ask_all_due(class, rejections);
}
