/* Run a recorded case and compare; see scheduler_case.h. */
#include "tests/support/scheduler_case.h"

#include <stdlib.h>

#include "models/api/json.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_step.h"

/* --- what we do not model -------------------------------------------------------------------- */

/* A plugin of the recording that we do not have; NULL when we have them all. */
static const char *missing_plugin(const struct value *step)
{
    const struct value *rejected = value_get(step, "rejected");
    const struct value *scorers = value_get(step, "scorePlugins");
    const char *before = value_text(value_path(step, "preFilterReject", "plugin", NULL), NULL);
    if (before != NULL && sched_plugin_find(before) == NULL)
        return before;
    for (size_t i = 0; rejected != NULL && i < rejected->count; i++) {
        const char *name = value_text(value_get(rejected->items[i], "plugin"), "");
        if (sched_plugin_find(name) == NULL)
            return name;
    }
    for (size_t i = 0; scorers != NULL && i < scorers->count; i++)
        if (sched_plugin_find(value_text(scorers->items[i], "")) == NULL)
            return value_text(scorers->items[i], "");
    return NULL;
}

/* Containers whose actual or allocated resources differ from their spec. */
static bool resizes(const struct value *pods)
{
    for (size_t i = 0; pods != NULL && i < pods->count; i++) {
        const struct value *statuses =
            value_path(pods->items[i], "status", "containerStatuses", NULL);
        for (size_t j = 0; statuses != NULL && j < statuses->count; j++)
            if (value_get(statuses->items[j], "resources") != NULL ||
                value_get(statuses->items[j], "allocatedResources") != NULL)
                return true;
    }
    return false;
}

/* Why the case cannot be run, as a new string; NULL when it can. */
static char *not_modelled(const struct value *document)
{
    const struct value *steps = value_path(document, "expected", "steps", NULL);
    if (resizes(value_path(document, "input", "pods", NULL)))
        return mem_format("needs in-place resize");
    for (size_t i = 0; i < steps->count; i++) {
        const struct value *step = steps->items[i];
        const struct value *candidates = value_path(step, "preemption", "candidates", NULL);
        const char *plugin = missing_plugin(step);
        if (plugin != NULL)
            return mem_format("needs %s", plugin);
        if (candidates != NULL && candidates->count > 0)
            return mem_format("needs preemption");
        if (value_get(step, "nominatedNodeTried") != NULL)
            return mem_format("needs nominated nodes");
    }
    return NULL;
}

/* --- comparing -------------------------------------------------------------------------------- */

static void tell_difference(struct scheduler_case *result, const char *what,
                            const struct value *got, const struct value *want)
{
    if (result->why != NULL)
        return;
    const struct json_style style = { 0 };
    char *got_text = json_text(got, style), *want_text = json_text(want, style);
    result->why = mem_format("%s: got %s, want %s", what, got_text, want_text);
    free(got_text);
    free(want_text);
}

/* Groups of rejected nodes come in no particular order. */
static bool same_groups(const struct value *got, const struct value *want)
{
    if (got == NULL || want == NULL || got->count != want->count)
        return got == want;
    for (size_t i = 0; i < want->count; i++) {
        bool found = false;
        for (size_t j = 0; j < got->count; j++)
            found |= value_equal(want->items[i], got->items[j]);
        if (!found)
            return false;
    }
    return true;
}

/* Every member that either side tells. */
static bool same_step(const struct value *got, const struct value *want)
{
    for (size_t i = 0; i < want->count; i++) {
        const char *key = want->entries[i].key;
        const struct value *wanted = want->entries[i].value, *ours = value_get(got, key);
        if (strcmp(key, "event") == 0)
            continue; /* the message, cut */
        if (strcmp(key, "rejected") == 0 ? !same_groups(ours, wanted) : !value_equal(ours, wanted))
            return false;
    }
    for (size_t i = 0; i < got->count; i++)
        if (value_get(want, got->entries[i].key) == NULL)
            return false;
    return true;
}

/* --- the whole case ------------------------------------------------------------------------------ */

static struct value *node_order(const struct scheduler_world *world)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < world->snapshot->node_count; i++)
        value_add(list,
                  value_new_string(world->snapshot->nodes[world->snapshot->order[i]]->name->s));
    return list;
}

/* Pending pods as QueueSort orders them; equal ones as they arrived. */
static struct value *queue_order(const struct scheduler_world *world)
{
    const struct profile *profile = world->configuration->profiles[0];
    const struct sched_plugin *sort =
        profile->plugins[profile->points[POINT_QUEUE_SORT].items[0].plugin].plugin;
    const struct world_pod **order = mem_new((world->pod_count + 1) * sizeof *order);
    struct value *list = value_new_list();
    size_t count = 0;
    for (size_t i = 0; i < world->pod_count; i++) {
        size_t at = count;
        if (world->pods[i].node != NULL)
            continue;
        while (at > 0 && sort->compare(world->pods[i].pod, order[at - 1]->pod) < 0)
            at--;
        memmove(&order[at + 1], &order[at], (count++ - at) * sizeof *order);
        order[at] = &world->pods[i];
    }
    for (size_t i = 0; i < count; i++)
        value_add(list, value_new_string(order[i]->key));
    free(order);
    return list;
}

static struct value *assignments(const struct scheduler_world *world)
{
    struct value *map = value_new_map();
    for (size_t i = 0; i < world->pod_count; i++)
        if (world->pods[i].node != NULL)
            value_set(map, world->pods[i].key, value_new_string(world->pods[i].node->s));
    return map;
}

static bool same_weights(const struct scheduler_world *world, const struct value *want)
{
    const struct profile *profile = world->configuration->profiles[0];
    const struct point *scores = &profile->points[POINT_SCORE];
    for (size_t i = 0; i < scores->count; i++) {
        const char *name = profile->plugins[scores->items[i].plugin].plugin->name;
        if (value_int(value_get(want, name), -1) != scores->items[i].weight)
            return false;
    }
    for (size_t i = 0; i < want->count; i++) {
        const struct sched_plugin *plugin = sched_plugin_find(want->entries[i].key);
        bool found = plugin == NULL;
        for (size_t j = 0; j < scores->count; j++)
            found |= profile->plugins[scores->items[j].plugin].plugin == plugin;
        if (!found)
            return false;
    }
    return true;
}

/* One member of `expected` against ours, whose reference is taken. */
static bool same_member(struct scheduler_case *result, const struct value *expected,
                        const char *key, struct value *got)
{
    const bool same = value_equal(got, value_get(expected, key));
    if (!same)
        tell_difference(result, key, got, value_get(expected, key));
    value_drop(got);
    return same;
}

static void run_steps(struct scheduler_case *result, struct scheduler_world *world,
                      const struct value *document, struct step_style style)
{
    const struct value *steps = value_path(document, "input", "steps", NULL);
    const struct value *expected = value_path(document, "expected", "steps", NULL);
    for (size_t i = 0; i < steps->count; i++) {
        bool differ = false;
        struct value *got = scheduler_step(world, steps->items[i], style, &differ);
        const bool same = !differ && same_step(got, value_at(expected, i));
        result->compared++;
        result->agreed += same;
        if (!same)
            tell_difference(result, differ ? "decide() and decide_plainly() differ" : "step", got,
                            value_at(expected, i));
        value_drop(got);
    }
}

static void run_case(struct scheduler_case *result, struct scheduler_world *world,
                     const struct value *document)
{
    const struct value *expected = value_get(document, "expected");
    const char *detail = value_text(value_path(document, "input", "detail", NULL), "");
    const char *family = value_text(value_get(document, "family"), "");
    const struct step_style style = { .hashes = strcmp(detail, "hash") == 0,
                                      .visited = strcmp(family, "sampling") == 0 };
    bool same = same_member(result, expected, "nodeOrder", node_order(world)) &&
                same_member(result, expected, "queueOrder", queue_order(world)) &&
                same_weights(world, value_get(expected, "scoreWeights"));
    run_steps(result, world, document, style);
    same = same_member(result, expected, "finalAssignments", assignments(world)) && same;
    result->compared++;
    result->agreed += same;
    result->verdict = result->agreed == result->compared ? CASE_AGREES : CASE_DIFFERS;
}

struct scheduler_case scheduler_case_run(const char *path)
{
    struct scheduler_case result = { .verdict = CASE_UNREADABLE };
    struct value *document = rows_read_document(path);
    if (value_path(document, "expected", "steps", NULL) == NULL) {
        result.why = mem_format("not a recorded case");
        value_drop(document);
        return result;
    }
    result.why = not_modelled(document);
    if (result.why != NULL) {
        result.verdict = CASE_NOT_RUN;
        value_drop(document);
        return result;
    }
    struct scheduler_world world;
    if (scheduler_world_open(&world, document, &result.why))
        run_case(&result, &world, document);
    scheduler_world_close(&world);
    value_drop(document);
    return result;
}

void scheduler_case_close(struct scheduler_case *result)
{
    free(result->why);
}
