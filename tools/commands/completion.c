/* seatrial completion: a script for the user's shell, made from the table of commands. */
#include "tools/commands/commands.h"

#include <string.h>

static void print_words(const struct option_info *options, FILE *out)
{
    for (; options->name != NULL; options++)
        fprintf(out, " --%s", options->name);
}

static void print_bash(FILE *out)
{
    fputs("_seatrial() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words\n"
          "    case ${COMP_CWORD}:${COMP_WORDS[1]} in\n"
          "    1:*) words=\"help",
          out);
    for (const struct command *const *command = commands; *command != NULL; command++)
        fprintf(out, " %s", (*command)->name);
    fputs("\" ;;\n", out);
    for (const struct command *const *command = commands; *command != NULL; command++) {
        fprintf(out, "    *:%s) words=\"", (*command)->name);
        print_words((*command)->options, out);
        print_words(common_options, out);
        fputs("\" ;;\n", out);
    }
    fputs("    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -o default -F _seatrial seatrial\n",
          out);
}

static void print_fish(FILE *out)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        fprintf(out, "complete -c seatrial -n __fish_use_subcommand -a %s -d '%s'\n",
                (*command)->name, (*command)->summary);
        for (const struct option_info *option = (*command)->options; option->name; option++)
            fprintf(out, "complete -c seatrial -n '__fish_seen_subcommand_from %s' -l %s -d '%s'\n",
                    (*command)->name, option->name, option->help);
    }
}

static int completion(const struct command_line *line)
{
    size_t count;
    const char *shell = command_line_operands(line, &count)[0];
    if (strcmp(shell, "zsh") == 0)
        fputs("autoload -U +X bashcompinit && bashcompinit\n", stdout);
    if (strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0) {
        print_bash(stdout);
    } else if (strcmp(shell, "fish") == 0) {
        print_fish(stdout);
    } else {
        fprintf(stderr, "seatrial completion: no script for %s: try bash, zsh or fish\n", shell);
        return EXIT_BAD_INPUT;
    }
    return EXIT_OK;
}

const struct command completion_command = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .summary = "print a completion script for a shell",
    .description = "Prints a script that completes commands and options. For bash:\n"
                   "    seatrial completion bash > /etc/bash_completion.d/seatrial",
    .options = (const struct option_info[]){ { 0 } },
    .operands_least = 1,
    .operands_most = 1,
    .run = completion,
};
