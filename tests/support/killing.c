/* Killing a study; see killing.h. */
#include "tests/support/killing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/chance/stream.h"
#include "tools/experiment/results_book.h"
#include "tools/progress.h"

enum { MOST_PROCESSES = 512, PATIENCE_SECONDS = 60 };

/* --- what a study has left behind -------------------------------------------------------------- */

struct row {
    struct task task;
    char *json;
};

struct rows {
    struct row *items;
    size_t count, capacity;
};

static bool keep_row(void *context, struct task task, const char *json, size_t length)
{
    struct rows *rows = context;
    MEM_GROW(rows->items, rows->count, rows->capacity);
    rows->items[rows->count++] = (struct row){ task, mem_text(json, length) };
    return true;
}

static void rows_close(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->items[i].json);
    free(rows->items);
    *rows = (struct rows){ 0 };
}

static int by_task(const void *a, const void *b)
{
    const struct task *x = &((const struct row *)a)->task, *y = &((const struct row *)b)->task;
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    return x->replication < y->replication ? -1 : x->replication > y->replication;
}

static const struct row *rows_find(const struct rows *rows, struct task task)
{
    const struct row wanted = { .task = task };
    return rows->count == 0 ? NULL
                            : bsearch(&wanted, rows->items, rows->count, sizeof wanted, by_task);
}

static void shell(const char *command)
{
    if (system(command) != 0)
        abort();
}

/* From a copy, so that it is the study itself that recovers the database. */
static struct rows read_rows(const char *directory)
{
    struct rows rows = { 0 };
    struct book_study study;
    struct error error = { 0 };
    char *copy = mem_format("%s.copy", directory);
    char *command = mem_format("rm -rf %s && mkdir %s && cp %s/results.db* %s 2>/dev/null || true",
                               copy, copy, directory, copy);
    shell(command);
    struct book *book = book_open_any(copy, &study, &error);
    if (book != NULL)
        book_each(book, keep_row, &rows);
    book_close(book);
    error_close(&error);
    free(command);
    command = mem_format("rm -rf %s", copy);
    shell(command);
    free(command);
    free(copy);
    return rows;
}

static char *whole_file(const char *directory, const char *name)
{
    struct writer text = { 0 };
    char block[65536], *path = mem_format("%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    writer_add(&text, "");
    for (size_t got; file != NULL && (got = fread(block, 1, sizeof block, file)) > 0;)
        writer_add_bytes(&text, block, got);
    if (file != NULL)
        fclose(file);
    free(path);
    return writer_take(&text);
}

/* --- processes --------------------------------------------------------------------------------- */

struct processes {
    pid_t ids[MOST_PROCESSES];
    size_t count;
};

/* The parent of a process by /proc, 0 when there is none, or it has ended and waits to be reaped. */
static pid_t parent_of(const char *id)
{
    char path[300], line[512], state = 'Z';
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", id);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    const char *end = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
    if (end != NULL && sscanf(end + 1, " %c %d", &state, &parent) != 2)
        parent = 0;
    fclose(file);
    return state == 'Z' ? 0 : (pid_t)parent;
}

static bool has(const struct processes *processes, pid_t id)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->ids[i] == id)
            return true;
    return false;
}

/* A process and all that came of it, itself first. */
static struct processes family(pid_t first)
{
    struct processes found = { .ids = { first }, .count = 1 };
    for (size_t before = 0; before < found.count;) {
        DIR *all = opendir("/proc");
        before = found.count;
        for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) {
            const pid_t id = (pid_t)atoi(entry->d_name);
            if (id > 1 && found.count < MOST_PROCESSES && !has(&found, id) &&
                has(&found, parent_of(entry->d_name)))
                found.ids[found.count++] = id;
        }
        if (all != NULL)
            closedir(all);
    }
    return found;
}

static void nap(double seconds)
{
    nanosleep(&(struct timespec){ .tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) },
              NULL);
}

static pid_t start(const char *command, const char *directory)
{
    char *filled = mem_text("", 0);
    for (const char *at = command, *next; at != NULL; at = next != NULL ? next + 2 : NULL) {
        next = strstr(at, "{}");
        char *longer = mem_format("%s%.*s%s", filled, next != NULL ? (int)(next - at) : 4096, at,
                                  next != NULL ? directory : "");
        free(filled);
        filled = longer;
    }
    char *whole =
        mem_format("exec %s > %s.out 2> %s.err < /dev/null", filled, directory, directory);
    mkdir(directory, 0777);
    const pid_t id = fork();
    if (id == 0) {
        setpgid(0, 0);
        unsetenv("BXFI_MAP"); /* or it would take itself for a test of ours */
        /* A leak checker looks from a process of its own; whose is killed at its exit waits for ever. */
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        execl("/bin/sh", "sh", "-c", whole, (char *)NULL);
        _exit(127);
    }
    free(filled);
    free(whole);
    return id;
}

/* Wait for one of ours until the moment; true: it ended. */
static bool ended_by(pid_t id, double until, int *status)
{
    while (waitpid(id, status, WNOHANG) != id) {
        if (wall_seconds() >= until)
            return false;
        nap(0.001);
    }
    return true;
}

/* Until all who came of it have ended: we are their reaper. */
static bool all_ended(double until)
{
    for (;;) {
        const pid_t id = waitpid(-1, NULL, WNOHANG);
        if (id < 0 && errno == ECHILD)
            return true;
        if (id == 0) {
            if (wall_seconds() >= until)
                return false;
            nap(0.001);
        }
    }
}

/* --- a study that is killed --------------------------------------------------------------------- */

struct killer {
    const struct killing *killing;
    struct killed killed;
    char *folder, *reference, *directory;
    struct rows right, before;
    char *result;                          /* of the one that nobody kills */
    struct stream moments, victims, which; /* of their own: who is killed does not hang on when */
};

static bool fault(struct killer *killer, const char *what)
{
    if (killer->killed.fault == NULL) {
        char *said = whole_file(killer->folder, "study.err");
        killer->killed.fault = mem_format("%s%s%s", what, *said ? "; it said: " : "", said);
        free(said);
    }
    return false;
}

static char *result_of(const struct killer *killer, const char *directory)
{
    if (killer->killing->file != NULL)
        return whole_file(directory, killer->killing->file);
    char *name = mem_format("%s.out", strrchr(directory, '/') + 1);
    char *result = whole_file(killer->folder, name);
    free(name);
    return result;
}

/* Everything that was there is there, and says what it should. */
static bool check_kept(struct killer *killer)
{
    struct rows now = read_rows(killer->directory);
    char *taken = whole_file(killer->directory, "taken");
    bool fine = true;
    for (size_t i = 0; i < killer->before.count; i++)
        if (rows_find(&now, killer->before.items[i].task) == NULL)
            fine = fault(killer, "a replication that was kept is lost");
    for (size_t i = 0; i < now.count; i++) {
        const struct row *right = rows_find(&killer->right, now.items[i].task);
        if (right != NULL && strcmp(right->json, now.items[i].json) != 0)
            fine = fault(killer, "a replication has another result than without kills");
    }
    struct task task;
    for (const char *line = taken; sscanf(line, "%u %u", &task.point, &task.replication) == 2;) {
        if (rows_find(&now, task) == NULL)
            fine = fault(killer, "a replication that was taken is not in the database");
        line += strcspn(line, "\n");
        line += *line != '\0';
    }
    free(taken);
    rows_close(&killer->before);
    killer->before = now;
    return fine;
}

/* It came to its end: are the results what they should be? Then from an empty directory. */
static bool finish(struct killer *killer, int status)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fault(killer, "the study failed, and nobody had killed anything");
    char *result = result_of(killer, killer->directory);
    const bool same = strcmp(result, killer->result) == 0;
    char *command = mem_format("rm -rf %s", killer->directory);
    free(result);
    if (!same) {
        free(command);
        return fault(killer, "the results differ from those without kills");
    }
    if (!check_kept(killer)) {
        free(command);
        return false;
    }
    shell(command);
    free(command);
    rows_close(&killer->before);
    killer->killed.studies++;
    return true;
}

/* A third of the time all of them, a sixth the first, half the time one of the others. */
static void strike(struct killer *killer, pid_t first)
{
    const struct processes all = family(first);
    const uint64_t draw = stream_below(&killer->victims, 6);
    if (draw < 2) {
        for (size_t i = 0; i < all.count; i++)
            kill(all.ids[i], SIGKILL);
        killer->killed.whole++;
    } else if (draw == 2 || all.count == 1) {
        kill(first, SIGKILL);
        killer->killed.first++;
    } else {
        kill(all.ids[1 + stream_below(&killer->which, all.count - 1)], SIGKILL);
        killer->killed.others++;
    }
}

/* Start, or start anew; kill at a random moment, unless it ends before. */
static bool one_moment(struct killer *killer)
{
    int status;
    const unsigned before = (unsigned)killer->before.count;
    const double moment = killer->killed.seconds * stream_uniform(&killer->moments);
    const pid_t first = start(killer->killing->command, killer->directory);
    if (ended_by(first, wall_seconds() + moment, &status))
        return finish(killer, status);
    strike(killer, first);
    killer->killed.kept += before;
    if (!ended_by(first, wall_seconds() + PATIENCE_SECONDS, &status) ||
        !all_ended(wall_seconds() + PATIENCE_SECONDS))
        return fault(killer, "it neither goes on nor ends after one of its processes was killed");
    return check_kept(killer);
}

static bool play_reference(struct killer *killer)
{
    int status;
    const double began = wall_seconds();
    const pid_t first = start(killer->killing->command, killer->reference);
    while (waitpid(first, &status, 0) < 0 && errno == EINTR)
        ;
    killer->killed.seconds = wall_seconds() - began;
    killer->right = read_rows(killer->reference);
    killer->result = result_of(killer, killer->reference);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || killer->right.count == 0 ||
        *killer->result == '\0') {
        char *said = whole_file(killer->folder, "reference.err");
        fault(killer, said);
        free(said);
    }
    return killer->killed.fault == NULL;
}

static unsigned strikes(const struct killed *killed)
{
    return killed->whole + killed->first + killed->others;
}

struct killed kill_at_random(const struct killing *killing)
{
    struct killer killer = {
        .killing = killing,
        .folder = mem_format("/tmp/seatrial-kill-XXXXXX"),
        .moments = stream_of(killing->seed, "", "killer", "moments", 0),
        .victims = stream_of(killing->seed, "", "killer", "victims", 0),
        .which = stream_of(killing->seed, "", "killer", "which", 0),
    };
    if (mkdtemp(killer.folder) == NULL)
        abort();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    killer.reference = mem_format("%s/reference", killer.folder);
    killer.directory = mem_format("%s/study", killer.folder);
    bool fine = play_reference(&killer);
    while (fine && strikes(&killer.killed) < killing->moments)
        fine = one_moment(&killer);
    for (unsigned studies = killer.killed.studies; fine && killer.killed.studies == studies;) {
        int status; /* the last one comes to its end, whatever was done to it */
        const pid_t first = start(killing->command, killer.directory);
        while (waitpid(first, &status, 0) < 0 && errno == EINTR)
            ;
        fine = finish(&killer, status);
    }
    char *command = mem_format("rm -rf %s", killer.folder);
    shell(command);
    free(command);
    rows_close(&killer.right);
    rows_close(&killer.before);
    free(killer.result);
    free(killer.reference);
    free(killer.directory);
    free(killer.folder);
    return killer.killed;
}
