/* Run a sequence step by step and compare; see queue_sequence.h. */
#include "tests/support/queue_sequence.h"

#include <stdlib.h>

#include "models/api/json.h"
#include "tests/support/queue_world.h"
#include "tests/support/rows.h"

/* --- steps ----------------------------------------------------------------------------------------- */

struct sequence {
    struct queue_world world;
    struct scheduler_case *result;
    struct value *state; /* expected: as told last */
    struct value *pods;  /* ours: after the step before */
    struct value *gauge; /* expected: as told last */
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

/* False when a name is none of the profile's. */
static bool plugin_bits(const struct queue_world *world, const struct value *names, uint64_t *bits)
{
    const struct profile *profile = world->view->configuration->profiles[0];
    *bits = 0;
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        size_t at = 0;
        while (at < profile->plugin_count &&
               strcmp(profile->plugins[at].plugin->name, value_text(names->items[i], "")) != 0)
            at++;
        if (at == profile->plugin_count)
            return false;
        *bits |= (uint64_t)1 << at;
    }
    return true;
}

static void nominate(struct queue_world *world, const char *key, const struct value *name)
{
    const struct pod *pod = queue_world_pod(world, key);
    const char *node = value_text(name, "");
    if (pod == NULL || pod->node_name != NULL)
        return;
    const struct text *text = cluster_text(world->cluster, node);
    nominator_add(scheduling_queue_nominator(world->view->queue), pod,
                  name == NULL    ? NOMINATION_UNCHANGED
                  : *node != '\0' ? NOMINATION_SET
                                  : NOMINATION_CLEARED,
                  text);
    text_drop(text);
}

static bool do_object(struct queue_world *world, const struct value *step, struct value *told)
{
    const char *kind = value_text(value_get(step, "kind"), "");
    (void)told;
    const char *op = value_text(value_get(step, "op"), "");
    if (strcmp(op, "delete") != 0)
        return queue_world_set(world, kind, value_get(step, "object"), strcmp(op, "add") == 0);
    return queue_world_delete(world, kind, value_text(value_get(step, "namespace"), ""),
                              value_text(value_get(step, "name"), ""));
}

static bool do_pop(struct queue_world *world, const struct value *step, struct value *told)
{
    const struct waiting_pod *popped = scheduling_queue_pop(world->view->queue);
    (void)step;
    world->pops += popped != NULL;
    char *key = popped == NULL
                    ? mem_format("blocked")
                    : mem_format("%s/%s", namespace_of(popped->pod), name_of(popped->pod));
    value_set(told, popped != NULL ? "popped" : "result", value_new_string(key));
    free(key);
    return true;
}

static bool do_reject(struct queue_world *world, const struct value *step, struct value *told)
{
    const char *key = value_text(value_get(step, "pod"), "");
    const struct value *reject = value_get(step, "reject");
    struct waiting_pod *waiting = queue_world_in_flight(world, key);
    struct rejectors rejected;
    (void)told;
    if (!plugin_bits(world, value_get(reject, "plugins"), &rejected.rejecting) ||
        !plugin_bits(world, value_get(reject, "pending"), &rejected.pending))
        return false;
    if (waiting == NULL)
        return true;
    scheduling_queue_fail(world->view->queue, waiting, rejected);
    nominate(world, key, value_get(reject, "nominate"));
    return true;
}

static bool do_assume(struct queue_world *world, const struct value *step, struct value *told)
{
    struct waiting_pod *waiting =
        queue_world_in_flight(world, value_text(value_get(step, "pod"), ""));
    (void)told;
    if (waiting != NULL)
        queue_world_assume(world, waiting, value_text(value_get(step, "node"), ""));
    return waiting != NULL;
}

static bool do_end_binding(struct queue_world *world, const struct value *step, struct value *told)
{
    (void)told;
    return queue_world_end_binding(world, value_text(value_get(step, "pod"), ""),
                                   strcmp(value_text(value_get(step, "op"), ""), "bound") == 0);
}

static bool do_activate(struct queue_world *world, const struct value *step, struct value *told)
{
    const struct value *pods = value_get(step, "pods");
    (void)told;
    for (size_t i = 0; i < pods->count; i++) {
        const struct pod *pod = queue_world_pod(world, value_text(pods->items[i], ""));
        if (pod != NULL)
            scheduling_queue_activate(world->view->queue, pod);
    }
    return true;
}

static bool do_schedule(struct queue_world *world, const struct value *step, struct value *told)
{
    queue_world_schedule(world, value_truth(value_get(step, "hold"), false), told);
    return true;
}

static bool do_release(struct queue_world *world, const struct value *step, struct value *told)
{
    (void)step;
    (void)told;
    scheduler_release_evictions(world->scheduler);
    queue_world_settle(world);
    return true;
}

static bool do_fail_next_bind(struct queue_world *world, const struct value *step,
                              struct value *told)
{
    (void)told;
    value_set(world->doomed, value_text(value_get(step, "pod"), ""), value_new_bool(true));
    return true;
}

static bool do_wait(struct queue_world *world, const struct value *step, struct value *told)
{
    (void)world;
    (void)step;
    (void)told;
    return true;
}

/* False for what cannot be carried out: an unknown operation, kind, plugin or object. */
static bool carry_out(struct queue_world *world, const struct value *step, struct value *told)
{
    static const struct {
        const char *op;
        bool (*act)(struct queue_world *world, const struct value *step, struct value *told);
    } operations[] = {
        { "wait", do_wait },
        { "add", do_object },
        { "update", do_object },
        { "delete", do_object },
        { "pop", do_pop },
        { "reject", do_reject },
        { "assume", do_assume },
        { "bound", do_end_binding },
        { "bindError", do_end_binding },
        { "activate", do_activate },
        { "schedule", do_schedule },
        { "release", do_release },
        { "failNextBind", do_fail_next_bind },
    };
    const char *op = value_text(value_get(step, "op"), "");
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].op, op) == 0)
            return operations[i].act(world, step, told);
    return false;
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
        replace(&sequence->state, value_hold(value_get(want, "state")));
    bool same =
        agree(sequence, step, "state", value_equal(state, sequence->state), state, sequence->state);
    same &= agree(sequence, step, "pods", same_maps(changed, value_get(want, "pods")), changed,
                  value_get(want, "pods"));
    if (value_get(want, "unschedulableByPlugin") != NULL)
        replace(&sequence->gauge, value_hold(value_get(want, "unschedulableByPlugin")));
    struct value *gauge = queue_world_waiting_for(world);
    same &= agree(sequence, step, "unschedulableByPlugin", same_maps(gauge, sequence->gauge), gauge,
                  sequence->gauge);
    value_drop(gauge);
    replace(&sequence->pods, pods);
    value_drop(state);
    value_drop(changed);
    return same;
}

/* What was told of the step itself. */
static bool same_told(struct sequence *sequence, const struct value *step, const struct value *told,
                      const struct value *want)
{
    static const char *const members[] = { "popped", "result", "node" };
    bool same = true;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        same &= value_equal(value_get(told, members[i]), value_get(want, members[i]));
    return agree(sequence, step, "told", same, told, want);
}

static bool same_lists(const struct value *got, const struct value *want)
{
    return want == NULL ? got->count == 0 : value_equal(got, want);
}

static bool run_step_of(struct sequence *sequence, const struct value *step,
                        const struct value *want)
{
    struct queue_world *world = &sequence->world;
    const sim_time at = world->start + value_int(value_get(step, "at"), 0) * SIM_MILLISECOND;
    struct value *flushes = pass_time(sequence, at), *told = value_new_map();
    struct value *before = queue_world_pods(world);
    bool same = agree(sequence, step, "the step can be carried out", carry_out(world, step, told),
                      step, want);
    struct value *after = queue_world_pods(world), *moved = moves(before, after);
    struct value *incoming = queue_world_take(&world->incoming, value_new_map());
    struct value *events = queue_world_take(&world->events, value_new_list());
    struct value *api = queue_world_take(&world->api, value_new_list());
    same &= agree(sequence, step, "flushes", same_flushes(flushes, value_get(want, "flushes")),
                  flushes, value_get(want, "flushes"));
    same &= same_told(sequence, step, told, want);
    same &= agree(sequence, step, "events", same_lists(events, value_get(want, "events")), events,
                  value_get(want, "events"));
    same &= agree(sequence, step, "api", same_lists(api, value_get(want, "api")), api,
                  value_get(want, "api"));
    same &= agree(sequence, step, "moved", same_items(moved, value_get(want, "moved")), moved,
                  value_get(want, "moved"));
    same &= agree(sequence, step, "incoming", same_maps(incoming, value_get(want, "incoming")),
                  incoming, value_get(want, "incoming"));
    same &= same_outcome(sequence, step, want);
    struct value *all[] = { flushes, told, before, after, moved, incoming, events, api };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        value_drop(all[i]);
    return same;
}

static void run_sequence(struct scheduler_case *result, const struct value *document)
{
    const struct value *input = value_get(document, "input");
    const struct value *steps = value_get(input, "steps");
    const struct value *expected = value_path(document, "expected", "steps", NULL);
    struct sequence sequence = { .result = result, .pods = value_new_map() };
    const int64_t offset = value_int(value_get(input, "startOffsetMs"), 0);
    queue_world_open(&sequence.world, offset * SIM_MILLISECOND,
                     value_get(input, "victimMode") != NULL);
    for (size_t i = 0; i < steps->count; i++) {
        result->compared++;
        result->agreed += run_step_of(&sequence, steps->items[i], value_at(expected, i));
    }
    result->verdict = result->agreed == result->compared ? CASE_AGREES : CASE_DIFFERS;
    queue_world_close(&sequence.world);
    value_drop(sequence.state);
    value_drop(sequence.pods);
    value_drop(sequence.gauge);
}

static bool is_sequence(const struct value *document)
{
    const struct value *steps = value_path(document, "input", "steps", NULL);
    const struct value *expected = value_path(document, "expected", "steps", NULL);
    return steps != NULL && expected != NULL && steps->type == VALUE_LIST &&
           expected->type == VALUE_LIST && steps->count == expected->count &&
           value_path(document, "input", "mode", NULL) != NULL;
}

struct scheduler_case queue_sequence_run(const char *path)
{
    struct scheduler_case result = { .verdict = CASE_UNREADABLE };
    struct value *document = rows_read_document(path);
    if (is_sequence(document))
        run_sequence(&result, document);
    else
        result.why = mem_format("not a recorded sequence");
    value_drop(document);
    return result;
}
