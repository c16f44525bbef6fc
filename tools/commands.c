/* The table of commands, and what `help` and the man page say of it. */
#include "tools/command.h"

#include <string.h>

#include "tools/commands/commands.h"
#include "tools/version.h"

const struct command *const commands[] = {
    &run_command,      &experiment_command,  &merge_command,    &advise_command,
    &explore_command,  &compare_command,     &fork_command,     &why_command,
    &schedule_command, &why_pending_command, &validate_command, &completion_command,
    &cron_command,     &convert_command,     &version_command,  NULL,
};

const struct option_info common_options[] = {
    { "output", 'o', "FORMAT", "text (the default) or json, on standard output" },
    { "help", 'h', NULL, "say what this command does" },
    { 0 },
};

const struct command *command_find(const char *name)
{
    for (const struct command *const *command = commands; *command != NULL; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

/* What parts an option from its argument. */
static const char *before_argument(const struct option_info *option)
{
    return option->argument == NULL ? "" : *option->argument == '[' ? "=" : " ";
}

static void print_options(const struct option_info *options, FILE *out)
{
    for (; options->name != NULL; options++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%c --%s%s%s", options->letter ? "-" : " ",
                 options->letter ? options->letter : ' ', options->letter ? ',' : ' ',
                 options->name, before_argument(options),
                 options->argument ? options->argument : "");
        fprintf(out, "  %-30s %s\n", left, options->help);
    }
}

static void print_program_help(FILE *out)
{
    fputs("seatrial: sea trials for a Kubernetes cluster, before it sails\n\n"
          "usage: seatrial COMMAND [OPTION...] [OPERAND...]\n\n",
          out);
    for (const struct command *const *command = commands; *command != NULL; command++)
        fprintf(out, "  %-12s %s\n", (*command)->name, (*command)->summary);
    fputs("\n`seatrial help COMMAND` tells more.\n"
          "Exit status: 0 all is well, 1 a check failed, 2 usage or invalid input, 3 a policy of\n"
          "your own failed.\n",
          out);
}

void command_print_help(const struct command *command, FILE *out)
{
    if (command == NULL) {
        print_program_help(out);
        return;
    }
    fprintf(out, "seatrial %s: %s\n\nusage: seatrial %s [OPTION...] %s\n\n%s\n\n", command->name,
            command->summary, command->name, command->operands, command->description);
    print_options(command->options, out);
    print_options(common_options, out);
}

/* Text for roff: a dash is a minus, a backslash stands for itself, and no line begins a request. */
static void print_roff(const char *text, FILE *out)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((*at == '.' || *at == '\'') && (at == text || at[-1] == '\n'))
            fputs("\\&", out);
        if (*at == '-')
            fputs("\\-", out);
        else if (*at == '\\')
            fputs("\\e", out);
        else if (*at == '\n' && at[1] == '\n')
            fputs("\n.PP", out);
        else
            fputc(*at, out);
    }
}

static void print_roff_options(const struct option_info *options, FILE *out)
{
    for (; options->name != NULL; options++) {
        fputs(".TP\n\\fB", out);
        if (options->letter != 0)
            fprintf(out, "\\-%c\\fR, \\fB", options->letter);
        fputs("\\-\\-", out);
        print_roff(options->name, out);
        fputs("\\fR", out);
        if (options->argument != NULL)
            fprintf(out, "%s\\fI%s\\fR", before_argument(options), options->argument);
        fputc('\n', out);
        print_roff(options->help, out);
        fputc('\n', out);
    }
}

void command_print_manual(FILE *out)
{
    fputs(".TH SEATRIAL 1 \"\" \"seatrial " SEATRIAL_VERSION "\" \"User Commands\"\n"
          ".SH NAME\nseatrial \\- sea trials for a Kubernetes cluster, before it sails\n"
          ".SH SYNOPSIS\n\\fBseatrial\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
          "[\\fIOPERAND\\fR...]\n.SH COMMANDS\n",
          out);
    for (const struct command *const *command = commands; *command != NULL; command++) {
        fprintf(out, ".SS %s %s\n", (*command)->name, (*command)->operands);
        print_roff((*command)->description, out);
        fputc('\n', out);
        print_roff_options((*command)->options, out);
    }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    print_roff_options(common_options, out);
    fputs(".SH EXIT STATUS\n0: all is well. 1: a check failed. 2: usage or invalid input. "
          "3: a policy of your own failed.\n",
          out);
}
