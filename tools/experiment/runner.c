/* Deals replications out to workers, notes what they bring, and hands it on in order.
 *
 * The order in which results arrive is chance. Nothing but the book sees it: a batch is taken only when
 * all of it is in the book, from there, in the batch's own order. So what is made of the results
 * is the same for any number of workers, and for a study that was begun anew any number of times. */
#include "tools/experiment/runner.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "sim/base/memory.h"
#include "tools/experiment/results_book.h"
#include "tools/experiment/runner_crew.h"
#include "tools/progress.h"

enum { LOOK_UP_MS = 100 }; /* how often for signals and the progress bar */

static const struct place nowhere = { 0 };

/* What a worker is at. */
struct hand {
    struct task task;
    bool busy;
    bool wanted; /* by the batch; otherwise it plays ahead */
};

struct tasks {
    const struct task *items; /* borrowed */
    size_t count, at;         /* those before `at` were given out, or need not be */
};

struct desk {
    const struct runner_job *job;
    struct book *book;
    struct crew *crew;
    struct hand *hands; /* one for each worker */
    struct tasks batch, ahead;
    bool ahead_is_known;
    struct task *guessed; /* owned: what `ahead` has when the job does not say */
    struct task *early;   /* played ahead, and not asked for so far */
    size_t early_count, early_capacity;
    size_t found; /* in the book, at the beginning */
    size_t taken, played;
    double planned; /* replications that there could be */
    sigset_t signals;
    int signal; /* which came; 0: none */
    struct progress progress;
    struct writer text;
    struct error *error;
};

static bool task_is(struct task a, struct task b)
{
    return a.point == b.point && a.replication == b.replication;
}

/* --- what people see ---------------------------------------------------------------------------- */

static void show_progress(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    if (!progress_is_due(&desk->progress))
        return;
    struct writer interval = { 0 };
    writer_add(&interval, "");
    if (job->describe != NULL && desk->taken > 0)
        job->describe(job->context, &interval);
    progress_show_pace(
        &desk->progress,
        &(struct pace){
            .before = desk->found,
            .now = desk->played,
            .expected = job->expected != NULL ? job->expected(job->context) : desk->planned,
            .unit = "replications",
            .so_far = interval.bytes,
        });
    writer_close(&interval);
}

/* "point 3 (replicas=2), replication 17: why (play it again with ...)". */
static void tell_failure(struct desk *desk, struct task task, const char *who, const char *why)
{
    const struct runner_job *job = desk->job;
    struct writer text = { 0 };
    writer_format(&text, "point %u", task.point);
    if (job->name != NULL && task.point < job->points) {
        writer_add(&text, " (");
        job->name(job->context, task.point, &text);
        writer_add(&text, ")");
    }
    writer_format(&text, ", replication %u: %s%s", task.replication, who, why);
    if (job->replay != NULL) {
        writer_add(&text, " (play it again with: ");
        job->replay(job->context, task, &text);
        writer_add(&text, ")");
    }
    error_set(desk->error, nowhere, "%s", text.bytes);
    writer_close(&text);
}

/* --- signals ------------------------------------------------------------------------------------ */

/* They wait until somebody asks, so that none comes in the middle of a transaction. */
static void hold_signals(struct desk *desk, sigset_t *before)
{
    sigemptyset(&desk->signals);
    sigaddset(&desk->signals, SIGINT);
    sigaddset(&desk->signals, SIGTERM);
    sigaddset(&desk->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &desk->signals, before);
}

static bool is_signalled(struct desk *desk)
{
    const int came = sigtimedwait(&desk->signals, NULL, &(struct timespec){ 0 });
    if (came > 0)
        desk->signal = came;
    return desk->signal != 0;
}

/* --- dealing out -------------------------------------------------------------------------------- */

static struct hand *who_plays(struct desk *desk, struct task task)
{
    for (unsigned i = 0; i < desk->crew->size; i++)
        if (desk->hands[i].busy && task_is(desk->hands[i].task, task))
            return &desk->hands[i];
    return NULL;
}

/* Move to the first that is neither in the book nor being played; false: there is none. */
static bool find_unplayed(struct desk *desk, struct tasks *tasks, bool wanted)
{
    for (; tasks->at < tasks->count; tasks->at++) {
        struct hand *hand = who_plays(desk, tasks->items[tasks->at]);
        if (hand != NULL)
            hand->wanted |= wanted;
        else if (!book_has(desk->book, tasks->items[tasks->at]))
            return true;
    }
    return false;
}

/* Without a better guess: the points of the batch go on, in the order of `all`, as far as workers could get
 * while one of them is still at the batch. */
static void guess_ahead(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    const struct task *all;
    const size_t count = job->all(job->context, &all), most = desk->batch.count + desk->crew->size;
    uint32_t points = 0;
    for (size_t i = 0; i < desk->batch.count; i++)
        if (desk->batch.items[i].point >= points)
            points = desk->batch.items[i].point + 1;
    uint32_t *reached = mem_new((points + 1) * sizeof *reached); /* 0: not in the batch */
    for (size_t i = 0; i < desk->batch.count; i++) {
        const struct task task = desk->batch.items[i];
        if (task.replication >= reached[task.point])
            reached[task.point] = task.replication + 1;
    }
    desk->guessed = mem_resize(desk->guessed, (most + 1) * sizeof *desk->guessed);
    desk->ahead = (struct tasks){ .items = desk->guessed };
    for (size_t i = 0; i < count && desk->ahead.count < most; i++)
        if (all[i].point < points && reached[all[i].point] > 0 &&
            all[i].replication >= reached[all[i].point])
            desk->guessed[desk->ahead.count++] = all[i];
    free(reached);
}

/* What is probably wanted after this batch; asked when the first worker has nothing else to do. */
static bool find_ahead(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    if (!desk->ahead_is_known && job->ahead != NULL)
        desk->ahead.count = job->ahead(job->context, &desk->ahead.items);
    else if (!desk->ahead_is_known && job->all != NULL)
        guess_ahead(desk);
    desk->ahead_is_known = true;
    return find_unplayed(desk, &desk->ahead, false);
}

static bool deal(struct desk *desk)
{
    for (unsigned i = 0; i < desk->crew->size; i++) {
        struct hand *hand = &desk->hands[i];
        struct tasks *from = NULL;
        if (hand->busy)
            continue;
        if (find_unplayed(desk, &desk->batch, true))
            from = &desk->batch;
        else if (find_ahead(desk))
            from = &desk->ahead;
        else
            break;
        *hand = (struct hand){ from->items[from->at++], true, from == &desk->batch };
        if (!desk->crew->kind->give(desk->crew, i, hand->task, desk->error))
            return false;
    }
    return true;
}

static bool is_waited_for(const struct desk *desk)
{
    for (unsigned i = 0; i < desk->crew->size; i++)
        if (desk->hands[i].busy && desk->hands[i].wanted)
            return true;
    return desk->batch.at < desk->batch.count;
}

/* Note what a worker brought. */
static bool note(struct desk *desk, struct hand *hand)
{
    hand->busy = false;
    if (!book_add(desk->book, hand->task, desk->text.bytes, desk->text.length, desk->error))
        return false;
    desk->played++;
    if (!hand->wanted) {
        MEM_GROW(desk->early, desk->early_count, desk->early_capacity);
        desk->early[desk->early_count++] = hand->task;
    }
    return true;
}

static bool hear(struct desk *desk, int patience_ms, bool *heard)
{
    unsigned worker = 0;
    const enum heard what = desk->crew->kind->hear(desk->crew, patience_ms, &worker, &desk->text);
    struct hand *hand = &desk->hands[worker];
    *heard = what != HEARD_NOTHING;
    if (what == HEARD_RESULT)
        return note(desk, hand);
    if (what == HEARD_NOTHING)
        return true;
    hand->busy = false;
    if (!hand->wanted)
        return true; /* if the study ever comes to it, it fails again, and then it matters */
    tell_failure(desk, hand->task, what == HEARD_LOST ? "the worker that played it " : "",
                 desk->text.bytes);
    return false;
}

/* Until every replication of the batch is in the book. */
static bool play_batch(struct desk *desk)
{
    bool heard;
    do {
        if (is_signalled(desk) || !deal(desk))
            return false;
        show_progress(desk);
    } while (is_waited_for(desk) && hear(desk, LOOK_UP_MS, &heard));
    return !is_waited_for(desk) && desk->error->text == NULL;
}

/* --- batches ------------------------------------------------------------------------------------ */

static void begin_batch(struct desk *desk, const struct task *items, size_t count)
{
    desk->batch = (struct tasks){ .items = items, .count = count };
    desk->ahead = (struct tasks){ 0 };
    desk->ahead_is_known = false;
}

/* Those of the batch that were played ahead are no longer early. */
static void claim_early(struct desk *desk, struct task task)
{
    for (size_t i = 0; i < desk->early_count; i++)
        if (task_is(desk->early[i], task)) {
            desk->early[i] = desk->early[--desk->early_count];
            return;
        }
}

static bool take_batch(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    for (size_t i = 0; i < desk->batch.count; i++) {
        const struct task task = desk->batch.items[i];
        claim_early(desk, task);
        if (!book_read(desk->book, task, &desk->text)) {
            error_set(desk->error, nowhere, "%s: a replication is no longer there",
                      book_path(desk->book));
            return false;
        }
        if (!job->take(job->context, task, desk->text.bytes, desk->text.length, desk->error)) {
            error_wrap(desk->error, "%s: point %u, replication %u", book_path(desk->book),
                       task.point, task.replication);
            return false;
        }
        desk->taken++;
    }
    return true;
}

static bool play_study(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    const struct task *items;
    for (size_t count; (count = job->next(job->context, &items)) > 0;) {
        begin_batch(desk, items, count);
        if (!play_batch(desk) || !take_batch(desk))
            return false;
    }
    return true;
}

/* Every count-th of all that there could be, from the index-th on. */
static bool play_shard(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    const struct task *all;
    assert(job->all != NULL);
    const size_t count = job->all(job->context, &all);
    struct task *ours = mem_new((count + 1) * sizeof *ours);
    size_t ours_count = 0;
    for (size_t i = job->shard.index; i < count; i += job->shard.count)
        ours[ours_count++] = all[i];
    begin_batch(desk, ours, ours_count);
    desk->ahead_is_known = true; /* nothing comes after it */
    const bool fine = play_batch(desk);
    if (fine)
        desk->taken = ours_count;
    free(ours);
    return fine;
}

/* --- beginning and end -------------------------------------------------------------------------- */

/* What merge and people want to know of the study. */
static bool note_plan(struct desk *desk)
{
    const struct runner_job *job = desk->job;
    const struct task *all = NULL;
    const size_t count = job->all != NULL ? job->all(job->context, &all) : 0;
    uint32_t *planned = mem_new((job->points + 1) * sizeof *planned);
    for (size_t i = 0; i < count; i++)
        if (all[i].point < job->points && planned[all[i].point] <= all[i].replication)
            planned[all[i].point] = all[i].replication + 1;
    desk->planned = (double)count;
    desk->found = book_count(desk->book);
    bool fine = book_begin(desk->book, desk->error);
    for (uint32_t i = 0; fine && i < job->points; i++) {
        struct writer name = { 0 };
        writer_add(&name, "");
        if (job->name != NULL)
            job->name(job->context, i, &name);
        fine = book_note_point(desk->book, &(struct book_point){ i, name.bytes, planned[i], 0 },
                               desk->error);
        writer_close(&name);
    }
    fine = fine &&
           (job->shard.count == 0 || book_note_shard(desk->book, job->shard, desk->error)) &&
           book_commit(desk->book, desk->error);
    free(planned);
    return fine;
}

/* What others had finished when we stopped is kept as well. */
static void gather(struct desk *desk)
{
    struct error *first = desk->error, other = { 0 };
    bool heard;
    desk->error = &other;
    do
        hear(desk, 0, &heard);
    while (heard);
    error_close(&other);
    desk->error = first;
}

static enum runner_end play(struct desk *desk)
{
    const bool fine = desk->job->shard.count > 0 ? play_shard(desk) : play_study(desk);
    progress_end(&desk->progress);
    if (fine)
        return RUNNER_DONE;
    gather(desk);
    if (desk->signal != 0) {
        error_set(desk->error, nowhere,
                  "stopped by %s; %zu finished replications are kept in %s (the same command goes "
                  "on from there)",
                  strsignal(desk->signal), book_count(desk->book), book_path(desk->book));
        return RUNNER_STOPPED;
    }
    return RUNNER_FAILED;
}

static void tally_up(const struct desk *desk, struct runner_tally *tally)
{
    const size_t counted = desk->played - desk->early_count;
    *tally = (struct runner_tally){ .found = desk->taken > counted ? desk->taken - counted : 0,
                                    .played = desk->played,
                                    .ahead = desk->early_count };
}

enum runner_end runner_run(const struct runner_job *job, struct runner_tally *tally,
                           struct error *error)
{
    const struct book_study study = { job->identity, job->program, job->document };
    struct desk desk = { .job = job, .error = error };
    enum runner_end end = RUNNER_REFUSED;
    sigset_t before;
    hold_signals(&desk, &before); /* before a library makes threads, which would take them */
    desk.crew = mpi_is_wanted() ? crew_of_ranks(job, error) : crew_of_forks(job);
    if (desk.crew == NULL) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return RUNNER_REFUSED;
    }
    desk.hands = mem_new(desk.crew->size * sizeof *desk.hands);
    desk.progress = progress_begin();
    desk.book = book_open(job->directory, &study, error);
    if (desk.book != NULL && note_plan(&desk))
        end = play(&desk);
    book_close(desk.book);
    desk.crew->kind->end(desk.crew, end == RUNNER_DONE);
    if (tally != NULL)
        tally_up(&desk, tally);
    sigprocmask(SIG_SETMASK, &before, NULL);
    writer_close(&desk.text);
    free(desk.hands);
    free(desk.early);
    free(desk.guessed);
    return end;
}

int runner_exit_status(enum runner_end end)
{
    return end == RUNNER_DONE ? 0 : end == RUNNER_STOPPED ? 128 + SIGINT : 2;
}
