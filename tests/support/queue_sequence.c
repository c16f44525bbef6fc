/* Run a sequence step by step and compare; see queue_sequence.h. */
#include "tests/support/queue_sequence.h"

#include <stdlib.h>

#include "models/api/json.h"
#include "tests/support/queue_world.h"
#include "tests/support/rows.h"

/* --- what we do not model ----------------------------------------------------------------------- */

static const char *missing_of(const struct value *names)
{
    for (size_t i = 0; names != NULL && i < names->count; i++)
        if (sched_plugin_find(value_text(names->items[i], "")) == NULL)
            return value_text(names->items[i], "");
    return NULL;
}

static char *step_not_modelled(const struct value *step, const struct value *expected)
{
    static const char *const ops[] = { "wait", "add", "update", "delete", "pop", "reject" };
    const char *op = value_text(value_get(step, "op"), "");
    const struct value *reject = value_get(step, "reject");
    const struct value *pods = value_get(expected, "pods");
    bool known = false;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        known |= strcmp(op, ops[i]) == 0;
    if (!known)
        return mem_format("needs the operation \"%s\"", op);
    if (value_get(reject, "pending") != NULL)
        return mem_format("needs pending plugins");
    if (value_get(reject, "nominate") != NULL ||
        value_path(expected, "state", "nominated", NULL) != NULL)
        return mem_format("needs nominated pods");
    if (missing_of(value_get(reject, "plugins")) != NULL)
        return mem_format("needs %s", missing_of(value_get(reject, "plugins")));
    for (size_t i = 0; pods != NULL && i < pods->count; i++) {
        const char *name = missing_of(value_get(pods->entries[i].value, "plugins"));
        if (name != NULL)
            return mem_format("needs %s", name);
    }
    return NULL;
}

static char *not_modelled(const struct value *document)
{
    const struct value *steps = value_path(document, "input", "steps", NULL);
    const struct value *expected = value_path(document, "expected", "steps", NULL);
    if (strcmp(value_text(value_path(document, "input", "mode", NULL), ""), "queue") != 0)
        return mem_format("needs whole attempts");
    for (size_t i = 0; i < steps->count; i++) {
        char *why = step_not_modelled(steps->items[i], value_at(expected, i));
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* --- the expected side, without what only others' plugins would do -------------------------------- */

static struct value *state_of_ours(const struct value *state)
{
    struct value *kept = value_copy(state), *flying = value_new_list();
    const struct value *list = value_get(state, "inFlight");
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(value_text(list->items[i], ""), "pod ", 4) == 0)
            value_add(flying, value_hold(list->items[i]));
    value_set(kept, "inFlight", flying);
    return kept;
}

/* --- steps ----------------------------------------------------------------------------------------- */

struct sequence {
    struct queue_world world;
    struct scheduler_case *result;
    struct value *state; /* expected: as told last */
    struct value *pods;  /* ours: after the step before */
};

/* "name from>to" for every pod that waits elsewhere than before. */
static struct value *moves(const struct value *before, const struct value *after)
{
    struct value *list = value_new_list();
    for (size_t side = 0; side < 2; side++) {
        const struct value *pods = side == 0 ? before : after;
        for (size_t i = 0; i < pods->count; i++) {
            const char *key = pods->entries[i].key;
            const char *from = value_text(value_path(before, key, "queue", NULL), "new");
            const char *to = value_text(value_path(after, key, "queue", NULL), "gone");
            if (strcmp(from, to) == 0 || (side == 1 && value_get(before, key) != NULL))
                continue;
            char *text = mem_format("%s %s>%s", key, from, to);
            value_add(list, value_new_string(text));
            free(text);
        }
    }
    return list;
}

static bool has_item(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (value_equal(list->items[i], item))
            return true;
    return false;
}

/* Two lists without regard to order; NULL is the empty one. */
static bool same_items(const struct value *a, const struct value *b)
{
    const size_t first = a != NULL ? a->count : 0, second = b != NULL ? b->count : 0;
    if (first != second)
        return false;
    for (size_t i = 0; i < first; i++)
        if (!has_item(b, a->items[i]))
            return false;
    return true;
}

static bool same_maps(const struct value *a, const struct value *b)
{
    const size_t first = a != NULL ? a->count : 0, second = b != NULL ? b->count : 0;
    return first == second && (first == 0 || value_equal(a, b));
}

static bool agree(struct sequence *sequence, const struct value *step, const char *what, bool same,
                  const struct value *got, const struct value *want)
{
    if (same || sequence->result->why != NULL)
        return same;
    const struct json_style style = { 0 };
    char *at = json_text(step, style), *got_text = json_text(got, style);
    char *want_text = want != NULL ? json_text(want, style) : mem_format("nothing");
    sequence->result->why =
        mem_format("%s: got %s, want %s, at %.300s", what, got_text, want_text, at);
    free(at);
    free(got_text);
    free(want_text);
    return false;
}

/* Let time pass; what the flush loops moved on the way, as the recordings tell it. */
static struct value *pass_time(struct sequence *sequence, sim_time until)
{
    struct queue_world *world = &sequence->world;
    struct value *flushes = value_new_list();
    struct value *before = queue_world_pods(world);
    sim_time at;
    while (queue_peek(world->run->queue, &at) && at <= until) {
        run_step(world->run);
        struct value *after = queue_world_pods(world), *moved = moves(before, after);
        struct value *incoming = queue_world_take(&world->incoming, value_new_map());
        if (moved->count > 0) { /* those that moved nothing are left out */
            struct value *flush = value_new_map();
            value_set(flush, "at", value_new_int((at - world->start) / SIM_MILLISECOND));
            value_set(flush, "moved", value_hold(moved));
            value_set(flush, "incoming", value_hold(incoming));
            value_add(flushes, flush);
        }
        value_drop(moved);
        value_drop(incoming);
        value_drop(before);
        before = after;
    }
    run_until(world->run, until);
    value_drop(before);
    return flushes;
}

static bool same_flushes(const struct value *got, const struct value *want)
{
    if (got->count != (want != NULL ? want->count : 0))
        return false;
    for (size_t i = 0; i < got->count; i++) {
        const struct value *a = got->items[i], *b = want->items[i];
        if (!value_equal(value_get(a, "at"), value_get(b, "at")) ||
            !same_items(value_get(a, "moved"), value_get(b, "moved")) ||
            !same_maps(value_get(a, "incoming"), value_get(b, "incoming")))
            return false;
    }
    return true;
}

static uint64_t plugin_bits(const struct queue_world *world, const struct value *names)
{
    const struct profile *profile = world->configuration->profiles[0];
    uint64_t bits = 0;
    for (size_t i = 0; names != NULL && i < names->count; i++)
        for (size_t j = 0; j < profile->plugin_count; j++)
            if (strcmp(profile->plugins[j].plugin->name, value_text(names->items[i], "")) == 0)
                bits |= (uint64_t)1 << j;
    return bits;
}

static void carry_out(struct queue_world *world, const struct value *step, struct value *told)
{
    const char *op = value_text(value_get(step, "op"), "");
    const char *kind = value_text(value_get(step, "kind"), "");
    if (strcmp(op, "add") == 0 || strcmp(op, "update") == 0) {
        queue_world_set(world, kind, value_get(step, "object"), strcmp(op, "add") == 0);
    } else if (strcmp(op, "delete") == 0) {
        queue_world_delete(world, kind, value_text(value_get(step, "namespace"), ""),
                           value_text(value_get(step, "name"), ""));
    } else if (strcmp(op, "pop") == 0) {
        const struct waiting_pod *popped = scheduling_queue_pop(world->view.queue);
        world->pops += popped != NULL;
        char *key = popped == NULL
                        ? mem_format("blocked")
                        : mem_format("%s/%s", namespace_of(popped->pod), name_of(popped->pod));
        value_set(told, popped != NULL ? "popped" : "result", value_new_string(key));
        free(key);
    } else if (strcmp(op, "reject") == 0) {
        struct waiting_pod *waiting =
            queue_world_in_flight(world, value_text(value_get(step, "pod"), ""));
        if (waiting != NULL)
            scheduling_queue_fail(
                world->view.queue, waiting,
                (struct rejectors){ plugin_bits(world, value_path(step, "reject", "plugins", NULL)),
                                    0 });
    }
}

/* Records that differ from those before; null for pods that are gone. */
static struct value *changed_pods(const struct value *before, const struct value *after)
{
    struct value *changed = value_new_map();
    for (size_t i = 0; i < after->count; i++)
        if (!value_equal(value_get(before, after->entries[i].key), after->entries[i].value))
            value_set(changed, after->entries[i].key, value_hold(after->entries[i].value));
    for (size_t i = 0; i < before->count; i++)
        if (value_get(after, before->entries[i].key) == NULL)
            value_set(changed, before->entries[i].key, value_new_null());
    return changed;
}

static void replace(struct value **slot, struct value *value)
{
    value_drop(*slot);
    *slot = value;
}

/* What the step left behind: places and records. */
static bool same_outcome(struct sequence *sequence, const struct value *step,
                         const struct value *want)
{
    struct queue_world *world = &sequence->world;
    struct value *state = queue_world_state(world), *pods = queue_world_pods(world);
    struct value *changed = changed_pods(sequence->pods, pods);
    if (value_get(want, "state") != NULL)
        replace(&sequence->state, state_of_ours(value_get(want, "state")));
    bool same =
        agree(sequence, step, "state", value_equal(state, sequence->state), state, sequence->state);
    same &= agree(sequence, step, "pods", same_maps(changed, value_get(want, "pods")), changed,
                  value_get(want, "pods"));
    replace(&sequence->pods, pods);
    value_drop(state);
    value_drop(changed);
    return same;
}

static bool run_step_of(struct sequence *sequence, const struct value *step,
                        const struct value *want)
{
    struct queue_world *world = &sequence->world;
    const sim_time at = world->start + value_int(value_get(step, "at"), 0) * SIM_MILLISECOND;
    struct value *flushes = pass_time(sequence, at), *told = value_new_map();
    struct value *before = queue_world_pods(world);
    carry_out(world, step, told);
    struct value *after = queue_world_pods(world), *moved = moves(before, after);
    struct value *incoming = queue_world_take(&world->incoming, value_new_map());
    struct value *events = queue_world_take(&world->events, value_new_list());
    struct value *want_events = value_get(want, "events") != NULL
                                    ? value_hold(value_get(want, "events"))
                                    : value_new_list();
    bool same = agree(sequence, step, "flushes", same_flushes(flushes, value_get(want, "flushes")),
                      flushes, value_get(want, "flushes"));
    same &= agree(sequence, step, "popped",
                  value_equal(value_get(told, "popped"), value_get(want, "popped")) &&
                      value_equal(value_get(told, "result"), value_get(want, "result")),
                  told, value_get(want, "popped"));
    same &= agree(sequence, step, "events", value_equal(events, want_events), events, want_events);
    same &= agree(sequence, step, "moved", same_items(moved, value_get(want, "moved")), moved,
                  value_get(want, "moved"));
    same &= agree(sequence, step, "incoming", same_maps(incoming, value_get(want, "incoming")),
                  incoming, value_get(want, "incoming"));
    same &= same_outcome(sequence, step, want);
    struct value *all[] = { flushes, told, before, after, moved, incoming, events, want_events };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        value_drop(all[i]);
    return same;
}

static void run_sequence(struct scheduler_case *result, const struct value *document)
{
    const struct value *steps = value_path(document, "input", "steps", NULL);
    const struct value *expected = value_path(document, "expected", "steps", NULL);
    struct sequence sequence = { .result = result, .pods = value_new_map() };
    const int64_t offset = value_int(value_path(document, "input", "startOffsetMs", NULL), 0);
    queue_world_open(&sequence.world, offset * SIM_MILLISECOND);
    for (size_t i = 0; i < steps->count; i++) {
        result->compared++;
        result->agreed += run_step_of(&sequence, steps->items[i], value_at(expected, i));
    }
    result->verdict = result->agreed == result->compared ? CASE_AGREES : CASE_DIFFERS;
    queue_world_close(&sequence.world);
    value_drop(sequence.state);
    value_drop(sequence.pods);
}

struct scheduler_case queue_sequence_run(const char *path)
{
    struct scheduler_case result = { .verdict = CASE_UNREADABLE };
    struct value *document = rows_read_document(path);
    if (value_path(document, "expected", "steps", NULL) == NULL ||
        value_path(document, "input", "mode", NULL) == NULL) {
        result.why = mem_format("not a recorded sequence");
    } else if ((result.why = not_modelled(document)) != NULL) {
        result.verdict = CASE_NOT_RUN;
    } else {
        run_sequence(&result, document);
    }
    value_drop(document);
    return result;
}
