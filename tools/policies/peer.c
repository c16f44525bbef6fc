/* Pipes, deadlines and children; see peer.h. */
#include "tools/policies/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/memory.h"

static const struct place nowhere = { 0 };

/* --- time of the wall clock ---------------------------------------------------------------- */

static sim_time wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SIM_SECOND + now.tv_nsec;
}

static bool out_of_time(struct peer *peer, sim_time limit, struct error *error)
{
    char text[SIM_TIME_TEXT];
    peer->given_up = true;
    return error_set(error, nowhere, "did not answer within %s", sim_time_print(limit, text));
}

/* --- beginnings ----------------------------------------------------------------------------- */

static void set_non_blocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void peer_of(struct peer *peer, int to, int from)
{
    *peer = (struct peer){ .to = to, .from = from };
    set_non_blocking(to);
    set_non_blocking(from);
}

/* In a child: nothing of ours but the conversation and standard error, and no life without us. What
 * it prints by the way must not end up in our output. */
static void become_peer(int fd, pid_t parent)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* whoever watches us does not watch the policy */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    setpgid(0, 0);
    dup2(fd, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    close_range(3, ~0U, 0);
}

/* fork(), with a pair of connected sockets: ours in the peer, the child's is its standard input. -1
 * with the error. */
static pid_t fork_connected(struct peer *peer, struct error *error)
{
    int ends[2];
    const pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        error_set(error, nowhere, "cannot be started: %s", strerror(errno));
        return -1;
    }
    fflush(NULL); /* so that the child has nothing to flush */
    const pid_t pid = fork();
    if (pid == 0) {
        become_peer(ends[1], parent);
        return 0;
    }
    close(ends[1]);
    if (pid > 0) {
        peer_of(peer, ends[0], ends[0]);
        peer->pid = pid;
        return pid;
    }
    error_set(error, nowhere, "cannot be started: %s", strerror(errno));
    close(ends[0]);
    return -1;
}

bool peer_start(struct peer *peer, const char *command, struct error *error)
{
    const pid_t pid = fork_connected(peer, error);
    if (pid != 0)
        return pid > 0;
    dup2(STDIN_FILENO, STDOUT_FILENO); /* here its output is the answer */
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

bool peer_fork(struct peer *peer, void (*main)(int fd, const void *context), const void *context,
               struct error *error)
{
    const pid_t pid = fork_connected(peer, error);
    if (pid != 0)
        return pid > 0;
    main(STDIN_FILENO, context);
    _exit(0);
}

/* --- ends ----------------------------------------------------------------------------------- */

/* Wait for a child until the deadline; true when it has ended. */
static bool reap(struct peer *peer, sim_time deadline, int *status)
{
    for (;;) {
        const pid_t ended = waitpid(peer->pid, status, WNOHANG);
        if (ended != 0) {
            kill(-peer->pid, SIGKILL); /* what it may have started itself */
            peer->pid = 0;
            return ended > 0;
        }
        if (wall_clock() >= deadline)
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    }
}

void peer_close(struct peer *peer)
{
    int status;
    const sim_time grace = peer->given_up ? 0 : SIM_SECOND;
    if (peer->to >= 0)
        close(peer->to);
    if (peer->from >= 0 && peer->from != peer->to)
        close(peer->from);
    if (peer->pid > 0 && !reap(peer, wall_clock() + grace, &status) && peer->pid > 0) {
        kill(-peer->pid, SIGKILL);
        waitpid(peer->pid, &status, 0);
    }
    writer_close(&peer->inbox);
    *peer = (struct peer){ .to = -1, .from = -1 };
}

/* Which signal ended a child, or, as its shell tells it, the child of its shell; 0: none. */
static int signal_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    return WEXITSTATUS(status) > 128 && WEXITSTATUS(status) < 128 + NSIG ? WEXITSTATUS(status) - 128
                                                                         : 0;
}

/* The other side has hung up: say how it ended, if it is our child. */
static bool has_ended(struct peer *peer, struct error *error)
{
    int status = 0;
    if (peer->pid <= 0)
        return error_set(error, nowhere, "hung up");
    if (!reap(peer, wall_clock() + SIM_SECOND, &status)) {
        peer->given_up = true;
        return error_set(error, nowhere, "closed its output");
    }
    const int signal_number = signal_of(status);
    if (signal_number > 0)
        return error_set(error, nowhere, "crashed: %s (signal %d)", strsignal(signal_number),
                         signal_number);
    if (WEXITSTATUS(status) == 127)
        return error_set(error, nowhere, "ended with status 127: no such command?");
    return error_set(error, nowhere, "ended with status %d", WEXITSTATUS(status));
}

/* --- writing -------------------------------------------------------------------------------- */

/* write() without SIGPIPE, whatever is behind the descriptor. */
static ssize_t write_quietly(int fd, const char *bytes, size_t length)
{
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    sigprocmask(SIG_BLOCK, &pipe, &before);
    const ssize_t written = write(fd, bytes, length);
    const int fault = errno;
    if (written < 0 && fault == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){ 0 });
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = fault;
    return written;
}

/* Take what there is; false when the other side is gone or has said too much. */
static bool take_input(struct peer *peer, struct error *error)
{
    char bytes[65536];
    const ssize_t got = read(peer->from, bytes, sizeof bytes);
    if (got > 0)
        writer_add_bytes(&peer->inbox, bytes, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        return has_ended(peer, error);
    if (peer->inbox.length - peer->taken > PEER_ANSWER_BYTES)
        return error_set(error, nowhere, "answered with more than %d MiB", PEER_ANSWER_BYTES >> 20);
    return true;
}

/* Wait until the other side reads (`output`) or has written; takes what it has written. */
static bool wait_for(struct peer *peer, bool output, sim_time limit, sim_time deadline,
                     struct error *error)
{
    struct pollfd ends[2] = { { .fd = peer->from, .events = POLLIN },
                              { .fd = output ? peer->to : -1, .events = POLLOUT } };
    const sim_time left = deadline - wall_clock();
    if (left <= 0)
        return out_of_time(peer, limit, error);
    if (poll(ends, 2, (int)((left + SIM_MILLISECOND - 1) / SIM_MILLISECOND)) < 0 && errno != EINTR)
        return error_set(error, nowhere, "cannot be waited for: %s", strerror(errno));
    return ends[0].revents == 0 || take_input(peer, error);
}

bool peer_write(struct peer *peer, const char *bytes, size_t length, sim_time limit,
                struct error *error)
{
    const sim_time deadline = wall_clock() + limit;
    while (length > 0) {
        const ssize_t written = write_quietly(peer->to, bytes, length);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return has_ended(peer, error);
        } else if (errno != EAGAIN && errno != EINTR) {
            return error_set(error, nowhere, "cannot be written to: %s", strerror(errno));
        } else if (!wait_for(peer, true, limit, deadline, error)) {
            return false;
        }
    }
    return true;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Forget what was read. */
static void shift_inbox(struct peer *peer)
{
    struct writer *inbox = &peer->inbox;
    if (peer->taken == 0)
        return;
    memmove(inbox->bytes, inbox->bytes + peer->taken, inbox->length - peer->taken);
    inbox->length -= peer->taken;
    peer->taken = 0;
}

char *peer_read(struct peer *peer, size_t length, sim_time limit, struct error *error)
{
    const sim_time deadline = wall_clock() + limit;
    shift_inbox(peer);
    while (peer->inbox.length < length)
        if (!wait_for(peer, false, limit, deadline, error))
            return NULL;
    peer->taken = length;
    return peer->inbox.bytes;
}

char *peer_read_line(struct peer *peer, size_t *length, sim_time limit, struct error *error)
{
    const sim_time deadline = wall_clock() + limit;
    size_t searched = 0;
    shift_inbox(peer);
    for (;;) {
        char *bytes = peer->inbox.bytes;
        char *end = searched < peer->inbox.length
                        ? memchr(bytes + searched, '\n', peer->inbox.length - searched)
                        : NULL;
        if (end != NULL) {
            *end = '\0';
            *length = (size_t)(end - bytes);
            peer->taken = *length + 1;
            return bytes;
        }
        searched = peer->inbox.length;
        if (!wait_for(peer, false, limit, deadline, error))
            return NULL;
    }
}
