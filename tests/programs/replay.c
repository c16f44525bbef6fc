/* build/tests/replay DIR... [--emit OUT]: play recorded scenarios and compare.
 *
 * A line a scenario: whether our timeline agrees with the recorded one under the rules of
 * COMPARING.md, and how many of the users' commands replied as recorded. With --emit our
 * timeline.jsonl and events.jsonl stay in OUT/NAME; with -v every difference is printed. Exit 1 unless all
 * agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/replay_compare.h"

struct flags {
    const char *emit;
    bool verbose;
};

static bool play(const char *directory, const struct flags *flags)
{
    struct verdict verdict;
    struct error error = { 0 };
    if (!replay_compare(&verdict, directory, flags->emit, &error)) {
        char *text = error_print(&error);
        fprintf(stderr, "replay: %s\n", text);
        free(text);
        error_close(&error);
        return false;
    }
    const bool agrees = verdict.differences == 0;
    printf("%-36s compared 1  agreed %d  replies %zu/%zu\n", verdict.name, agrees,
           verdict.replies_agreed, verdict.replies);
    if (!agrees || flags->verbose)
        printf("%s", verdict.report.bytes ? verdict.report.bytes : "");
    if (flags->verbose)
        printf("%s", verdict.reply_report.bytes ? verdict.reply_report.bytes : "");
    verdict_close(&verdict);
    return agrees;
}

int main(int argc, char **argv)
{
    struct flags flags = { 0 };
    int compared = 0, agreed = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--emit") == 0 && i + 1 < argc)
            flags.emit = argv[++i];
        else if (strcmp(argv[i], "-v") == 0)
            flags.verbose = true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--emit") == 0)
            i++;
        else if (strcmp(argv[i], "-v") != 0) {
            compared++;
            agreed += play(argv[i], &flags);
        }
    }
    if (compared == 0) {
        fprintf(stderr, "usage: replay DIR... [--emit OUT] [-v]\n");
        return 2;
    }
    printf("compared %d  agreed %d\n", compared, agreed);
    return agreed == compared ? 0 : 1;
}
