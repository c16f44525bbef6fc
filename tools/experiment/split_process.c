/* fork(), a pipe, and the end of a copy. */
#include "tools/experiment/split_process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"

/* What a copy has found, or why it could not be played. Fits into a pipe at once. */
struct told {
    struct splitting_tally tally;
    bool done;
    char why[256];
};
_Static_assert(sizeof(struct told) <= PIPE_BUF, "written in one piece");

static const struct place nowhere;

/* ── the copy ── */

static void be_copy(int pipe, pid_t parent, struct run *run, void *state, uint64_t salt,
                    const struct splitting_trial *trial)
{
    struct told told = { .done = false };
    struct error error = { 0 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    run_reseed(run, salt);
    told.done = splitting_play_copy(trial, state, &told.tally, &error);
    if (!told.done) {
        char *why = error_print(&error);
        strncpy(told.why, why, sizeof told.why - 1);
        free(why);
    }
    _exit(write(pipe, &told, sizeof told) == sizeof told ? 0 : 1);
}

/* ── the process it came from ── */

static bool read_told(int pipe, struct told *told)
{
    size_t length = 0;
    while (length < sizeof *told) {
        const ssize_t got = read(pipe, (char *)told + length, sizeof *told - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        length += (size_t)got;
    }
    return true;
}

/* Reap it. What it ended by, if it told nothing. */
static bool reap(pid_t copy, bool has_told, struct error *error)
{
    int status = 0;
    while (waitpid(copy, &status, 0) < 0 && errno == EINTR)
        continue;
    if (has_told)
        return true;
    if (WIFSIGNALED(status))
        return error_set(error, nowhere, "a copy of the run was ended by signal %d",
                         WTERMSIG(status));
    return error_set(error, nowhere, "a copy of the run ended and told nothing");
}

bool split_by_fork(struct run *run, void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error)
{
    int ends[2];
    struct told told;
    if (pipe(ends) != 0)
        return error_set(error, nowhere, "a copy of the run needs a pipe: %s", strerror(errno));
    const pid_t parent = getpid(), copy = fork();
    if (copy == 0) {
        close(ends[0]);
        be_copy(ends[1], parent, run, state, salt, trial);
    }
    close(ends[1]);
    if (copy < 0) {
        close(ends[0]);
        return error_set(error, nowhere, "the run cannot be copied: %s", strerror(errno));
    }
    const bool has_told = read_told(ends[0], &told);
    close(ends[0]);
    if (!reap(copy, has_told, error))
        return false;
    if (!told.done)
        return error_set(error, nowhere, "%s", told.why);
    splitting_add(tally, &told.tally);
    return true;
}
