/* seatrial validate: would a run take these inputs? Everything that is wrong, and no run. */
#include <stdlib.h>

#include "models/api/json.h"
#include "models/cluster/simulation.h"
#include "tools/commands/commands.h"
#include "tools/inputs.h"

/* How many objects of each kind there are, in order of appearance. */
static struct value *count_kinds(const struct scenario *scenario)
{
    struct value *kinds = value_new_map();
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct value *document = scenario->objects.items[i].document;
        const char *kind = value_text(value_get(document, "kind"), "");
        value_set(kinds, kind, value_new_int(value_int(value_get(kinds, kind), 0) + 1));
    }
    return kinds;
}

static void print_text(const struct scenario *scenario, const struct value *kinds)
{
    printf("%zu objects and %zu nodes are valid", scenario->objects.count, scenario->nodes.count);
    for (size_t i = 0; i < kinds->count; i++)
        printf("%s%lld %s", i ? ", " : ": ", (long long)value_int(kinds->entries[i].value, 0),
               kinds->entries[i].key);
    putchar('\n');
}

static void print_json(const struct scenario *scenario, struct value *kinds)
{
    struct value *answer = value_new_map();
    value_set(answer, "valid", value_new_bool(true));
    value_set(answer, "nodes", value_new_int((int64_t)scenario->nodes.count));
    value_set(answer, "objects", value_hold(kinds));
    char *text = json_text(answer, (struct json_style){ .indent = 2 });
    puts(text);
    free(text);
    value_drop(answer);
}

static bool is_admitted(const struct inputs *inputs)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation =
        simulation_new(&inputs->scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    bool admitted = simulation != NULL && simulation_check(simulation, &faults);
    warnings_print(&warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    simulation_free(simulation);
    return admitted;
}

static int validate(const struct command_line *line)
{
    struct inputs inputs;
    int status = EXIT_BAD_INPUT;
    if (inputs_read(&inputs, line) && is_admitted(&inputs)) {
        struct value *kinds = count_kinds(&inputs.scenario);
        if (command_line_wants_json(line))
            print_json(&inputs.scenario, kinds);
        else
            print_text(&inputs.scenario, kinds);
        value_drop(kinds);
        status = EXIT_OK;
    }
    inputs_close(&inputs);
    return status;
}

const struct command validate_command = {
    .name = "validate",
    .operands = "[SCENARIO]",
    .summary = "check a scenario or manifests as a run would, and run nothing",
    .description =
        "Reads, defaults, admits and validates everything that `seatrial run` with the same\n"
        "arguments would, with the API server's rules, and tells every fault with its\n"
        "file, line and column.\n\n"
        "    seatrial validate -f manifests/ --strict",
    .options = (const struct option_info[]){ INPUT_OPTIONS, { 0 } },
    .operands_most = 1,
    .run = validate,
};
