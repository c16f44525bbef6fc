/* seatrial version */
#include "tools/commands/commands.h"

#include "models/api/schema.h"
#include "tools/version.h"

static int version(const struct command_line *line)
{
    if (command_line_wants_json(line))
        printf("{\"version\":\"%s\",\"kubernetes\":\"%s\"}\n", SEATRIAL_VERSION, schema_release);
    else
        printf("seatrial %s, following Kubernetes %s\n", SEATRIAL_VERSION, schema_release);
    return EXIT_OK;
}

const struct command version_command = {
    .name = "version",
    .operands = "",
    .summary = "say which version this is",
    .description = "Prints the version of seatrial and the Kubernetes release it follows.",
    .options = (const struct option_info[]){ { 0 } },
    .run = version,
};
