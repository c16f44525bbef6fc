/* seatrial schedule: where would these pods go, and why? No time passes. */
#include <stdlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/files.h"
#include "tools/inputs.h"
#include "tools/schedule/script.h"

/* --- scripts -------------------------------------------------------------------------------- */

/* The one JSON document of a file; NULL with the error. */
static struct value *read_document(const char *path, char **bytes, struct error_list *faults)
{
    struct error error = { 0 };
    size_t length;
    *bytes = file_read(path, &length, &error);
    struct value *document =
        *bytes != NULL ? json_read(*bytes, length, (struct place){ path, 1, 1 }, NULL, &error)
                       : NULL;
    error_list_take(faults, &error);
    return document;
}

static int play_script(const char *path)
{
    struct error_list faults = { 0 };
    char *bytes = NULL;
    struct value *document = read_document(path, &bytes, &faults);
    struct value *answer = document != NULL ? script_run(document, NULL, &faults) : NULL;
    const int status = answer != NULL ? EXIT_OK : EXIT_BAD_INPUT;
    if (answer != NULL) {
        char *text = json_text(answer, (struct json_style){ .indent = 1 });
        puts(text);
        free(text);
    }
    errors_print(&faults);
    error_list_close(&faults);
    value_drop(answer);
    value_drop(document);
    free(bytes);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static int schedule(const struct command_line *line)
{
    return play_script(command_line_option(line, "script"));
}

const struct command schedule_command = {
    .name = "schedule",
    .operands = "",
    .summary = "tell where pods would go, and why; no time passes",
    .description = "Plays a recorded case and prints what happened as JSON, in the form of its\n"
                   "`expected`.\n\n"
                   "    seatrial schedule --script case.json -o json",
    .options =
        (const struct option_info[]){
            { "script", 0, "FILE", "play a recorded case: JSON, perhaps gzipped" },
            { 0 },
        },
    .run = schedule,
};
