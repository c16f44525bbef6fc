/* A copy of a node on which pods come and go; see what_if.h.
 *
 * Follows RunFilterPluginsWithNominatedPods of pkg/scheduler/framework/runtime/framework.go of the
 * release named in docs/fidelity.md. */
#include "models/scheduler/snapshot/what_if.h"

#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/snapshot/snapshot_private.h"

/* --- the copy ---------------------------------------------------------------------------- */

/* A block that stays where it is: plugins and callers may hold its address during the trial. */
static struct placed_pod *room_for_placed(struct what_if *trial)
{
    if (trial->placed_count == trial->placed_capacity) {
        const size_t before = trial->placed_capacity;
        MEM_GROW(trial->placed, trial->placed_count, trial->placed_capacity);
        for (size_t i = before; i < trial->placed_capacity; i++)
            trial->placed[i] = mem_new(sizeof **trial->placed);
    }
    return trial->placed[trial->placed_count++];
}

static void link_placed(struct node_info *node, struct placed_pod *placed)
{
    placed->node = node;
    placed->next = NULL;
    placed->previous = node->last;
    *(node->last != NULL ? &node->last->next : &node->first) = placed;
    node->last = placed;
}

static void unlink_placed(struct node_info *node, struct placed_pod *placed)
{
    *(placed->previous != NULL ? &placed->previous->next : &node->first) = placed->next;
    *(placed->next != NULL ? &placed->next->previous : &node->last) = placed->previous;
}

static void copy_amounts(struct node_info *copy, const struct node_info *node)
{
    const struct resources *requested = &node->requested;
    copy->requested.extended =
        mem_new((requested->extended_count + 1) * sizeof *requested->extended);
    for (size_t i = 0; i < requested->extended_count; i++) {
        copy->requested.extended[i] = requested->extended[i];
        text_hold(requested->extended[i].name);
    }
    copy->ports = mem_new((node->port_count + 1) * sizeof *node->ports);
    copy->port_capacity = node->port_count + 1;
    for (size_t i = 0; i < node->port_count; i++)
        copy->ports[i] = node->ports[i];
    copy->gpus = node_gpus_copy(node->gpus);
    copy->populations = mem_new((node->population_count + 1) * sizeof *node->populations);
    copy->population_capacity = node->population_count + 1;
    for (size_t i = 0; i < node->population_count; i++)
        copy->populations[i] = node->populations[i];
}

void what_if_begin(struct what_if *trial, const struct prepared *prepared, const struct pod *pod,
                   const struct node_info *node)
{
    trial->prepared = prepared;
    trial->pod = pod;
    trial->node = *node;
    trial->node.first = trial->node.last = NULL;
    trial->placed_count = trial->guest_count = trial->change_count = 0;
    copy_amounts(&trial->node, node);
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next) {
        struct placed_pod *same = room_for_placed(trial);
        *same = *placed;
        link_placed(&trial->node, same);
    }
    for (size_t i = 0; i < prepared->filter_count; i++) {
        const struct sched_call call = prepared_call(prepared, prepared->filters[i]);
        const struct sched_plugin *plugin = prepared->profile->plugins[prepared->filters[i]].plugin;
        if (plugin->dry_run != NULL)
            plugin->dry_run(&call, true);
    }
}

/* --- changes ----------------------------------------------------------------------------- */

static void count_population(struct what_if *trial, struct population *population, int sign)
{
    struct node_info *node = &trial->node;
    size_t at = 0;
    while (at < node->population_count && node->populations[at].population != population)
        at++;
    if (at == node->population_count) {
        MEM_GROW(node->populations, node->population_count, node->population_capacity);
        node->populations[node->population_count++] =
            (struct node_population){ .population = population };
    }
    node->populations[at].pods += (uint32_t)sign;
    if (node->populations[at].pods == 0)
        node->populations[at] = node->populations[--node->population_count];
}

/* On the copy first, then in what the plugins count. */
static void change(struct what_if *trial, struct placed_pod *placed, int sign)
{
    const struct prepared *prepared = trial->prepared;
    if (sign > 0) {
        link_placed(&trial->node, placed);
        node_info_count(&trial->node, placed->pod);
    } else {
        unlink_placed(&trial->node, placed);
        node_info_uncount(&trial->node, placed->pod);
    }
    count_population(trial, placed->population, sign);
    for (size_t i = 0; i < prepared->filter_count; i++) {
        const struct sched_plugin *plugin = prepared->profile->plugins[prepared->filters[i]].plugin;
        const struct sched_call call = prepared_call(prepared, prepared->filters[i]);
        if (plugin->pod_moved != NULL)
            plugin->pod_moved(&call, &trial->node, placed->pod, sign);
    }
}

static void note_change(struct what_if *trial, struct placed_pod *placed, int sign)
{
    MEM_GROW(trial->changes, trial->change_count, trial->change_capacity);
    trial->changes[trial->change_count++] = (struct what_if_change){ placed, sign };
    change(trial, placed, sign);
}

/* The newest first, so that each finds everything as it left it. */
static void undo_until(struct what_if *trial, size_t count)
{
    while (trial->change_count > count) {
        const struct what_if_change *last = &trial->changes[--trial->change_count];
        change(trial, last->placed, -last->sign);
    }
}

void what_if_remove(struct what_if *trial, struct placed_pod *placed)
{
    note_change(trial, placed, -1);
}

void what_if_restore(struct what_if *trial, struct placed_pod *placed)
{
    note_change(trial, placed, 1);
}

void what_if_end(struct what_if *trial)
{
    const struct prepared *prepared = trial->prepared;
    undo_until(trial, 0);
    for (size_t i = 0; i < prepared->filter_count; i++) {
        const struct sched_plugin *plugin = prepared->profile->plugins[prepared->filters[i]].plugin;
        const struct sched_call call = prepared_call(prepared, prepared->filters[i]);
        if (plugin->dry_run != NULL)
            plugin->dry_run(&call, false);
    }
    node_info_close_amounts(&trial->node);
    free(trial->node.populations);
    for (size_t i = 0; i < trial->guest_count; i++)
        free(trial->guests[i]);
    trial->guest_count = 0;
}

void what_if_close(struct what_if *trial)
{
    for (size_t i = 0; i < trial->placed_capacity; i++)
        free(trial->placed[i]);
    free(trial->placed);
    free(trial->guests);
    free(trial->changes);
    *trial = (struct what_if){ 0 };
}

/* --- nominated pods ------------------------------------------------------------------------ */

/* A pod that counts nowhere yet is a population of its own, whose number is no index. */
static struct population *guest_population(struct what_if *trial, const struct pod *pod)
{
    struct population *guest = mem_new(sizeof *guest);
    *guest = (struct population){ .number = UINT32_MAX,
                                  .spec = pod->spec,
                                  .labels = pod->meta.labels,
                                  .space = pod->meta.object.space,
                                  .deleting = pod->meta.deleting,
                                  .pods = 1 };
    MEM_GROW(trial->guests, trial->guest_count, trial->guest_capacity);
    return trial->guests[trial->guest_count++] = guest;
}

static void add_nominated(struct what_if *trial, const struct nominated_node *nominated)
{
    for (const struct nominee *nominee = nominated->first; nominee != NULL;
         nominee = nominee->next) {
        if (!nominee_counts(nominee, trial->pod))
            continue;
        struct placed_pod *placed = room_for_placed(trial);
        *placed = (struct placed_pod){ .pod = nominee->counted,
                                       .population = guest_population(trial, nominee->counted) };
        note_change(trial, placed, 1);
    }
}

/* Those whom the pod has to respect on this node; NULL: none. */
static const struct nominated_node *respected(const struct prepared *prepared,
                                              const struct pod *pod, const struct node_info *node)
{
    const struct nominator *nominator = prepared->snapshot->nominator;
    const struct nominated_node *nominated = nominator != NULL && nominator->first != NULL
                                                 ? nominator_find(nominator, node->name)
                                                 : NULL;
    return nominated != NULL && nominated_node_counts(nominated, pod) ? nominated : NULL;
}

int what_if_filter(struct what_if *trial, struct rejection *rejection)
{
    const struct nominated_node *nominated = respected(trial->prepared, trial->pod, &trial->node);
    rejection->count = 0;
    if (nominated != NULL) {
        const size_t before = trial->change_count;
        add_nominated(trial, nominated);
        const int by = prepared_filter(trial->prepared, &trial->node, rejection);
        undo_until(trial, before);
        if (by >= 0)
            return by;
    }
    return prepared_filter(trial->prepared, &trial->node, rejection);
}

int what_if_filter_node(struct what_if *trial, const struct prepared *prepared,
                        const struct pod *pod, const struct node_info *node,
                        struct rejection *rejection)
{
    rejection->count = 0;
    if (respected(prepared, pod, node) == NULL)
        return prepared_filter(prepared, node, rejection);
    what_if_begin(trial, prepared, pod, node);
    const int by = what_if_filter(trial, rejection);
    what_if_end(trial);
    return by;
}
