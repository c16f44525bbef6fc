/* One run: clock, future event list, trace, texts, randomness and free choices.
 *
 * A run is single-threaded, holds no file descriptor and reaches everything from this
 * one struct, so that a process may fork() in the middle of it and both halves go on to
 * the same hash. Several clusters may live in one run. */
#ifndef SIM_KERNEL_RUN_H
#define SIM_KERNEL_RUN_H

#include "sim/base/text.h"
#include "sim/base/time.h"
#include "sim/kernel/cause.h"
#include "sim/kernel/luck.h"
#include "sim/kernel/queue.h"
#include "sim/kernel/trace.h"
#include "sim/kernel/variation.h"

/* Events at one instant happen in this order: first everybody learns what changed, then
 * the world acts (failures, repairs, users), then controllers work. */
enum run_priority { PRIORITY_WATCH = -1000, PRIORITY_WORLD = 0, PRIORITY_WORK = 10 };

/* The beginning of a chain of causes: something nobody in the run caused. */
struct root {
    const struct text *name; /* e.g. "power-cut/hall-3" */
    const char *kind;        /* a constant: "power-cut", "order", "start-up" */
    sim_time at;
    uint64_t id; /* of its trace line */
};

/* A choice the modelled system leaves open, as it was made. */
struct choice {
    uint64_t purpose; /* hash of the purpose */
    uint32_t options, taken;
};

/* A choice as it is put to somebody who may know the answer. */
struct question {
    const char *purpose, *entity;
    uint32_t options;
    /* What an option is called; borrowed for the call. NULL: they have no names. */
    const char *(*name)(const void *context, uint32_t option);
    const void *context;
};

struct run {
    struct queue *queue;
    struct texts *texts;
    struct trace trace;
    uint64_t seed;    /* as it was begun with */
    struct luck luck; /* plain unless it is said before anything draws */
    struct luck_holder *holders, **holders_end;
    uint64_t events; /* dispatched so far */
    bool stopped;

    struct root *roots; /* roots[0] is "nothing": the initial state */
    size_t root_count, root_capacity;

    struct choice *choices; /* every free choice, in order */
    size_t choice_count, choice_capacity;
    const struct choice *replay; /* borrowed: choices to repeat, or NULL */
    size_t replay_count;
    /* Somebody who knows what was chosen, asked first: an option, or question->options for no
     * opinion. NULL: nobody. */
    uint32_t (*decide)(void *context, const struct question *question);
    void *decide_context;
    bool keep_choices; /* record them; off at first: long runs that nobody will replay */
    uint64_t choices_made;
    const struct variation *variation; /* borrowed; NULL: everything takes its usual course */
};

/* A run that nothing has happened in. Release with run_free(), after what lives in it. */
struct run *run_new(uint64_t seed);
/* The same on an event queue of the caller's choice, which the run takes over. With
 * queue_new_list() it is the reference: the same trace, slowly (--queue=list). */
struct run *run_new_with_queue(uint64_t seed, struct queue *queue);
void run_free(struct run *run);

static inline sim_time run_now(const struct run *run)
{
    return queue_now(run->queue);
}

/* Schedule `act(subject)`; see queue_add(). */
event_id run_at(struct run *run, sim_time at, int priority, event_fn *act, void *subject);

/* Withdraw an event and forget its id. Nothing happens when *id is 0 or has happened. */
void run_cancel(struct run *run, event_id *id);

/* Dispatch events until the clock would pass `end`, the queue is empty or run_stop() was
 * called; the clock then stands at `end` (or at the stop). */
void run_until(struct run *run, sim_time end);
/* Dispatch one event; false when none is left. */
bool run_step(struct run *run);
/* Dispatch one event that happens at `end` or before; false when there is none: the clock is at `end` then. */
bool run_step_by(struct run *run, sim_time end);
void run_stop(struct run *run);

/* Note that something happened because of `cause`; returns the cause of what follows from
 * it. The line's subject is "kind/space/name" as far as they are not NULL (`kind` never is),
 * its text "verb detail". All texts are borrowed for the call; `detail` may be NULL. */
struct cause run_note(struct run *run, sim_time at, struct cause cause, const char *verb,
                      const char *kind, const struct text *space, const struct text *name,
                      const char *detail);

/* Begin a chain of causes. `kind` is a constant, `name` says which ("" if there is one). */
struct cause run_root(struct run *run, sim_time at, const char *kind, const char *name);
const struct root *run_root_of(const struct run *run, struct cause cause);

/* Make a choice that the modelled system leaves open: an index below `options` (> 0). Drawn from
 * a stream of (seed, purpose, entity), recorded, or repeated from a replay. `purpose` is a
 * constant; `entity` names whose choice it is, so that others' choices do not change it;
 * `salt` tells apart several choices of one entity for one purpose. One option is no choice:
 * nothing is drawn or recorded. */
uint32_t run_choose(struct run *run, const char *purpose, const char *entity, uint64_t salt,
                    uint32_t options);
/* The same where the options have names, for those who know which was taken. */
uint32_t run_choose_named(struct run *run, struct question question, uint64_t salt);

#endif
