/* Try a pod and tell; see step.h. */
#include "tools/schedule/step.h"

#include <stdlib.h>

#include "tools/schedule/names.h"
#include "tools/schedule/preemption.h"

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

/* Nodes that one plugin rejected for the same reasons. */
struct rejected_group {
    struct value *value; /* owned: plugin, code and sorted reasons */
    char *key;           /* owned: what groups are sorted by */
    uint32_t *slots;     /* owned: in the order visited */
    size_t count, capacity;
};

struct rejected_groups {
    struct rejected_group *items; /* owned */
    size_t count, capacity;
    size_t *of; /* owned, by rejection_id: 1 + its group; 0: not met yet */
};

static char *group_key(const struct value *value)
{
    const struct value *reasons = value_get(value, "reasons");
    struct writer key = { 0 };
    writer_add(&key, value_text(value_get(value, "plugin"), ""));
    for (size_t i = 0; i < reasons->count; i++)
        writer_format(&key, "|%s", value_text(reasons->items[i], ""));
    return writer_take(&key);
}

/* Rejections that differ only in the order of their reasons are one group. */
static size_t find_group(struct rejected_groups *groups, const struct stored_rejection *rejection)
{
    struct value *value = rejection_value(rejection);
    for (size_t i = 0; i < groups->count; i++)
        if (value_equal(groups->items[i].value, value)) {
            value_drop(value);
            return i;
        }
    MEM_GROW(groups->items, groups->count, groups->capacity);
    groups->items[groups->count] =
        (struct rejected_group){ .value = value, .key = group_key(value) };
    return groups->count++;
}

/* Sorted by plugin and reasons; those of two codes as they were met. */
static void sort_groups(struct rejected_groups *groups)
{
    for (size_t i = 1; i < groups->count; i++) {
        const struct rejected_group group = groups->items[i];
        size_t at = i;
        for (; at > 0 && strcmp(groups->items[at - 1].key, group.key) > 0; at--)
            groups->items[at] = groups->items[at - 1];
        groups->items[at] = group;
    }
}

static void join_group(struct rejected_groups *groups, const struct decision *decision,
                       const struct rejected_node *node)
{
    size_t *of = &groups->of[node->rejection];
    if (*of == 0)
        *of = 1 + find_group(groups, &decision->rejections->items[node->rejection]);
    struct rejected_group *group = &groups->items[*of - 1];
    MEM_GROW(group->slots, group->count, group->capacity);
    group->slots[group->count++] = node->slot;
}

/* Nodes are met in the scheduler's own order, wherever the search began. */
static struct rejected_groups group_rejected(const struct decision *decision)
{
    const struct snapshot *snapshot = decision->snapshot;
    struct rejected_groups groups = { .of = mem_new(decision->rejections->count * sizeof(size_t)) };
    size_t *at = mem_new((snapshot->slot_count + 1) * sizeof *at); /* by slot: 1 + its place */
    for (size_t i = 0; i < decision->rejected_count; i++)
        at[decision->rejected[i].slot] = i + 1;
    for (size_t i = 0; i < snapshot->node_count; i++)
        if (at[snapshot->order[i]] != 0)
            join_group(&groups, decision, &decision->rejected[at[snapshot->order[i]] - 1]);
    sort_groups(&groups);
    free(at);
    return groups;
}

static struct value *group_nodes(const struct trial *trial, const struct rejected_group *group,
                                 struct step_style style)
{
    struct names names = names_of(trial, group->slots, group->count);
    struct value *list;
    names_sort_by_rank(&names);
    if (style.hashes) {
        list = value_new_list();
        value_add(list, names_hash(&names, true));
    } else {
        list = names_list(&names);
    }
    names_close(&names);
    return list;
}

static struct value *rejected_value(const struct trial *trial, struct step_style style)
{
    struct rejected_groups groups = group_rejected(&trial->plain);
    struct value *list = value_new_list();
    for (size_t i = 0; i < groups.count; i++) {
        struct rejected_group *group = &groups.items[i];
        value_set(group->value, "nodes", group_nodes(trial, group, style));
        value_add(list, group->value);
        free(group->key);
        free(group->slots);
    }
    free(groups.items);
    free(groups.of);
    return list;
}

/* --- scores ------------------------------------------------------------------------------------ */

static void tell_scores(const struct trial *trial, const struct names *feasible, struct value *told)
{
    const struct decision *decision = &trial->plain;
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

static void tell_feasible(const struct trial *trial, struct step_style style, struct value *told)
{
    const struct decision *decision = &trial->plain;
    struct names feasible = names_of(trial, decision->feasible, decision->feasible_count);
    if (!style.visited)
        names_sort_by_rank(&feasible);
    if (style.hashes) {
        value_set(told, "feasibleHash", names_hash(&feasible, false));
    } else {
        value_set(told, "feasible", names_list(&feasible));
        if (feasible.count > 1)
            tell_scores(trial, &feasible, told);
    }
    names_close(&feasible);
}

/* --- the attempt --------------------------------------------------------------------------------- */

static void tell_found(struct trial *trial, const struct pod *pod, struct step_style style,
                       sim_time started, struct value *told)
{
    const struct decision *decision = &trial->plain;
    struct names top = names_of(trial, decision->top, decision->top_count);
    names_sort_by_rank(&top);
    const struct text *chosen = top.items[0].name;
    tell_feasible(trial, style, told);
    value_set(told, "result", value_new_string("scheduled"));
    value_set(told, "topScore", value_new_int(decision->top_total));
    value_set(told, "topCount", value_new_int((int64_t)top.count));
    value_set(told, "chosen", value_new_string(chosen->s));
    if (style.hashes)
        value_set(told, "topHash", names_hash(&top, false));
    else
        value_set(told, "top", names_list(&top));
    const struct profile *profile = decision->prepared->profile;
    struct value *volumes = trial_bind_volumes(trial, profile, pod, chosen);
    if (volumes != NULL)
        value_set(told, "volumes", volumes);
    trial_bind(trial, profile, pod, chosen, started);
    names_close(&top);
}

enum { NOTE_LIMIT = 1024 }; /* bytes of an event's note */

/* What the Event says when the message is too long for it. */
static void tell_event(const char *message, struct value *told)
{
    char *note = mem_format("%.*s ...", NOTE_LIMIT - 4, message);
    value_set(told, "event", value_new_string(note));
    free(note);
}

static void tell_rejected(struct trial *trial, const struct pod *pod, struct step_style style,
                          struct value *told)
{
    struct post_filter_round round = { .decision = &trial->plain,
                                       .pod = pod,
                                       .chooser = { preemption_choose, trial } };
    char *message = decision_message(&trial->plain, &round);
    value_set(told, "result", value_new_string("unschedulable"));
    value_set(told, "topScore", value_new_int(0));
    value_set(told, "message", value_new_string(message));
    if (strlen(message) > NOTE_LIMIT)
        tell_event(message, told);
    value_set(told, "preemption", preemption_told(trial, &round));
    trial_carry_out(trial, &round, style.terminate);
    free(message);
    post_filter_close(&round);
}

/* Nobody rejected the pod: the attempt failed. */
static void tell_failed(struct trial *trial, struct value *told)
{
    value_set(told, "result", value_new_string("error"));
    value_set(told, "topScore", value_new_int(0));
    value_set(told, "message", value_new_string(trial->plain.error.text));
}

static void tell_narrowed(const struct prepared *prepared, struct value *told)
{
    struct names names = { mem_new((prepared->narrowed_count + 1) * sizeof *names.items),
                           prepared->narrowed_count };
    for (size_t i = 0; i < names.count; i++)
        names.items[i].name = prepared->narrowed[i];
    names_sort_by_name(&names);
    value_set(told, "preFilterNodes", names_list(&names));
    names_close(&names);
}

static void tell_search(const struct trial *trial, struct step_style style, struct value *told)
{
    const struct decision *decision = &trial->plain;
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
        value_set(told, "rejected", rejected_value(trial, style));
}

void step_tell_nothing(struct value *told, const char *result)
{
    value_set(told, "result", value_new_string(result));
    value_set(told, "feasibleCount", value_new_int(0));
    value_set(told, "evaluated", value_new_int(0));
    value_set(told, "topScore", value_new_int(0));
}

static bool tell_gated(const struct trial *trial, const struct profile *profile,
                       const struct pod *pod, struct value *told)
{
    struct writer why = { 0 };
    const struct sched_plugin *gate = trial_gate(trial, profile, pod, &why);
    if (gate != NULL) {
        step_tell_nothing(told, "gated");
        value_set(told, "gatePlugin", value_new_string(gate->name));
        value_set(told, "message", value_new_string(why.bytes));
    }
    writer_close(&why);
    return gate != NULL;
}

/* A pod that no profile is responsible for waits for another scheduler. */
static void tell_foreign(const struct pod *pod, struct value *told)
{
    char *message = mem_format("no profile has the schedulerName \"%s\" of this pod",
                               text_s(pod->spec->scheduler_name));
    step_tell_nothing(told, "ignored");
    value_set(told, "message", value_new_string(message));
    free(message);
}

bool step_attempt(struct trial *trial, const struct pod *pod, struct step_style style,
                  sim_time started, struct value *told)
{
    const struct profile *profile = scheduler_profile_of(trial->configuration, pod);
    if (profile == NULL)
        tell_foreign(pod, told);
    if (profile == NULL || tell_gated(trial, profile, pod, told))
        return true;
    trial_decide(trial, profile, pod);
    trial_decide_plainly(trial, profile, pod);
    const bool agree = trial_agrees(trial);
    trial_next(trial, &trial->plain);
    value_set(told, "result", value_new_null()); /* stands first */
    if (trial->plain.nominated_tried)
        value_set(told, "nominatedNodeTried", value_new_string(pod_nominated_node(pod)->s));
    tell_search(trial, style, told);
    if (trial->plain.outcome == DECISION_FOUND)
        tell_found(trial, pod, style, started, told);
    else if (trial->plain.outcome == DECISION_ERROR)
        tell_failed(trial, told);
    else
        tell_rejected(trial, pod, style, told);
    return agree;
}
