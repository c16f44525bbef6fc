/* kill_study MOMENTS [--file NAME] COMMAND: kill a study at so many random moments and begin it anew each time.
 *
 * {} in the command stands for the directory of the study. What is compared is a file of it, or what the
 * command prints. One line for a table; exit 1 when something was lost, or differs. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/killing.h"

int main(int argc, char **argv)
{
    const bool has_file = argc == 5 && strcmp(argv[2], "--file") == 0;
    if (argc != 3 && !has_file) {
        fputs("usage: kill_study MOMENTS [--file NAME] COMMAND\n", stderr);
        return 2;
    }
    const struct killing killing = {
        .command = argv[argc - 1],
        .file = has_file ? argv[3] : NULL,
        .moments = (unsigned)atoi(argv[1]),
        .seed = 1,
    };
    const struct killed killed = kill_at_random(&killing);
    printf("| `%s` | %.1f | %u | %u | %u | %u | %u | %s |\n", killing.command, killed.seconds,
           killed.whole, killed.first, killed.others, killed.studies, killed.kept,
           killed.fault != NULL ? killed.fault : "nothing lost, the same bytes");
    const int status = killed.fault != NULL;
    free(killed.fault);
    return status;
}
