/* Commands of the program: what they are, and what the command line said.
 *
 * A command is a const: a name, its options, and a function. One table of options drives
 * parsing, `help`, the man page and shell completion. Adding a command is one file in
 * tools/commands/ and one line in the table in commands.c. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses: 0 all is well, 1 a threshold or check failed, 2 usage or invalid input, 3 a policy
 * of the user's own failed while the run went on, and what was played until then is told. */
enum exit_status { EXIT_OK = 0, EXIT_CHECK_FAILED = 1, EXIT_BAD_INPUT = 2, EXIT_POLICY_FAILED = 3 };

struct option_info {
    const char *name;     /* without dashes */
    char letter;          /* 0: none */
    const char *argument; /* "FILE"; "[POD]": may be left out; NULL: a flag */
    const char *help;     /* one line */
};

struct command_line;

struct command {
    const char *name;
    const char *operands;              /* "[SCENARIO]" */
    const char *summary;               /* one line, no full stop */
    const char *description;           /* paragraphs for `help` and the man page */
    const struct option_info *options; /* ends with a NULL name */
    size_t operands_least, operands_most;
    int (*run)(const struct command_line *line);
};

/* The table of commands, ends with NULL, and the options that all of them take. */
extern const struct command *const commands[];
extern const struct option_info common_options[];

/* The command with this name; NULL when there is none. */
const struct command *command_find(const char *name);

/* What was said: valid while argv is. Faults are printed, with the nearest name, to standard error. */
struct command_line *command_line_read(const struct command *command, int argc, char **argv);
void command_line_free(struct command_line *line);

/* The last value of an option, NULL when it was not given ("" for a flag, or an argument that was
 * left out). */
const char *command_line_option(const struct command_line *line, const char *name);
/* All values of an option that may be repeated, in order. */
const char *const *command_line_options(const struct command_line *line, const char *name,
                                        size_t *count);
const char *const *command_line_operands(const struct command_line *line, size_t *count);

/* --output json was asked for. */
bool command_line_wants_json(const struct command_line *line);

/* Usage of one command, or of the program for NULL. */
void command_print_help(const struct command *command, FILE *out);
/* The whole program as a man page (roff). */
void command_print_manual(FILE *out);

#endif
