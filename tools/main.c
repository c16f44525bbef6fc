/* seatrial: reads the command's name and hands over to it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/nearest.h"
#include "tools/command.h"
#include "tools/huge_pages.h"

static int unknown_command(const char *name)
{
    struct nearest near = nearest_to(name);
    for (const struct command *const *command = commands; *command != NULL; command++)
        nearest_offer(&near, (*command)->name);
    fprintf(stderr, "seatrial: unknown command %s", name);
    if (near.found != NULL)
        fprintf(stderr, " (did you mean %s?)", near.found);
    fputs("; see seatrial help\n", stderr);
    return EXIT_BAD_INPUT;
}

static int help(const char *name)
{
    const struct command *command = name ? command_find(name) : NULL;
    if (name != NULL && strcmp(name, "--man") == 0)
        command_print_manual(stdout);
    else if (name != NULL && command == NULL)
        return unknown_command(name);
    else
        command_print_help(command, stdout);
    return EXIT_OK;
}

static bool output_is_known(const struct command *command, const struct command_line *line)
{
    const char *output = command_line_option(line, "output");
    if (output == NULL || strcmp(output, "text") == 0 || strcmp(output, "json") == 0)
        return true;
    fprintf(stderr, "seatrial %s: --output %s: try text or json\n", command->name, output);
    return false;
}

int main(int argc, char **argv)
{
    huge_pages_use();
    if (argc < 2) {
        command_print_help(NULL, stderr);
        return EXIT_BAD_INPUT;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    const struct command *command =
        command_find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    struct command_line *line = command_line_read(command, argc - 1, argv + 1);
    if (line == NULL)
        return EXIT_BAD_INPUT;
    int status = EXIT_BAD_INPUT;
    if (command_line_option(line, "help") != NULL)
        status = help(command->name);
    else if (output_is_known(command, line))
        status = command->run(line);
    command_line_free(line);
    if (fflush(stdout) != 0 || ferror(stdout)) { /* a full disk */
        fprintf(stderr, "seatrial %s: standard output: %s\n", command->name, strerror(errno));
        status = EXIT_BAD_INPUT;
    }
    return status;
}
