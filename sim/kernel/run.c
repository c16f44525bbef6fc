/* The main loop, the table of roots, and the free choices of a run. */
#include "sim/kernel/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

struct run *run_new(uint64_t seed)
{
    return run_new_with_queue(seed, queue_new());
}

struct run *run_new_with_queue(uint64_t seed, struct queue *queue)
{
    struct run *run = mem_new(sizeof *run);
    run->queue = queue;
    run->texts = texts_new();
    run->seed = seed;
    run->luck = (struct luck){ .seed = seed };
    run->holders_end = &run->holders;
    trace_init(&run->trace, NULL, NULL);
    MEM_GROW(run->roots, run->root_count, run->root_capacity);
    run->roots[run->root_count++] = (struct root){ .kind = "nothing" };
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->root_count; i++)
        text_drop(run->roots[i].name);
    free(run->roots);
    free(run->choices);
    queue_free(run->queue);
    texts_free(run->texts);
    free(run);
}

/* ---- events ---- */

event_id run_at(struct run *run, sim_time at, int priority, event_fn *act, void *subject)
{
    const struct event event = { at, priority, act, subject };
    return queue_insert(run->queue, &event);
}

void run_cancel(struct run *run, event_id *id)
{
    if (*id != 0)
        queue_cancel(run->queue, *id);
    *id = 0;
}

static void dispatch(struct run *run, const struct event *event)
{
    run->events++;
    trace_step(&run->trace, event->at, (uint64_t)event->priority);
    event->act(event->subject, event->at);
}

bool run_step(struct run *run)
{
    struct event event;
    if (!queue_next(run->queue, &event))
        return false;
    dispatch(run, &event);
    return true;
}

bool run_step_by(struct run *run, sim_time end)
{
    struct event event;
    if (!queue_next_by(run->queue, end, &event)) {
        queue_advance(run->queue, end);
        return false;
    }
    dispatch(run, &event);
    return true;
}

void run_until(struct run *run, sim_time end)
{
    struct event event;
    run->stopped = false;
    while (!run->stopped && queue_next_by(run->queue, end, &event))
        dispatch(run, &event);
    if (!run->stopped)
        queue_advance(run->queue, end);
}

void run_stop(struct run *run)
{
    run->stopped = true;
}

/* ---- causes ---- */

/* "job/press/42", "machine/a", "job" into `into`, or into new memory if it is longer. */
enum { SUBJECT_ROOM = 512 };

static size_t subject_part(char *into, const char *part, size_t length, char end)
{
    memcpy(into, part, length);
    into[length] = end;
    return length + 1;
}

static char *subject_print(char into[SUBJECT_ROOM], const char *kind, const struct text *space,
                           const struct text *name)
{
    const size_t kind_length = strlen(kind);
    const size_t space_length = space ? space->length : 0, name_length = name ? name->length : 0;
    char *subject = into;
    if (kind_length + space_length + name_length + 3 > SUBJECT_ROOM)
        subject = mem_new(kind_length + space_length + name_length + 3);
    char *end = subject + subject_part(subject, kind, kind_length, '/');
    if (space != NULL)
        end += subject_part(end, space->s, space_length, '/');
    if (name != NULL)
        end += subject_part(end, name->s, name_length, '/');
    end[-1] = '\0';
    return subject;
}

struct cause run_note(struct run *run, sim_time at, struct cause cause, const char *verb,
                      const char *kind, const struct text *space, const struct text *name,
                      const char *detail)
{
    char room[SUBJECT_ROOM];
    char *subject = subject_print(room, kind, space, name);
    if (detail != NULL)
        cause.id = trace_note(&run->trace, at, cause.id, subject, "%s %s", verb, detail);
    else
        cause.id = trace_note(&run->trace, at, cause.id, subject, "%s", verb);
    if (subject != room)
        free(subject);
    return cause;
}

struct cause run_root(struct run *run, sim_time at, const char *kind, const char *name)
{
    const struct text *full = *name != '\0' ? text_format(run->texts, "%s/%s", kind, name)
                                            : text_intern(run->texts, kind);
    const trace_id id = trace_note(&run->trace, at, 0, full->s, "begins");
    assert(run->root_count < UINT32_MAX);
    MEM_GROW(run->roots, run->root_count, run->root_capacity);
    run->roots[run->root_count] = (struct root){ full, kind, at, id };
    return (struct cause){ id, (uint32_t)run->root_count++ };
}

const struct root *run_root_of(const struct run *run, struct cause cause)
{
    assert(cause.root < run->root_count);
    return &run->roots[cause.root];
}

/* ---- choices ---- */

/* The choice of this number in the replay, which must have been made for the same question:
 * a replay belongs to the inputs it was recorded with. */
static uint32_t repeat(const struct run *run, uint64_t purpose, uint32_t options)
{
    const struct choice *choice = &run->replay[run->choices_made];
    assert(choice->purpose == purpose && choice->options == options);
    assert(choice->taken < options);
    return choice->taken;
}

uint32_t run_choose(struct run *run, const char *purpose, const char *entity, uint64_t salt,
                    uint32_t options)
{
    const struct question question = { .purpose = purpose, .entity = entity, .options = options };
    return run_choose_named(run, question, salt);
}

uint32_t run_choose_named(struct run *run, struct question question, uint64_t salt)
{
    const uint32_t options = question.options;
    assert(options > 0);
    if (options == 1)
        return 0;
    struct choice choice = { text_hash(question.purpose, strlen(question.purpose)), options,
                             options };
    if (run->choices_made < run->replay_count)
        choice.taken = repeat(run, choice.purpose, options);
    else if (run->decide != NULL)
        choice.taken = run->decide(run->decide_context, &question);
    if (choice.taken == options) {
        struct stream stream = run_stream(run, "", question.entity, question.purpose, salt);
        choice.taken = (uint32_t)stream_below(&stream, options);
    }
    assert(choice.taken < options);
    run->choices_made++;
    trace_step(&run->trace, run_now(run), choice.purpose + choice.taken);
    if (run->keep_choices) {
        MEM_GROW(run->choices, run->choice_count, run->choice_capacity);
        run->choices[run->choice_count++] = choice;
    }
    return choice.taken;
}
