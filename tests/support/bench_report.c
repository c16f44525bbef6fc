/* The head of a bench's table. */
#include "tests/support/bench_report.h"

#include <stdio.h>
#include <string.h>

/* The first line a command prints; "unknown" where it prints none. */
static const char *first_line(const char *command, char line[256])
{
    FILE *pipe = popen(command, "r");
    if (pipe == NULL || fgets(line, 256, pipe) == NULL)
        strcpy(line, "unknown");
    if (pipe != NULL)
        pclose(pipe);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

void bench_report_head(struct writer *report, const char *title)
{
    char line[256];
    writer_format(report, "# %s\n\nVersion %s", title,
                  first_line("git rev-parse --short HEAD 2> /dev/null", line));
    writer_format(report, ", %s.\n",
                  first_line("sed -n 's/^model name.*: //p' /proc/cpuinfo 2> /dev/null", line));
}
