/* The ranks of an MPI program as workers: rank 0 deals out and writes, the others play.
 *
 * Rank 0 says {PLAY, task} or {OVER}; the others say {HELLO, identity} once, and then {heard, text} for each
 * task. When a rank is killed mpirun ends all of them; what was finished is in the database of rank
 * 0, and the next run goes on from there. */
#include <assert.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/experiment/mpi_link.h"
#include "tools/experiment/runner_crew.h"
#include "tools/files.h"

enum { PLAY = 1, OVER = 2 }; /* from rank 0 */
enum { HELLO = 100 };        /* to rank 0, besides enum heard */
enum { GRACE_SECONDS = 2 };

static const struct place nowhere = { 0 };

struct order {
    uint32_t what;
    struct task task;
};

struct ranks {
    struct crew crew;
    const struct mpi_link *link;
    bool *busy; /* by worker, which is rank - 1 */
};

/* --- the launcher ------------------------------------------------------------------------------- */

/* A number of the environment that Open MPI's mpirun makes (its FAQ, "Running MPI jobs"). */
static long launcher_number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? atol(text) : otherwise;
}

bool mpi_is_wanted(void)
{
    return launcher_number("OMPI_COMM_WORLD_SIZE", 1) > 1;
}

bool runner_is_first(void)
{
    return !mpi_is_wanted() || launcher_number("OMPI_COMM_WORLD_RANK", 0) == 0;
}

/* Beside the program, or where `make install` puts it; the caller frees. */
static char *link_path(void)
{
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *directory = path_directory(program);
    char *path = path_join(directory, "seatrial-mpi.so");
    if (access(path, F_OK) != 0) {
        free(path);
        path = path_join(directory, "../lib/seatrial/seatrial-mpi.so");
    }
    free(directory);
    return path;
}

static const struct mpi_link *open_link(struct error *error)
{
    char *path = link_path();
    const char *named = getenv("SEATRIAL_MPI");
    /* Open MPI's own plugins look for symbols of the library that opened them. */
    void *object = dlopen(named != NULL && *named != '\0' ? named : path, RTLD_NOW | RTLD_GLOBAL);
    const struct mpi_link *link = object != NULL ? dlsym(object, MPI_LINK_SYMBOL) : NULL;
    if (link == NULL)
        error_set(
            error, nowhere,
            "started by mpirun with %ld ranks, but what speaks MPI cannot be loaded: %s (make "
            "it with `make mpi`, and let it lie beside the program, or name it with "
            "SEATRIAL_MPI)",
            launcher_number("OMPI_COMM_WORLD_SIZE", 1), dlerror());
    free(path);
    return link;
}

/* --- in the ranks that play --------------------------------------------------------------------- */

/* A message is 4 bytes that say what it is, and a text. */
static void say(const struct mpi_link *link, uint32_t what, const char *text, size_t length)
{
    struct writer message = { 0 };
    writer_add_bytes(&message, (const char *)&what, sizeof what);
    writer_add_bytes(&message, text, length);
    link->send(0, message.bytes, message.length);
    writer_close(&message);
}

static void play(const struct mpi_link *link, const struct runner_job *job, struct task task)
{
    struct writer text = { 0 };
    struct error error = { 0 };
    writer_add(&text, "");
    if (job->play(job->context, task, &text, &error)) {
        assert(text.length <= 1u << 30);
        say(link, HEARD_RESULT, text.bytes, text.length);
    } else {
        char *why = error_print(&error);
        say(link, HEARD_FAULT, why, strlen(why));
        free(why);
    }
    error_close(&error);
    writer_close(&text);
}

static void __attribute__((noreturn))
work(const struct mpi_link *link, const struct runner_job *job)
{
    struct order order = { .what = PLAY };
    say(link, HELLO, job->identity, strlen(job->identity));
    while (order.what == PLAY) {
        char *bytes;
        size_t length;
        link->receive(-1, &bytes, &length);
        assert(length == sizeof order);
        memcpy(&order, bytes, sizeof order);
        free(bytes);
        if (order.what == PLAY)
            play(link, job, order.task);
    }
    link->end();
    exit(0);
}

/* mpirun ends a rank with SIGTERM; there is nothing to put in order. */
static void unblock_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Rank 0 says what is wrong, and its end is the end of all. Unless only we see it. */
static void __attribute__((noreturn)) give_up(const struct error *error)
{
    unblock_signals();
    sleep(GRACE_SECONDS);
    fprintf(stderr, "seatrial, rank %ld: %s\n", launcher_number("OMPI_COMM_WORLD_RANK", 0),
            error->text);
    exit(2);
}

/* --- in rank 0 ---------------------------------------------------------------------------------- */

static bool give(struct crew *crew, unsigned worker, struct task task, struct error *error)
{
    struct ranks *ranks = (struct ranks *)crew;
    const struct order order = { PLAY, task };
    (void)error;
    ranks->busy[worker] = true;
    ranks->link->send((int)worker + 1, &order, sizeof order);
    return true;
}

/* The next message, parted into what it says and its text; false when none comes. */
static bool receive(struct ranks *ranks, int patience_ms, unsigned *worker, uint32_t *what,
                    struct writer *text)
{
    char *bytes;
    size_t length;
    const int rank = ranks->link->receive(patience_ms, &bytes, &length);
    if (rank < 0)
        return false;
    assert(rank > 0 && length >= sizeof *what);
    *worker = (unsigned)rank - 1;
    memcpy(what, bytes, sizeof *what);
    writer_clear(text);
    writer_add_bytes(text, bytes + sizeof *what, length - sizeof *what);
    free(bytes);
    return true;
}

static enum heard hear(struct crew *crew, int patience_ms, unsigned *worker, struct writer *text)
{
    struct ranks *ranks = (struct ranks *)crew;
    uint32_t what;
    if (!receive(ranks, patience_ms, worker, &what, text))
        return HEARD_NOTHING;
    ranks->busy[*worker] = false;
    return (enum heard)what;
}

static bool some_are_busy(const struct ranks *ranks)
{
    for (unsigned i = 0; i < ranks->crew.size; i++)
        if (ranks->busy[i])
            return true;
    return false;
}

/* A rank that plays cannot be called off. If all is well it is waited for; if not, we leave without a word,
 * upon which mpirun ends the others. */
static void end(struct crew *crew, bool well)
{
    struct ranks *ranks = (struct ranks *)crew;
    const struct order over = { .what = OVER };
    struct writer text = { 0 };
    unsigned worker;
    while (well && some_are_busy(ranks))
        hear(crew, -1, &worker, &text);
    if (!some_are_busy(ranks)) {
        for (unsigned i = 0; i < crew->size; i++)
            ranks->link->send((int)i + 1, &over, sizeof over);
        ranks->link->end();
    }
    writer_close(&text);
    free(ranks->busy);
    free(ranks);
}

/* That all ranks were started with the same program and the same inputs. */
static bool greet(struct ranks *ranks, const struct runner_job *job, struct error *error)
{
    struct writer identity = { 0 };
    bool same = true;
    for (unsigned i = 0; i < ranks->crew.size && same; i++) {
        unsigned worker = i;
        uint32_t what;
        same = receive(ranks, -1, &worker, &what, &identity) && what == HELLO &&
               identity.length == strlen(job->identity) &&
               memcmp(identity.bytes, job->identity, identity.length) == 0;
        if (!same)
            error_set(error, nowhere,
                      "rank %u has other inputs or another version of the program than rank 0 "
                      "(every machine needs the same)",
                      worker + 1);
    }
    writer_close(&identity);
    return same;
}

struct crew *crew_of_ranks(const struct runner_job *job, struct error *error)
{
    static const struct crew_kind kind = { .give = give, .hear = hear, .end = end };
    int rank, size;
    const struct mpi_link *link = open_link(error);
    if (link == NULL && !runner_is_first())
        give_up(error);
    if (link == NULL)
        return NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the launcher's end is ours */
    link->begin(&rank, &size);
    if (rank > 0) {
        unblock_signals();
        work(link, job);
    }
    struct ranks *ranks = mem_new(sizeof *ranks);
    ranks->crew = (struct crew){ &kind, (unsigned)size - 1 };
    ranks->link = link;
    ranks->busy = mem_new((size_t)size * sizeof *ranks->busy);
    if (greet(ranks, job, error))
        return &ranks->crew;
    free(ranks->busy);
    free(ranks);
    return NULL;
}
