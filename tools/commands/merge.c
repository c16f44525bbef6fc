/* seatrial merge: the parts of a study, played apart, become one. */
#include <stdlib.h>

#include "models/api/json.h"
#include "tools/commands/commands.h"
#include "tools/experiment/merge.h"

static int run(const struct command_line *line)
{
    size_t count;
    const char *const *directories = command_line_operands(line, &count);
    const char *into = command_line_option(line, "out");
    struct error error = { 0 };
    struct writer text = { 0 };
    if (into == NULL) {
        fputs("seatrial merge: where to? give a directory with --out; see seatrial help merge\n",
              stderr);
        return EXIT_BAD_INPUT;
    }
    struct value *merged = merge(directories, count, into, &error);
    if (merged == NULL) {
        char *why = error_print(&error);
        fprintf(stderr, "seatrial merge: %s\n", why);
        free(why);
        error_close(&error);
        return EXIT_BAD_INPUT;
    }
    const bool complete = merge_print(merged, &text);
    if (command_line_wants_json(line)) {
        writer_clear(&text);
        json_print(&text, merged, (struct json_style){ .indent = 2 });
        writer_add_char(&text, '\n');
    }
    fwrite(text.bytes, 1, text.length, stdout);
    writer_close(&text);
    value_drop(merged);
    return complete ? EXIT_OK : EXIT_CHECK_FAILED;
}

const struct command merge_command = {
    .name = "merge",
    .operands = "DIR...",
    .summary = "join the parts of a study that were played apart",
    .description =
        "Joins the results of `seatrial experiment STUDY --shard I/N --out DIR` of several "
        "machines into\n"
        "one directory. All must be parts of the same study: the same document, inputs and version "
        "of the\n"
        "program. What several have counts once. Tells what is missing, and ends with status 1 "
        "when\n"
        "something is; `seatrial experiment STUDY --out DIR` then judges the stopping rule and "
        "writes the\n"
        "results, the same bytes as if one machine had played everything.\n\n"
        "    seatrial experiment study.yaml --shard 0/2 --out a      # here\n"
        "    seatrial experiment study.yaml --shard 1/2 --out b      # there\n"
        "    seatrial merge a b --out whole && seatrial experiment study.yaml --out whole",
    .options =
        (const struct option_info[]){
            { "out", 'O', "DIR", "where the whole goes; may be one of the parts" },
            { 0 },
        },
    .operands_least = 1,
    .operands_most = 10000,
    .run = run,
};
