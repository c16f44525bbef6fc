/* Rule 6: at checkpoints (just before each unhurried write of a user, and at the end) every
 * object has the same full state. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

enum { PAUSE_MS = 1200 };

static int by_name(const void *a, const void *b)
{
    const struct field *const *left = a, *const *right = b;
    return strcmp(text_s((*left)->name), text_s((*right)->name));
}

static const struct text *full_state(const struct timeline *timeline, const struct life *life,
                                     size_t row)
{
    struct writer text = { 0 };
    const struct text *group = life_group(timeline, life);
    const struct field **fields = mem_new((life->field_count + 1) * sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < life->field_count; i++)
        if (life->fields[i].in_state)
            fields[count++] = &life->fields[i];
    qsort(fields, count, sizeof *fields, by_name);
    writer_add(&text, text_s(group));
    for (size_t i = 0; i < count; i++) {
        const struct text *value = field_before(fields[i], row);
        if (value != NULL)
            writer_format(&text, " %s=%s", text_s(fields[i]->name), text_s(value));
    }
    const struct text *state = text_intern(timeline->texts, text.bytes);
    writer_close(&text);
    text_drop(group);
    free(fields);
    return state;
}

static void compare_states(struct comparison *comparison, size_t recorded_row, size_t our_row,
                           const char *when)
{
    struct bag bag = { 0 };
    const struct timeline *const sides[] = { comparison->recorded, comparison->ours };
    const size_t rows[] = { recorded_row, our_row };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->life_count; i++) {
            const struct life *life = &sides[side]->lives[i];
            if (!life_counts(comparison, life) || !life_is_alive(life, rows[side]))
                continue;
            struct bag_item *item = bag_item(&bag, full_state(sides[side], life, rows[side]));
            *(side == 0 ? &item->recorded : &item->ours) += 1;
        }
    for (size_t i = 0; i < bag.count; i++)
        if (bag.items[i].recorded != bag.items[i].ours)
            compare_differs(comparison, "%s: recorded %ld, ours %ld in the state %s", when,
                            bag.items[i].recorded, bag.items[i].ours, text_s(bag.items[i].text));
    bag_close(&bag);
}

/* ---- pods of DaemonSets: the same set of nodes, and the same numbers of pods per node ---- */

struct host {
    const struct text *owner, *node; /* borrowed */
    long recorded, ours;
};

struct hosts {
    struct host *items;
    size_t count, capacity;
};

static struct host *host_of(struct hosts *hosts, const struct text *owner, const struct text *node)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (hosts->items[i].owner == owner && hosts->items[i].node == node)
            return &hosts->items[i];
    MEM_GROW(hosts->items, hosts->count, hosts->capacity);
    hosts->items[hosts->count] = (struct host){ .owner = owner, .node = node };
    return &hosts->items[hosts->count++];
}

static void add_hosts(struct hosts *hosts, const struct timeline *timeline, size_t row,
                      bool recorded)
{
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        const struct text *node = field_before(life_field(life, "daemon node"), row);
        if (node == NULL || !life_is_alive(life, row))
            continue;
        struct host *host = host_of(hosts, life->owner, node);
        *(recorded ? &host->recorded : &host->ours) += 1;
    }
}

/* Nodes of a DaemonSet with this many pods, recorded less ours. */
static long surplus(const struct hosts *hosts, const struct text *owner, long pods)
{
    long nodes = 0;
    for (size_t i = 0; i < hosts->count; i++)
        if (hosts->items[i].owner == owner)
            nodes += (hosts->items[i].recorded == pods) - (hosts->items[i].ours == pods);
    return nodes;
}

static void compare_hosts(struct comparison *comparison, size_t recorded_row, size_t our_row,
                          const char *when)
{
    struct hosts hosts = { 0 };
    add_hosts(&hosts, comparison->recorded, recorded_row, true);
    add_hosts(&hosts, comparison->ours, our_row, false);
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host *host = &hosts.items[i];
        if ((host->recorded > 0) != (host->ours > 0))
            compare_differs(comparison, "%s: recorded %ld, ours %ld pods of %s on %s", when,
                            host->recorded, host->ours, text_s(host->owner), text_s(host->node));
        else if (surplus(&hosts, host->owner, host->recorded) != 0)
            compare_differs(comparison, "%s: other numbers of nodes with %ld pods of %s", when,
                            host->recorded, text_s(host->owner));
    }
    free(hosts.items);
}

/* ---- checkpoints ---- */

/* The row of ours that a user's write of the recording corresponds to; SIZE_MAX: none. */
static size_t row_of_ours(const struct comparison *comparison, size_t row)
{
    const struct timeline_row *recorded = &comparison->recorded->rows[row];
    const struct life *theirs = &comparison->recorded->lives[recorded->life];
    const struct life *life = life_counterpart(comparison, recorded->life);
    if (life == NULL)
        return SIZE_MAX;
    if (recorded->type == ROW_ADDED)
        return life->first_row;
    if (theirs->deletion_row == row)
        return life->deletion_row;
    const struct text *generation = field_before(life_field(theirs, "generation"), row + 1);
    const struct field *ours = life_field(life, "generation");
    for (size_t i = 0; ours != NULL && i < ours->count; i++)
        if (ours->steps[i].value == generation)
            return ours->steps[i].row;
    return SIZE_MAX;
}

static void compare_checkpoint(struct comparison *comparison, size_t recorded_row, size_t our_row,
                               const char *when)
{
    compare_states(comparison, recorded_row, our_row, when);
    compare_hosts(comparison, recorded_row, our_row, when);
}

static bool has_autoscaler(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->life_count; i++)
        if (strcmp(text_s(timeline->lives[i].kind), "HorizontalPodAutoscaler") == 0)
            return true;
    return false;
}

/* Where an autoscaler is, Deployments are scaled when it comes to its turn: who wrote cannot be told. */
static bool may_be_scaling(const struct timeline *timeline, size_t row)
{
    const struct life *life = &timeline->lives[timeline->rows[row].life];
    return timeline->rows[row].type == ROW_MODIFIED && life->deletion_row != row &&
           strcmp(text_s(life->kind), "Deployment") == 0;
}

void compare_checkpoints(struct comparison *comparison)
{
    const struct timeline *recorded = comparison->recorded;
    const bool autoscaled = has_autoscaler(recorded);
    for (size_t row = 1; row < recorded->row_count; row++) {
        if (!recorded->rows[row].by_user ||
            recorded->rows[row].at_ms - recorded->rows[row - 1].at_ms < PAUSE_MS ||
            !life_counts(comparison, &recorded->lives[recorded->rows[row].life]) ||
            (autoscaled && may_be_scaling(recorded, row)))
            continue;
        const struct life *life = &recorded->lives[recorded->rows[row].life];
        size_t ours = row_of_ours(comparison, row);
        char *when = mem_format("before the write of %s/%s at %ld ms", text_s(life->kind),
                                text_s(life->name), recorded->rows[row].at_ms);
        if (ours == SIZE_MAX)
            compare_differs(comparison, "%s: ours has no such write", when);
        else
            compare_checkpoint(comparison, row, ours, when);
        free(when);
    }
    compare_checkpoint(comparison, recorded->row_count, comparison->ours->row_count, "at the end");
}
