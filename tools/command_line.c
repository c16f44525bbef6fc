/* The command line, over glibc's getopt_long(). */
#include "tools/command.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/nearest.h"

enum { MOST_OPTIONS = 48 };

struct command_line {
    const struct option_info *known[MOST_OPTIONS]; /* the command's own, then the common ones */
    const char **values[MOST_OPTIONS];             /* owned arrays of borrowed texts */
    size_t counts[MOST_OPTIONS], capacities[MOST_OPTIONS];
    size_t option_count;
    const char *const *operands;
    size_t operand_count;
};

static void know(struct command_line *line, const struct option_info *options)
{
    for (; options->name != NULL; options++) {
        assert(line->option_count < MOST_OPTIONS);
        line->known[line->option_count++] = options;
    }
}

static void unknown_option(const struct command_line *line, const struct command *command,
                           const char *said)
{
    struct nearest near = nearest_to(said + strspn(said, "-"));
    for (size_t i = 0; i < line->option_count; i++)
        nearest_offer(&near, line->known[i]->name);
    fprintf(stderr, "seatrial %s: unknown option %s", command->name, said);
    if (near.found != NULL)
        fprintf(stderr, " (did you mean --%s?)", near.found);
    fprintf(stderr, "; see seatrial help %s\n", command->name);
}

static void keep(struct command_line *line, size_t option, const char *value)
{
    MEM_GROW(line->values[option], line->counts[option], line->capacities[option]);
    line->values[option][line->counts[option]++] = value ? value : "";
}

static int argument_of(const struct option_info *info)
{
    if (info->argument == NULL)
        return no_argument;
    return *info->argument == '[' ? optional_argument : required_argument;
}

/* getopt's two tables: long options, whose value is the index of the option + 256, and letters. */
static void getopt_tables(const struct command_line *line, struct option *longs, char *letters)
{
    *letters++ = ':'; /* faults are ours to print */
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option_info *info = line->known[i];
        longs[i] = (struct option){ info->name, argument_of(info), NULL, (int)i + 256 };
        if (info->letter != 0) {
            *letters++ = info->letter;
            if (info->argument != NULL)
                *letters++ = ':';
        }
    }
    *letters = '\0';
}

static size_t option_of_letter(const struct command_line *line, int letter)
{
    size_t i = 0;
    while (line->known[i]->letter != letter)
        i++;
    return i;
}

static bool read_options(struct command_line *line, const struct command *command, int argc,
                         char **argv)
{
    struct option longs[MOST_OPTIONS + 1] = { 0 };
    char letters[2 * MOST_OPTIONS + 2];
    getopt_tables(line, longs, letters);
    opterr = 0;
    optind = 1;
    for (int found; (found = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (found == '?') {
            unknown_option(line, command, argv[optind - 1]);
            return false;
        }
        if (found == ':') {
            fprintf(stderr, "seatrial %s: option %s needs a value; see seatrial help %s\n",
                    command->name, argv[optind - 1], command->name);
            return false;
        }
        keep(line, found >= 256 ? (size_t)found - 256 : option_of_letter(line, found), optarg);
    }
    return true;
}

struct command_line *command_line_read(const struct command *command, int argc, char **argv)
{
    struct command_line *line = mem_new(sizeof *line);
    know(line, command->options);
    know(line, common_options);
    if (!read_options(line, command, argc, argv))
        goto fault;
    line->operands = (const char *const *)argv + optind;
    line->operand_count = (size_t)(argc - optind);
    if (command_line_option(line, "help") == NULL &&
        (line->operand_count < command->operands_least ||
         line->operand_count > command->operands_most)) {
        fprintf(stderr, "seatrial %s: takes %s, got %zu operands; see seatrial help %s\n",
                command->name, *command->operands ? command->operands : "no operands",
                line->operand_count, command->name);
        goto fault;
    }
    return line;
fault:
    command_line_free(line);
    return NULL;
}

void command_line_free(struct command_line *line)
{
    for (size_t i = 0; i < line->option_count; i++)
        free(line->values[i]);
    free(line);
}

static size_t option_named(const struct command_line *line, const char *name)
{
    for (size_t i = 0; i < line->option_count; i++)
        if (strcmp(line->known[i]->name, name) == 0)
            return i;
    assert(!"a command asks for an option that it does not have");
    abort();
}

const char *command_line_option(const struct command_line *line, const char *name)
{
    size_t option = option_named(line, name);
    return line->counts[option] ? line->values[option][line->counts[option] - 1] : NULL;
}

const char *const *command_line_options(const struct command_line *line, const char *name,
                                        size_t *count)
{
    size_t option = option_named(line, name);
    *count = line->counts[option];
    return line->values[option];
}

const char *const *command_line_operands(const struct command_line *line, size_t *count)
{
    *count = line->operand_count;
    return line->operands;
}

bool command_line_wants_json(const struct command_line *line)
{
    const char *output = command_line_option(line, "output");
    return output != NULL && strcmp(output, "json") == 0;
}
