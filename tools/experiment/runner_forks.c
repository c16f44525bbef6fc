/* Forked workers: each reads its task from a socket, plays it, and answers on the same socket.
 *
 * They share what the parent had read when they were forked, and end when it ends, however that is
 * (PR_SET_PDEATHSIG). A worker that ends by itself closes its socket, which is how the parent learns of
 * it. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/experiment/runner_crew.h"

/* What a worker answers: this, then the text. */
struct answer {
    uint32_t heard; /* enum heard */
    uint32_t length;
};

struct worker {
    pid_t pid;           /* 0: not forked, or reaped */
    int socket;          /* our end; -1: none */
    struct writer inbox; /* of an answer, as far as it has come */
};

struct forks {
    struct crew crew;
    const struct runner_job *job;
    struct worker *workers;
    struct pollfd *polled;
};

/* --- in a worker ------------------------------------------------------------------------------- */

static bool send_all(int socket, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        const ssize_t sent = send(socket, at, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void work(const struct runner_job *job, int socket)
{
    struct writer text = { 0 };
    for (struct task task; recv(socket, &task, sizeof task, MSG_WAITALL) == sizeof task;) {
        struct error error = { 0 };
        writer_clear(&text);
        enum heard heard = HEARD_RESULT;
        if (!job->play(job->context, task, &text, &error)) {
            char *why = error_print(&error);
            heard = HEARD_FAULT;
            writer_clear(&text);
            writer_add(&text, why);
            free(why);
        }
        error_close(&error);
        assert(text.length <= 1u << 30);
        const struct answer answer = { heard, (uint32_t)text.length };
        if (!send_all(socket, &answer, sizeof answer) || !send_all(socket, text.bytes, text.length))
            break;
    }
    writer_close(&text);
}

/* What a terminal says to the whole group is the parent's to answer; all else has its usual effect. */
static void become_worker(struct forks *forks, pid_t parent)
{
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (unsigned i = 0; i < forks->crew.size; i++)
        if (forks->workers[i].socket >= 0)
            close(forks->workers[i].socket);
}

/* --- in the parent ----------------------------------------------------------------------------- */

static bool start(struct forks *forks, unsigned number, struct error *error)
{
    struct worker *worker = &forks->workers[number];
    const pid_t parent = getpid();
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(error, (struct place){ 0 }, "no worker can be started: %m");
    fflush(NULL); /* so that a worker has nothing to flush */
    worker->pid = fork();
    if (worker->pid == 0) {
        become_worker(forks, parent);
        work(forks->job, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (worker->pid < 0) {
        worker->pid = 0;
        close(ends[0]);
        return error_set(error, (struct place){ 0 }, "no worker can be started: %m");
    }
    worker->socket = ends[0];
    return true;
}

static bool give(struct crew *crew, unsigned number, struct task task, struct error *error)
{
    struct forks *forks = (struct forks *)crew;
    if (forks->workers[number].socket < 0 && !start(forks, number, error))
        return false;
    /* If the worker is no more, its socket tells. */
    send_all(forks->workers[number].socket, &task, sizeof task);
    return true;
}

/* A whole answer, if it has come. */
static bool unpack(struct worker *worker, enum heard *heard, struct writer *text)
{
    struct answer answer;
    if (worker->inbox.length < sizeof answer)
        return false;
    memcpy(&answer, worker->inbox.bytes, sizeof answer);
    if (worker->inbox.length < sizeof answer + answer.length)
        return false;
    *heard = answer.heard;
    writer_clear(text);
    writer_add_bytes(text, worker->inbox.bytes + sizeof answer, answer.length);
    writer_clear(&worker->inbox);
    return true;
}

/* How a worker ended that closed its socket. */
static void bury(struct worker *worker, struct writer *text)
{
    int status = 0;
    close(worker->socket);
    worker->socket = -1;
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    worker->pid = 0;
    writer_clear(text);
    if (WIFSIGNALED(status))
        writer_format(text, "was ended by signal %d (%s)", WTERMSIG(status),
                      strsignal(WTERMSIG(status)));
    else
        writer_format(text, "ended with status %d", WEXITSTATUS(status));
}

/* Take what has come from a worker. */
static enum heard attend(struct worker *worker, struct writer *text)
{
    char block[65536];
    enum heard heard;
    const ssize_t got = recv(worker->socket, block, sizeof block, MSG_DONTWAIT);
    if (got > 0) {
        writer_add_bytes(&worker->inbox, block, (size_t)got);
        return unpack(worker, &heard, text) ? heard : HEARD_NOTHING;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return HEARD_NOTHING;
    bury(worker, text);
    return HEARD_LOST;
}

static enum heard hear(struct crew *crew, int patience_ms, unsigned *number, struct writer *text)
{
    struct forks *forks = (struct forks *)crew;
    for (unsigned i = 0; i < crew->size; i++) /* poll() passes over descriptors below 0 */
        forks->polled[i] = (struct pollfd){ .fd = forks->workers[i].socket, .events = POLLIN };
    if (poll(forks->polled, crew->size, patience_ms) <= 0)
        return HEARD_NOTHING;
    for (unsigned i = 0; i < crew->size; i++) {
        if (forks->polled[i].revents == 0)
            continue;
        const enum heard heard = attend(&forks->workers[i], text);
        *number = i;
        if (heard != HEARD_NOTHING)
            return heard;
    }
    return HEARD_NOTHING;
}

/* Nobody is waited for: who still plays, plays what nobody wants. */
static void end(struct crew *crew, bool well)
{
    struct forks *forks = (struct forks *)crew;
    (void)well;
    for (unsigned i = 0; i < crew->size; i++)
        if (forks->workers[i].pid > 0)
            kill(forks->workers[i].pid, SIGKILL);
    for (unsigned i = 0; i < crew->size; i++) {
        struct worker *worker = &forks->workers[i];
        if (worker->pid > 0)
            waitpid(worker->pid, NULL, 0);
        if (worker->socket >= 0)
            close(worker->socket);
        writer_close(&worker->inbox);
    }
    free(forks->workers);
    free(forks->polled);
    free(forks);
}

struct crew *crew_of_forks(const struct runner_job *job)
{
    static const struct crew_kind kind = { .give = give, .hear = hear, .end = end };
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct forks *forks = mem_new(sizeof *forks);
    forks->crew.kind = &kind;
    forks->crew.size = job->workers > 0 ? job->workers : processors > 0 ? (unsigned)processors : 1;
    forks->job = job;
    forks->workers = mem_new(forks->crew.size * sizeof *forks->workers);
    forks->polled = mem_new(forks->crew.size * sizeof *forks->polled);
    for (unsigned i = 0; i < forks->crew.size; i++)
        forks->workers[i].socket = -1;
    return &forks->crew;
}
