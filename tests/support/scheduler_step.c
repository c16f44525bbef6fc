/* Carry out a step and tell it; see scheduler_step.h. */
#include "tests/support/scheduler_step.h"

#include <stdlib.h>

/* --- names of nodes ------------------------------------------------------------------------- */

struct name {
    const struct text *name;
    size_t rank; /* in the order of the input */
    size_t at;   /* in the list it was taken from */
};

struct names {
    struct name *items;
    size_t count;
};

static struct names names_of(const struct scheduler_world *world, const uint32_t *slots,
                             size_t count)
{
    struct names names = { mem_new((count + 1) * sizeof *names.items), count };
    for (size_t i = 0; i < count; i++) {
        names.items[i].name = world->snapshot->nodes[slots[i]]->name;
        names.items[i].rank = world->ranks[slots[i]];
        names.items[i].at = i;
    }
    return names;
}

static int by_rank(const void *a, const void *b)
{
    const size_t first = ((const struct name *)a)->rank;
    const size_t second = ((const struct name *)b)->rank;
    return (first > second) - (first < second);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->name->s, ((const struct name *)b)->name->s);
}

static void sort_by_input(struct names *names)
{
    qsort(names->items, names->count, sizeof *names->items, by_rank);
}

static struct value *names_list(const struct names *names)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < names->count; i++)
        value_add(list, value_new_string(names->items[i].name->s));
    return list;
}

/* FNV-1a 64 over the sorted names, each followed by a newline. */
static uint64_t names_hash(const struct names *names)
{
    uint64_t hash = 0xcbf29ce484222325u;
    qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; i < names->count; i++)
        for (const char *c = names->items[i].name->s;; c++) {
            hash = (hash ^ (unsigned char)(*c ? *c : '\n')) * 0x100000001b3u;
            if (*c == '\0')
                break;
        }
    return hash;
}

static struct value *hash_value(struct names *names, bool counted)
{
    struct writer text = { 0 };
    if (counted)
        writer_format(&text, "#%zu:", names->count);
    writer_format(&text, "%016lx", names_hash(names));
    struct value *value = value_new_string(text.bytes);
    writer_close(&text);
    return value;
}

/* --- rejections ------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct value *reasons_list(const struct stored_rejection *rejection)
{
    struct value *list = value_new_list();
    char *texts[REJECTION_REASONS] = { NULL };
    for (size_t i = 0; i < rejection->count; i++)
        texts[i] =
            mem_format("%s%s", rejection->reasons[i].text, text_s(rejection->reasons[i].about));
    qsort(texts, rejection->count, sizeof *texts, by_text);
    for (size_t i = 0; i < rejection->count; i++) {
        value_add(list, value_new_string(texts[i]));
        free(texts[i]);
    }
    return list;
}

static struct value *rejection_value(const struct stored_rejection *rejection)
{
    struct value *map = value_new_map();
    value_set(map, "plugin",
              value_new_string(rejection->plugin != NULL ? rejection->plugin->name : ""));
    value_set(map, "code",
              value_new_string(rejection->code == UNRESOLVABLE ? "UnschedulableAndUnresolvable"
                                                               : "Unschedulable"));
    value_set(map, "reasons", reasons_list(rejection));
    return map;
}

/* Rejections that differ only in the order of their reasons are one group. */
static struct value *find_group(const struct value *groups, const struct value *rejection)
{
    for (size_t i = 0; i < groups->count; i++)
        if (value_equal(value_get(groups->items[i], "plugin"), value_get(rejection, "plugin")) &&
            value_equal(value_get(groups->items[i], "code"), value_get(rejection, "code")) &&
            value_equal(value_get(groups->items[i], "reasons"), value_get(rejection, "reasons")))
            return groups->items[i];
    return NULL;
}

static struct value *rejected_value(const struct scheduler_world *world, struct step_style style)
{
    const struct decision *decision = &world->plain;
    struct value *groups = value_new_list();
    uint32_t *slots = mem_new((decision->rejected_count + 1) * sizeof *slots);
    for (rejection_id id = 1; id < decision->rejections->count; id++) {
        size_t count = 0;
        for (size_t i = 0; i < decision->rejected_count; i++)
            if (decision->rejected[i].rejection == id)
                slots[count++] = decision->rejected[i].slot;
        if (count == 0)
            continue;
        struct names names = names_of(world, slots, count);
        struct value *group = rejection_value(&decision->rejections->items[id]);
        sort_by_input(&names);
        if (style.hashes) {
            struct value *one = value_new_list();
            value_add(one, hash_value(&names, true));
            value_set(group, "nodes", one);
        } else {
            value_set(group, "nodes", names_list(&names));
        }
        free(names.items);
        if (find_group(groups, group) != NULL)
            abort(); /* reasons come in one order */
        value_add(groups, group);
    }
    free(slots);
    return groups;
}

/* --- scores ------------------------------------------------------------------------------------ */

static void tell_scores(const struct scheduler_world *world, const struct names *feasible,
                        struct value *told)
{
    const struct decision *decision = &world->plain;
    const struct prepared *prepared = decision->prepared;
    const size_t width = prepared->score_count;
    struct value *plugins = value_new_list(), *rows = value_new_list();
    for (size_t i = 0; i < width; i++)
        value_add(plugins, value_new_string(prepared_scorer(prepared, i)->name));
    for (size_t i = 0; i < feasible->count; i++) {
        struct value *row = value_new_list();
        const size_t j = feasible->items[i].at;
        for (size_t k = 0; k < width; k++)
            value_add(row, value_new_int(decision->scores[j * width + k]));
        value_add(row, value_new_int(decision->totals[j]));
        value_add(rows, row);
    }
    if (width > 0)
        value_set(told, "scorePlugins", plugins);
    else
        value_drop(plugins);
    value_set(told, "scores", rows);
}

static void tell_feasible(const struct scheduler_world *world, struct step_style style,
                          struct value *told)
{
    const struct decision *decision = &world->plain;
    struct names feasible = names_of(world, decision->feasible, decision->feasible_count);
    if (!style.visited)
        sort_by_input(&feasible);
    if (style.hashes) {
        value_set(told, "feasibleHash", hash_value(&feasible, false));
    } else {
        value_set(told, "feasible", names_list(&feasible));
        if (feasible.count > 1)
            tell_scores(world, &feasible, told);
    }
    free(feasible.items);
}

/* --- the attempt --------------------------------------------------------------------------------- */

static void tell_found(struct scheduler_world *world, struct world_pod *pod,
                       struct step_style style, struct value *told)
{
    const struct decision *decision = &world->plain;
    struct names top = names_of(world, decision->top, decision->top_count);
    sort_by_input(&top);
    const struct text *chosen = top.items[0].name;
    tell_feasible(world, style, told);
    value_set(told, "result", value_new_string("scheduled"));
    value_set(told, "topScore", value_new_int(decision->top_total));
    value_set(told, "topCount", value_new_int((int64_t)top.count));
    value_set(told, "chosen", value_new_string(chosen->s));
    if (style.hashes)
        value_set(told, "topHash", hash_value(&top, false));
    else
        value_set(told, "top", names_list(&top));
    scheduler_world_bind(world, pod, chosen);
    free(top.items);
}

static void tell_rejected(struct scheduler_world *world, const struct world_pod *pod,
                          struct value *told)
{
    const struct decision *decision = &world->plain;
    char *message = decision_message(decision), *more = decision_post_filter(decision);
    struct value *preemption = value_new_map();
    value_set(told, "result", value_new_string("unschedulable"));
    value_set(told, "topScore", value_new_int(0));
    value_set(told, "message", value_new_string(message));
    value_set(preemption, "postFilterMessage", value_new_string(more));
    value_set(preemption, "nomination",
              value_new_string(pod->pod->spec->preempts ? "cleared" : "unchanged"));
    value_set(told, "preemption", preemption);
    free(message);
    free(more);
}

static bool has_name(const struct names *names, const struct text *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].name == name)
            return true;
    return false;
}

static void tell_narrowed(const struct prepared *prepared, struct value *told)
{
    struct names names = { mem_new((prepared->narrowed_count + 1) * sizeof *names.items), 0 };
    for (size_t i = 0; i < prepared->narrowed_count; i++)
        if (!has_name(&names, prepared->narrowed[i]))
            names.items[names.count++].name = prepared->narrowed[i];
    qsort(names.items, names.count, sizeof *names.items, by_name);
    value_set(told, "preFilterNodes", names_list(&names));
    free(names.items);
}

static void tell_attempt(struct scheduler_world *world, struct world_pod *pod,
                         struct step_style style, struct value *told, bool *differ)
{
    const struct decision *decision = &world->plain;
    if (!scheduler_world_decide(world, pod))
        *differ = true;
    value_set(told, "feasibleCount", value_new_int((int64_t)decision->feasible_count));
    value_set(told, "evaluated", value_new_int((int64_t)decision_evaluated(decision)));
    if (style.visited)
        value_set(told, "startIndex", value_new_int((int64_t)decision->start));
    if (decision->prepared->narrowed != NULL)
        tell_narrowed(decision->prepared, told);
    if (decision->before_filters != 0)
        value_set(told, "preFilterReject",
                  rejection_value(&decision->rejections->items[decision->before_filters]));
    if (decision->rejected_count > 0)
        value_set(told, "rejected", rejected_value(world, style));
    if (decision->outcome == DECISION_FOUND)
        tell_found(world, pod, style, told);
    else
        tell_rejected(world, pod, told);
}

static void tell_nothing(struct value *told, const char *result)
{
    value_set(told, "result", value_new_string(result));
    value_set(told, "feasibleCount", value_new_int(0));
    value_set(told, "evaluated", value_new_int(0));
    value_set(told, "topScore", value_new_int(0));
}

static bool tell_gated(const struct scheduler_world *world, const struct world_pod *pod,
                       struct value *told)
{
    const struct profile *profile = world->configuration->profiles[0];
    const struct point *point = &profile->points[POINT_PRE_ENQUEUE];
    for (size_t i = 0; i < point->count; i++) {
        const struct sched_plugin *plugin = profile->plugins[point->items[i].plugin].plugin;
        struct writer why = { 0 };
        const bool gated = !plugin->pre_enqueue(pod->pod, &why);
        if (gated) {
            tell_nothing(told, "gated");
            value_set(told, "gatePlugin", value_new_string(plugin->name));
            value_set(told, "message", value_new_string(why.bytes));
        }
        writer_close(&why);
        if (gated)
            return true;
    }
    return false;
}

static void schedule(struct scheduler_world *world, const char *key, struct step_style style,
                     struct value *told, bool *differ)
{
    struct world_pod *pod = scheduler_world_pod(world, key);
    if (pod == NULL)
        tell_nothing(told, "absent");
    else if (pod->node != NULL)
        tell_nothing(told, "alreadyBound");
    else if (!tell_gated(world, pod, told))
        tell_attempt(world, pod, style, told, differ);
}

struct value *scheduler_step(struct scheduler_world *world, const struct value *step,
                             struct step_style style, bool *differ)
{
    const char *op = value_text(value_get(step, "op"), "");
    const char *key = value_text(value_get(step, "pod"), NULL);
    struct value *told = value_new_map();
    value_set(told, "op", value_new_string(op));
    if (key != NULL)
        value_set(told, "pod", value_new_string(key));
    if (strcmp(op, "schedule") == 0) {
        schedule(world, key, style, told, differ);
        return told;
    }
    tell_nothing(told, "ok");
    if (strcmp(op, "deletePod") == 0)
        scheduler_world_delete_pod(world, key);
    else if (strcmp(op, "ungate") == 0)
        scheduler_world_ungate(world, key);
    else if (strcmp(op, "deleteNode") == 0)
        scheduler_world_delete_node(world, value_text(value_get(step, "name"), ""));
    else
        scheduler_world_set_node(world, value_get(step, "node"));
    return told;
}
