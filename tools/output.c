/* Writing the folder of a run. */
#include "tools/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/files.h"
#include "tools/report/report.h"

struct output {
    char *directory, *events_path, *part_path;
    FILE *events;
    bool is_new; /* the directory was made for it */
    struct writer line;
};

struct output *output_begin(const char *directory, struct error *error)
{
    const bool is_new = access(directory, F_OK) != 0;
    if (!directory_make(directory, error))
        return NULL;
    struct output *output = mem_new(sizeof *output);
    output->is_new = is_new;
    output->directory = mem_text(directory, strlen(directory));
    output->events_path = path_join(directory, "events.jsonl");
    output->part_path = mem_format("%s.part", output->events_path);
    output->events = fopen(output->part_path, "wb");
    if (output->events == NULL) {
        error_set(error, (struct place){ 0 }, "%s: %s", output->part_path, strerror(errno));
        output_free(output);
        return NULL;
    }
    return output;
}

void output_trace(void *context, const struct trace_line *line)
{
    struct output *output = context;
    struct writer *out = &output->line;
    char at[SIM_TIME_TEXT];
    writer_clear(out);
    writer_format(out, "{\"at\":\"%s\",\"ns\":%" PRId64 ",\"id\":%" PRIu64 ",\"cause\":%" PRIu64,
                  sim_time_print(line->at, at), line->at, line->id, line->cause);
    writer_add(out, ",\"subject\":");
    json_print_string(out, line->subject, strlen(line->subject), false);
    writer_add(out, ",\"text\":");
    json_print_string(out, line->text, strlen(line->text), false);
    writer_add(out, "}\n");
    fwrite(out->bytes, 1, out->length, output->events);
}

static bool write_report(const struct output *output, const struct value *summary,
                         const struct report *report, const char *name, struct error *error)
{
    struct writer out = { 0 };
    report->write(summary, &out);
    bool fine = file_write(output->directory, name, out.bytes, out.length, error);
    writer_close(&out);
    return fine;
}

static bool write_scenario(const struct output *output, const struct scenario *scenario,
                           struct error *error)
{
    struct value *document = scenario_print(scenario);
    char *text = json_text(document, (struct json_style){ .indent = 2 });
    bool fine = file_write(output->directory, "scenario.json", text, strlen(text), error);
    value_drop(document);
    free(text);
    return fine;
}

static bool write_workload(const struct output *output, const struct workload *workload,
                           struct error *error)
{
    struct writer out = { 0 };
    if (workload->count == 0)
        return true;
    workload_print(workload, 0, SIZE_MAX, &out);
    bool fine = file_write(output->directory, "workload.csv", out.bytes, out.length, error);
    writer_close(&out);
    return fine;
}

static bool finish_events(struct output *output, struct error *error)
{
    bool fine = fclose(output->events) == 0;
    output->events = NULL;
    if (!fine || rename(output->part_path, output->events_path) != 0)
        return error_set(error, (struct place){ 0 }, "%s: %s", output->events_path,
                         strerror(errno));
    return true;
}

bool output_finish(struct output *output, const struct inputs *inputs, const struct value *summary,
                   struct error *error)
{
    return finish_events(output, error) && write_scenario(output, &inputs->scenario, error) &&
           write_workload(output,
                          inputs->has_workload ? &inputs->workload : &inputs->scenario.workload,
                          error) &&
           write_report(output, summary, &html_report, "report.html", error) &&
           write_report(output, summary, &json_report, "summary.json", error);
}

void output_free(struct output *output)
{
    if (output == NULL)
        return;
    if (output->events != NULL) {
        fclose(output->events);
        unlink(output->part_path);
        if (output->is_new)
            rmdir(output->directory);
    }
    free(output->directory);
    free(output->events_path);
    free(output->part_path);
    writer_close(&output->line);
    free(output);
}
