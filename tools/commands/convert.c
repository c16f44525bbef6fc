/* seatrial convert: traces of real clusters as folders that `seatrial run` plays. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/quantity.h"
#include "models/cluster/scenario.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/convert/convert.h"
#include "tools/files.h"
#include "tools/inputs.h"

struct converting {
    const struct command_line *line;
    const struct trace_format *format; /* NULL: it is to be recognised */
    struct convert_options options;
    struct file_list files;
    struct trace_input *inputs; /* of the files, by number */
    struct error_list faults;
};

static struct place flag(const char *name)
{
    return (struct place){ .file = name };
}

/* ── the command line ── */

static void read_time(struct converting *converting, const char *option, const char *name,
                      sim_time *time)
{
    const char *text = command_line_option(converting->line, option);
    struct error error = { 0 };
    if (text != NULL && sim_time_parse(text, flag(name), time, &error) && *time < 0)
        error_set(&error, flag(name), "%s is negative", text);
    error_list_take(&converting->faults, &error);
}

static void read_quantity(struct converting *converting, const char *option, const char *name,
                          double *number)
{
    const char *text = command_line_option(converting->line, option), *problem;
    struct quantity quantity;
    if (text == NULL)
        return;
    if (!quantity_parse(text, &quantity, &problem) || quantity_milli(quantity) <= 0)
        error_list_add(&converting->faults, flag(name),
                       "\"%s\" is not a quantity above 0 (try 4, 500m or 256Gi)", text);
    else
        *number = (double)quantity.nano / 1e9;
}

/* --nodes as `seatrial run` takes it; only a run makes nodes of it. */
static void read_nodes(struct converting *converting)
{
    struct scenario scenario;
    struct convert_options *options = &converting->options;
    options->nodes = command_line_options(converting->line, "nodes", &options->node_count);
    scenario_init(&scenario);
    for (size_t i = 0; i < options->node_count; i++) {
        struct error error = { 0 };
        scenario_add_nodes(&scenario, options->nodes[i], flag("--nodes"), &error);
        error_list_take(&converting->faults, &error);
    }
    scenario_close(&scenario);
}

static void read_options(struct converting *converting)
{
    const struct command_line *line = converting->line;
    struct convert_options *options = &converting->options;
    *options = convert_options_default();
    options->name = command_line_option(line, "name");
    options->in_order = command_line_option(line, "in-order") != NULL;
    options->keep_placement = command_line_option(line, "keep-placement") != NULL;
    options->jsonl = command_line_option(line, "jsonl") != NULL;
    read_time(converting, "from", "--from", &options->from);
    read_time(converting, "until", "--until", &options->until);
    read_time(converting, "reclaim-every", "--reclaim-every", &options->reclaim_every);
    read_quantity(converting, "machine-memory", "--machine-memory", &options->machine_memory);
    read_quantity(converting, "cpu-per-gpu", "--cpu-per-gpu", &options->cpu_per_gpu);
    read_quantity(converting, "memory-per-gpu", "--memory-per-gpu", &options->memory_per_gpu);
    read_nodes(converting);
}

static bool read_operands(struct converting *converting)
{
    size_t count, first = 0;
    const char *const *operands = command_line_operands(converting->line, &count);
    if (count > 0 && (converting->format = trace_format_find(operands[0])) != NULL)
        first = 1;
    if (first == count) {
        fputs("seatrial convert: no INPUT: give the files of a trace (see seatrial help convert)\n",
              stderr);
        return false;
    }
    for (size_t i = first; i < count; i++) {
        struct error error = { 0 };
        if (!file_list_add(&converting->files, operands[i], true, &error))
            error_list_take(&converting->faults, &error);
    }
    return true;
}

static void open_inputs(struct converting *converting)
{
    const struct file_list *files = &converting->files;
    converting->inputs = mem_new((files->count + 1) * sizeof *converting->inputs);
    for (size_t i = 0; i < files->count; i++) {
        struct error error = { 0 };
        if (!trace_input_open(&converting->inputs[i], files->paths[i], &error))
            error_list_take(&converting->faults, &error);
    }
}

/* ── answers ── */

static int list_formats(bool json)
{
    struct value *list = value_new_list();
    for (const struct trace_format *const *at = trace_formats; *at != NULL; at++) {
        struct value *entry = value_new_map();
        value_set(entry, "name", value_new_string((*at)->name));
        value_set(entry, "summary", value_new_string((*at)->summary));
        value_set(entry, "inputs", value_new_string((*at)->inputs));
        value_add(list, entry);
        if (!json)
            printf("%-14s %s\n%-14s   takes %s\n", (*at)->name, (*at)->summary, "", (*at)->inputs);
    }
    if (json) {
        char *text = json_text(list, (struct json_style){ .indent = 2 });
        puts(text);
        free(text);
    }
    value_drop(list);
    return EXIT_OK;
}

static void print_answer(const struct converting *converting, const struct conversion *conversion,
                         const char *directory)
{
    struct value *answer = conversion_print(conversion, converting->format, directory);
    if (command_line_wants_json(converting->line)) {
        char *text = json_text(answer, (struct json_style){ .indent = 2 });
        puts(text);
        free(text);
    } else {
        printf("%s, read as %s:\n", directory, converting->format->summary);
        for (size_t i = 0; i < conversion->counts->count; i++)
            printf("  %12lld %s\n", (long long)value_int(conversion->counts->entries[i].value, 0),
                   conversion->counts->entries[i].key);
        for (size_t i = 0; i < conversion->notes->count; i++)
            printf("- %s\n", conversion->notes->items[i]->text);
        printf("play it: seatrial run %s/scenario.yaml\n", directory);
    }
    value_drop(answer);
}

static int convert_inputs(struct converting *converting, const char *directory)
{
    struct conversion conversion = { 0 };
    struct error error = { 0 };
    const bool replace = command_line_option(converting->line, "force") != NULL;
    int status = EXIT_BAD_INPUT;
    if (converting->format == NULL)
        converting->format =
            trace_format_detect(converting->inputs, converting->files.count, &error);
    if (converting->format == NULL) {
        error_list_take(&converting->faults, &error);
        return status;
    }
    conversion_read(&conversion, converting->format, converting->inputs, converting->files.count,
                    &converting->options, &converting->faults);
    if (converting->faults.count == 0 &&
        conversion_write(&conversion, converting->format, directory, replace, &error)) {
        print_answer(converting, &conversion, directory);
        status = EXIT_OK;
    }
    error_list_take(&converting->faults, &error);
    conversion_close(&conversion);
    return status;
}

static int convert(const struct command_line *line)
{
    struct converting converting = { .line = line };
    const char *directory = command_line_option(line, "out");
    int status = EXIT_BAD_INPUT;
    if (command_line_option(line, "list") != NULL)
        return list_formats(command_line_wants_json(line));
    if (!read_operands(&converting))
        return status;
    if (directory == NULL || *directory == '\0')
        error_list_add(&converting.faults, flag("--out"), "the folder to be written is not given");
    read_options(&converting);
    open_inputs(&converting);
    if (converting.faults.count == 0)
        status = convert_inputs(&converting, directory);
    errors_print(&converting.faults);
    for (size_t i = 0; i < converting.files.count; i++)
        trace_input_close(&converting.inputs[i]);
    free(converting.inputs);
    file_list_close(&converting.files);
    error_list_close(&converting.faults);
    return status;
}

const struct command convert_command = {
    .name = "convert",
    .operands = "[FORMAT] INPUT...",
    .summary = "make a scenario of a trace of a real cluster, or of a snapshot of one",
    .description =
        "Writes a folder that `seatrial run DIR/scenario.yaml` plays: nodes, workload or "
        "timeline,\n"
        "duration; the head of the scenario says how the trace was read and what is lost. The\n"
        "format is recognised by what is in the files where no FORMAT is named; `seatrial convert\n"
        "--list` prints all of them. Files may be gzipped, and - is standard input.\n\n"
        "    seatrial convert openb_pod_list_default.csv openb_node_list_gpu_node.csv --out openb\n"
        "    kubectl get all,nodes,pvc,pdb -A -o json | seatrial convert - --out cluster\n\n"
        "docs/traces.md tells what becomes of each field.",
    .options =
        (const struct option_info[]){
            { "out", 'O', "DIR", "the folder to be written; it must not be there, or be empty" },
            { "force", 0, NULL, "replace a folder that a conversion made" },
            { "list", 0, NULL, "print the formats" },
            { "name", 0, "NAME", "of the scenario" },
            { "nodes", 'n', "NODES", "6x8cpu,32Gi: instead of the trace's machines" },
            { "from", 0, "TIME", "leave out arrivals before this time of the trace" },
            { "until", 0, "TIME", "leave out arrivals from this time of the trace on" },
            { "in-order", 0, NULL, "an arrival each second in the order of rows; none leaves" },
            { "machine-memory", 0, "BYTES", "what a normalised memory of 1 is (256Gi)" },
            { "cpu-per-gpu", 0, "CORES", "of pods of which a trace says only GPUs (4)" },
            { "memory-per-gpu", 0, "BYTES", "the same (32Gi)" },
            { "reclaim-every", 0, "TIME",
              "of spot nodes: each is taken back after so long, in the mean" },
            { "keep-placement", 0, NULL, "of a snapshot: pods stay on their nodes" },
            { "jsonl", 0, NULL, "of a SimKube trace: leave its events as trace.jsonl, too" },
            { 0 } },
    .operands_most = 100000,
    .run = convert,
};
