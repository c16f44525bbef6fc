/* A study that is killed at random moments, and begun anew: tests/support/killing.h. The long version is
 * in `make check-mpi` and `make long`. */
#include <criterion/criterion.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/killing.h"
#include "tests/support/program.h"

Test(runner_killed, nothing_is_lost_or_counted_twice_whoever_is_killed)
{
    char *toy = build_path("tests/toy_study");
    char *command =
        mem_format("%s {} --taken {}/taken --precision 0.4 --most 200 --work 200 --workers 3", toy);
    const struct killed killed =
        kill_at_random(&(struct killing){ .command = command, .moments = 12, .seed = 20261124 });
    cr_expect_null(killed.fault, "%s", killed.fault);
    cr_expect_geq(killed.whole, 2);
    cr_expect_geq(killed.first, 1);
    cr_expect_geq(killed.others, 2);
    cr_expect_geq(killed.studies, 1);
    cr_expect_gt(killed.kept, 0);
    free(killed.fault);
    free(command);
    free(toy);
}

/* Everything that a program says on a terminal of its own of so many columns, until it ends; `signal`
 * is sent to it once it has said `cue` (NULL: nothing is sent). */
static char *say_on_terminal(const char *arguments, unsigned short columns, const char *cue,
                             int signal, int *status)
{
    char *toy = build_path("tests/toy_study"), *command = mem_format("exec %s %s", toy, arguments);
    struct winsize size = { .ws_row = 24, .ws_col = columns };
    struct writer said = { 0 };
    char block[4096];
    int terminal;
    const pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        unsetenv("BXFI_MAP");
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    writer_add(&said, "");
    for (ssize_t got; (got = read(terminal, block, sizeof block)) > 0;) {
        writer_add_bytes(&said, block, (size_t)got);
        if (cue != NULL && strstr(said.bytes, cue)) {
            kill(pid, signal);
            cue = NULL;
        }
    }
    cr_assert_eq(waitpid(pid, status, 0), pid);
    close(terminal);
    free(command);
    free(toy);
    return writer_take(&said);
}

Test(runner_killed, who_stops_a_study_is_told_how_it_goes_on)
{
    static const struct {
        int signal;
        const char *want;
    } rows[] = {
        { SIGINT, "toy_study: stopped by Interrupt; " },
        { SIGTERM, "toy_study: stopped by Terminated; " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_new();
        char *arguments = mem_format("%s/d --workers 2 --most 1000 --work 400", folder);
        int status;
        char *said = say_on_terminal(arguments, 120, "replications, ", rows[i].signal, &status);
        const char *told = strstr(said, rows[i].want);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 130, "%s", said);
        cr_expect(told != NULL && strstr(told, " finished replications are kept in ") &&
                      strstr(told, "/d/results.db (the same command goes on from there)"),
                  "%s", said);
        char *again = mem_format("%s/d --workers 2 --most 2", folder);
        struct program_run run = program_run_of("tests/toy_study", again);
        cr_expect_str_eq(run.err.bytes, "found 6 played 0 ahead 0\n");
        program_run_close(&run);
        free(again);
        free(said);
        free(arguments);
        folder_remove(folder);
    }
}

Test(runner_killed, the_bar_says_how_fast_how_precise_and_how_long_and_fits_its_terminal)
{
    char *folder = folder_new(), *said;
    char *arguments = mem_format("%s/d --workers 2 --most 60 --work 1000", folder);
    int status;
    said = say_on_terminal(arguments, 120, NULL, 0, &status);
    const char *line = strstr(said, "; mean=1: "), *begin = line;
    cr_assert_not_null(line, "%s", said);
    while (begin > said && *begin != '\r')
        begin--;
    unsigned finished, all;
    double rate;
    cr_expect_eq(sscanf(strchr(begin, ']'), "] %u of about %u replications, %lf/s, about",
                        &finished, &all, &rate),
                 3, "%s", begin);
    cr_expect(finished > 0 && finished < 180 && all == 180 && rate > 1, "%s", begin);
    cr_expect(strstr(begin, " s left; mean=1: "), "%s", begin);
    cr_expect(strstr(begin, " ± "), "%s", begin);
    free(said);
    free(arguments);
    arguments = mem_format("%s/e --workers 2 --most 60 --work 1000", folder);
    said = say_on_terminal(arguments, 30, NULL, 0, &status);
    for (const char *drawn = strstr(said, "\r["); drawn != NULL; drawn = strstr(drawn + 1, "\r["))
        cr_expect_leq(strcspn(drawn + 1, "\x1b"), 29, "%s", drawn);
    cr_expect(strstr(said, "\r["), "%s", said);
    free(said);
    free(arguments);
    folder_remove(folder);
}
