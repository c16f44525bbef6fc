/* Remembered answers; see template_cache.h. */
#include "models/scheduler/template_cache.h"

#include <stdlib.h>

enum { CLASSES = 256 }; /* remembered at most */

struct template_cache *template_cache_new(void)
{
    struct template_cache *cache = mem_new(sizeof *cache);
    rejection_table_init(&cache->rejections);
    table_init(&cache->by_template);
    return cache;
}

/* --- the list by last use ------------------------------------------------------------- */

static void unlink_class(struct template_cache *cache, struct pod_class *class)
{
    *(class->older != NULL ? &class->older->newer : &cache->oldest) = class->newer;
    *(class->newer != NULL ? &class->newer->older : &cache->newest) = class->older;
}

static void link_newest(struct template_cache *cache, struct pod_class *class)
{
    class->newer = NULL;
    class->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = class;
    cache->newest = class;
}

/* --- classes ---------------------------------------------------------------------------- */

static void forget_class(struct template_cache *cache, struct pod_class *class)
{
    unlink_class(cache, class);
    table_remove(&cache->by_template, &class->by_template);
    cache->count--;
    prepared_close(&class->prepared);
    for (size_t i = 0; i < PROFILE_PLUGINS; i++)
        free(class->raw[i]);
    free(class->answers);
    free(class->failure.message);
    free(class);
}

void template_cache_free(struct template_cache *cache)
{
    while (cache->oldest != NULL)
        forget_class(cache, cache->oldest);
    table_close(&cache->by_template);
    rejection_table_close(&cache->rejections);
    free(cache);
}

static uint64_t class_hash(const struct profile *profile, const struct pod_spec *spec)
{
    return (spec->id + ((uint64_t)profile->number << 32)) * 0x9E3779B97F4A7C15u;
}

static struct pod_class *find_class(struct template_cache *cache, const struct profile *profile,
                                    const struct pod_spec *spec)
{
    struct table_node *found = table_first(&cache->by_template, class_hash(profile, spec));
    for (; found != NULL; found = table_again(found)) {
        struct pod_class *class = (struct pod_class *)found;
        if (class->prepared.spec == spec && class->prepared.profile == profile)
            return class;
    }
    return NULL;
}

static struct pod_class *new_class(struct template_cache *cache, const struct profile *profile,
                                   const struct pod_spec *spec, const struct snapshot *snapshot)
{
    if (cache->count == CLASSES)
        forget_class(cache, cache->oldest);
    struct pod_class *class = mem_new(sizeof *class);
    prepared_init(&class->prepared, profile, spec, snapshot);
    table_add(&cache->by_template, &class->by_template, class_hash(profile, spec));
    link_newest(cache, class);
    cache->count++;
    return class;
}

/* Forget every answer and make room for all slots of the snapshot. */
static void renew_answers(struct pod_class *class, const struct snapshot *snapshot)
{
    class->slots = snapshot->slot_capacity;
    free(class->answers);
    class->answers = mem_new(class->slots * sizeof *class->answers);
    for (size_t i = 0; i < PROFILE_PLUGINS; i++) {
        free(class->raw[i]);
        class->raw[i] = NULL;
    }
    for (size_t i = 0; i < class->prepared.score_count; i++)
        if (prepared_scorer(&class->prepared, i)->normalize != NULL)
            class->raw[i] = mem_new(class->slots * sizeof *class->raw[i]);
}

struct pod_class *template_cache_class(struct template_cache *cache, const struct profile *profile,
                                       const struct pod_spec *spec, const struct snapshot *snapshot)
{
    struct pod_class *class = find_class(cache, profile, spec);
    if (class == NULL) {
        class = new_class(cache, profile, spec, snapshot);
        renew_answers(class, snapshot);
        return class;
    }
    unlink_class(cache, class);
    link_newest(cache, class);
    if (prepared_renew(&class->prepared) || class->slots < snapshot->slot_count)
        renew_answers(class, snapshot);
    return class;
}

/* --- answers ---------------------------------------------------------------------------- */

static void ask_scores(struct pod_class *class, const struct node_info *node, struct answer *answer)
{
    const struct prepared *prepared = &class->prepared;
    answer->fixed = 0;
    for (size_t i = 0; i < prepared->score_count; i++) {
        const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
        const int64_t score = prepared_scorer(prepared, i)->score(&call, node);
        if (class->raw[i] != NULL)
            class->raw[i][node->slot] = score;
        else
            answer->fixed += score * prepared_weight(prepared, i);
    }
}

void pod_class_ask(struct template_cache *cache, struct pod_class *class, uint32_t slot)
{
    const struct prepared *prepared = &class->prepared;
    const struct node_info *node = prepared->snapshot->nodes[slot];
    struct answer *answer = &class->answers[slot];
    struct rejection rejection;
    rejection.count = 0;
    answer->generation = prepared->snapshot->generations[slot];
    answer->rejection = 0;
    const int by = prepared_filter(prepared, node, &rejection);
    if (by < 0) {
        ask_scores(class, node, answer);
        return;
    }
    const struct sched_plugin *plugin = prepared->profile->plugins[by].plugin;
    answer->rejected_by = (uint8_t)by;
    answer->rejection = rejection_table_add(&cache->rejections, plugin, &rejection);
}
