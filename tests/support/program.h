/* The program as its users have it: started, with its exit status and what it printed. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* A path below the build directory, from any test program of it; the caller frees. */
char *build_path(const char *name);

/* A new folder, and its end with everything in it. The caller frees the name. */
char *folder_new(void);
void folder_remove(char *folder);
void folder_write(const char *folder, const char *name, const char *text);

/* Standard output and standard error of a run, and how it ended. */
struct program_run {
    int status; /* its exit status; -1: it was killed */
    struct writer out, err;
};
/* `seatrial ARGUMENTS` in a shell whose directory is the root of the repository. */
struct program_run program_run(const char *arguments);
/* The same of another program of the build: "seatrial-planted". */
struct program_run program_run_of(const char *program, const char *arguments);
void program_run_close(struct program_run *run);

/* Standard output as JSON; fails the test when it is none. */
struct value *program_run_json(const struct program_run *run);

/* Every line of DIR/events.jsonl as JSON: how many there are. Fails the test when one is none, when the
 * last one has no end, or when something half written lies beside it. */
size_t folder_check_events(const char *folder);

#endif
