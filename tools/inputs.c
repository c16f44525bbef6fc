/* From the command line to a scenario. */
#include "tools/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/files.h"
#include "tools/tz_database.h"

/* What goes on while inputs are read. */
struct reading {
    struct inputs *inputs;
    const struct command_line *line;
    const char *directory; /* of the scenario; paths in it are relative to it */
    bool strict;
    struct error_list faults, warnings;
};

/* A text that lives as long as the inputs. */
static char *keep(struct inputs *inputs, char *text)
{
    MEM_GROW(inputs->texts, inputs->text_count, inputs->text_capacity);
    return inputs->texts[inputs->text_count++] = text;
}

static bool read_file(struct reading *reading, const char *path, const char **name, char **bytes,
                      size_t *length, struct error *error)
{
    *name = keep(reading->inputs, mem_text(path, strlen(path)));
    *bytes = file_read(*name, length, error);
    if (*bytes == NULL)
        return false;
    keep(reading->inputs, *bytes);
    if (strcmp(path, "-") == 0)
        *name = "<stdin>";
    return true;
}

/* For scenario_load(): every file behind a path of the scenario. */
static bool open_for_scenario(void *context, const char *path, struct scenario_input *input,
                              struct error *error)
{
    struct reading *reading = context;
    struct file_list files = { 0 };
    char *joined = keep(reading->inputs, path_join(reading->directory, path));
    bool fine = file_list_add(&files, joined, true, error);
    for (size_t i = 0; fine && i < files.count; i++) {
        const char *name;
        char *bytes;
        size_t length;
        fine = read_file(reading, files.paths[i], &name, &bytes, &length, error);
        if (fine)
            scenario_take_file(input, bytes, length, name);
    }
    file_list_close(&files);
    return fine;
}

static void read_scenario(struct reading *reading, const char *path)
{
    struct error error = { 0 };
    const char *name;
    char *bytes;
    size_t length;
    struct scenario_opener opener = { open_for_scenario, reading };
    reading->directory = keep(reading->inputs, path_directory(path));
    if (read_file(reading, path, &name, &bytes, &length, &error))
        scenario_load(&reading->inputs->scenario, bytes, length, name, &opener, reading->strict,
                      &reading->faults, &reading->warnings);
    else
        error_list_take(&reading->faults, &error);
}

/* Files of other tools that lie among manifests, and what to do instead. */
static const struct {
    const char *name, *advice;
} other_files[] = {
    { "kustomization.yaml", "left out (kubectl kustomize DIR | seatrial run -f - plays it)" },
    { "kustomization.yml", "left out (kubectl kustomize DIR | seatrial run -f - plays it)" },
    { "Chart.yaml", "left out (helm template DIR | seatrial run -f - plays the chart)" },
    { "values.yaml", "left out (helm template DIR | seatrial run -f - plays the chart)" },
};

static const char *advice_on(const char *path)
{
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < sizeof other_files / sizeof *other_files; i++)
        if (strcmp(slash ? slash + 1 : path, other_files[i].name) == 0)
            return other_files[i].advice;
    return NULL;
}

/* `how` beside --strict: see manifest_load(). */
static void read_manifest(struct reading *reading, const char *path, int how)
{
    struct error error = { 0 };
    const char *name;
    char *bytes;
    size_t length;
    if (!read_file(reading, path, &name, &bytes, &length, &error)) {
        error_list_take(&reading->faults, &error);
        return;
    }
    if (scenario_is_one(bytes, length))
        error_list_add(&reading->faults, (struct place){ .file = name },
                       "a Scenario is given without -f: seatrial run %s", name);
    else
        manifest_load(&reading->inputs->scenario.objects, bytes, length, name,
                      how | (reading->strict ? MANIFEST_STRICT : 0), &reading->faults,
                      &reading->warnings);
}

/* A file that somebody found in a folder. */
static void read_found(struct reading *reading, const char *path)
{
    const char *advice = advice_on(path);
    if (advice == NULL)
        read_manifest(reading, path, MANIFEST_FROM_FOLDER);
    else
        error_list_add(
            &reading->warnings,
            (struct place){ .file = keep(reading->inputs, mem_text(path, strlen(path))) }, "%s",
            advice);
}

/* Everything behind one -f. */
static void read_filename(struct reading *reading, const char *path, bool recursive)
{
    const struct manifest *objects = &reading->inputs->scenario.objects;
    const size_t objects_before = manifest_size(objects), faults_before = reading->faults.count;
    struct file_list files = { 0 };
    struct error error = { 0 };
    if (!file_list_add(&files, path, recursive, &error))
        error_list_take(&reading->faults, &error);
    for (size_t i = 0; i < files.count; i++)
        if (strcmp(files.paths[i], path) == 0)
            read_manifest(reading, path, 0);
        else
            read_found(reading, files.paths[i]);
    file_list_close(&files);
    const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path; /* the command line's: it stays */
    if (manifest_size(objects) == objects_before && reading->faults.count == faults_before)
        error_list_add(&reading->faults, (struct place){ .file = name },
                       "no Kubernetes objects in it");
}

static void read_manifests(struct reading *reading)
{
    size_t count;
    const char *const *paths = command_line_options(reading->line, "filename", &count);
    bool recursive = command_line_option(reading->line, "recursive") != NULL;
    for (size_t i = 0; i < count; i++)
        read_filename(reading, paths[i], recursive);
}

static void read_workload(struct reading *reading)
{
    struct inputs *inputs = reading->inputs;
    const char *path = command_line_option(reading->line, "workload"), *name;
    struct error error = { 0 };
    char *bytes;
    size_t length;
    if (path == NULL)
        return;
    name = keep(inputs, mem_text(path, strlen(path)));
    bytes = file_read(path, &length, &error);
    if (bytes == NULL) {
        error_list_take(&reading->faults, &error);
        return;
    }
    inputs->has_workload = workload_load(&inputs->workload, bytes, length, name, &reading->faults);
    free(bytes); /* large, and nothing points into it */
    /* The last pods have time to wait for a node, too. */
    inputs->scenario.duration = workload_end(&inputs->workload) + 10 * SIM_MINUTE;
}

/* A place on the command line: the option itself. */
static struct place flag(const char *name)
{
    return (struct place){ .file = name };
}

static void read_numbers(struct reading *reading)
{
    struct scenario *scenario = &reading->inputs->scenario;
    const char *duration = command_line_option(reading->line, "duration");
    const char *seed = command_line_option(reading->line, "seed");
    struct error error = { 0 };
    if (duration != NULL &&
        sim_time_parse(duration, flag("--duration"), &scenario->duration, &error) &&
        (scenario->duration <= 0 || scenario->duration > 100 * 365 * SIM_DAY))
        error_set(&error, flag("--duration"), "%s is not between 1ns and 36500d", duration);
    error_list_take(&reading->faults, &error);
    if (seed != NULL) {
        char *end;
        errno = 0;
        scenario->seed = strtoull(seed, &end, 10);
        if (*seed < '0' || *seed > '9' || *end != '\0' || errno != 0)
            error_list_add(&reading->faults, flag("--seed"),
                           "\"%s\" is not a number from 0 to 18446744073709551615", seed);
    }
}

static void read_configuration(struct reading *reading)
{
    const char *path = command_line_option(reading->line, "scheduler-config"), *name;
    struct error error = { 0 };
    char *bytes;
    size_t length;
    if (path == NULL)
        return;
    if (read_file(reading, path, &name, &bytes, &length, &error))
        scenario_configure_scheduler(&reading->inputs->scenario, bytes, length, name,
                                     &reading->faults);
    else
        error_list_take(&reading->faults, &error);
}

static void read_groups(struct reading *reading)
{
    size_t count;
    const char *const *texts = command_line_options(reading->line, "nodes", &count);
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        scenario_add_nodes(&reading->inputs->scenario, texts[i], flag("--nodes"), &error);
        error_list_take(&reading->faults, &error);
    }
}

/* What a whole command line adds to a scenario. */
static void read_line(struct reading *reading)
{
    read_manifests(reading);
    read_workload(reading);
    read_numbers(reading);
    read_configuration(reading);
    read_groups(reading);
}

static void begin(struct inputs *inputs)
{
    *inputs = (struct inputs){ 0 };
    scenario_init(&inputs->scenario);
    inputs->scenario.settings.zones = tz_database_read;
}

bool inputs_read(struct inputs *inputs, const struct command_line *line)
{
    size_t count;
    const char *const *operands = command_line_operands(line, &count);
    struct reading reading = { .inputs = inputs,
                               .line = line,
                               .strict = command_line_option(line, "strict") != NULL };
    begin(inputs);
    for (size_t i = 0; i < count; i++)
        read_scenario(&reading, operands[i]);
    read_line(&reading);
    scenario_complete(&inputs->scenario);
    if (reading.faults.count == 0 && count == 0 && manifest_size(&inputs->scenario.objects) == 0 &&
        !inputs->has_workload)
        error_list_add(&reading.faults, (struct place){ 0 },
                       "nothing to run: give a SCENARIO, manifests with -f, or a --workload");
    bool fine = reading.faults.count == 0;
    warnings_print(&reading.warnings);
    errors_print(&reading.faults);
    error_list_close(&reading.warnings);
    error_list_close(&reading.faults);
    return fine;
}

/* A scenario or a manifest, whatever it is. */
static void read_any(struct reading *reading, const char *path, bool recursive)
{
    struct error error = { 0 };
    const char *name;
    char *bytes;
    size_t length;
    if (directory_is_one(path)) {
        read_filename(reading, path, recursive);
    } else if (!read_file(reading, path, &name, &bytes, &length, &error)) {
        error_list_take(&reading->faults, &error);
    } else if (scenario_is_one(bytes, length)) {
        struct scenario_opener opener = { open_for_scenario, reading };
        reading->directory = keep(reading->inputs, path_directory(path));
        reading->inputs->has_scenario = true;
        scenario_load(&reading->inputs->scenario, bytes, length, name, &opener, reading->strict,
                      &reading->faults, &reading->warnings);
    } else {
        const struct manifest *objects = &reading->inputs->scenario.objects;
        const size_t before = manifest_size(objects) + reading->faults.count;
        manifest_load(&reading->inputs->scenario.objects, bytes, length, name,
                      reading->strict ? MANIFEST_STRICT : 0, &reading->faults, &reading->warnings);
        if (manifest_size(objects) + reading->faults.count == before)
            error_list_add(&reading->faults, (struct place){ .file = name },
                           "no Kubernetes objects in it");
    }
}

bool inputs_read_cluster(struct inputs *inputs, const struct command_line *line,
                         const char *const *paths, size_t count)
{
    struct reading reading = { .inputs = inputs,
                               .line = line,
                               .strict = command_line_option(line, "strict") != NULL };
    const bool recursive = command_line_option(line, "recursive") != NULL;
    begin(inputs);
    for (size_t i = 0; i < count; i++)
        read_any(&reading, paths[i], recursive);
    read_manifests(&reading);
    read_configuration(&reading);
    read_groups(&reading);
    if (inputs->has_scenario)
        scenario_complete(&inputs->scenario);
    const bool fine = reading.faults.count == 0;
    warnings_print(&reading.warnings);
    errors_print(&reading.faults);
    error_list_close(&reading.warnings);
    error_list_close(&reading.faults);
    return fine;
}

/* ── the base of several ── */

bool base_read(struct base *base, const char *path, struct error_list *faults)
{
    struct error error = { 0 };
    const size_t before = faults->count;
    size_t length;
    base->name = mem_text(path, strlen(path));
    base->directory = path_directory(path);
    base->bytes = file_read(path, &length, &error);
    if (base->bytes == NULL)
        error_list_take(faults, &error);
    else
        documents_read(&base->documents, base->bytes, length, base->name, faults);
    return faults->count == before;
}

void base_close(struct base *base)
{
    documents_close(&base->documents);
    free(base->name);
    free(base->directory);
    free(base->bytes);
    *base = (struct base){ 0 };
}

/* Give what was found to the caller. */
static void hand_over(struct reading *reading, struct error_list *faults,
                      struct error_list *warnings)
{
    for (size_t i = 0; i < reading->faults.count; i++)
        error_list_take(faults, &reading->faults.items[i]);
    for (size_t i = 0; i < reading->warnings.count; i++)
        error_list_take(warnings, &reading->warnings.items[i]);
    error_list_close(&reading->faults);
    error_list_close(&reading->warnings);
}

bool inputs_read_base(struct inputs *inputs, const struct base *base,
                      const struct documents *documents, struct error_list *faults,
                      struct error_list *warnings)
{
    struct reading reading = {
        .inputs = inputs, .line = base->line, .directory = base->directory, .strict = base->strict
    };
    const struct scenario_opener opener = { open_for_scenario, &reading };
    begin(inputs);
    inputs->has_scenario = documents->count > 0;
    if (inputs->has_scenario)
        scenario_load_documents(&inputs->scenario, documents, base->name, &opener, base->strict,
                                &reading.faults, &reading.warnings);
    if (base->line != NULL)
        read_line(&reading);
    if (base->duration > 0)
        inputs->scenario.duration = base->duration;
    scenario_complete(&inputs->scenario);
    const bool fine = reading.faults.count == 0;
    hand_over(&reading, faults, warnings);
    return fine;
}

void inputs_add_manifests(struct inputs *inputs, const char *directory, const struct value *path,
                          bool strict, struct error_list *faults, struct error_list *warnings)
{
    struct reading reading = { .inputs = inputs, .strict = strict };
    char *joined = keep(inputs, path_join(directory, path->text));
    read_filename(&reading, joined, true);
    hand_over(&reading, faults, warnings);
}

/* A workload that a command line gave stands beside the scenario, which does not name it. */
static void read_workload_beside(struct reading *reading, const char *directory)
{
    struct inputs *inputs = reading->inputs;
    const char *path = keep(inputs, path_join(directory, "workload.csv"));
    size_t length;
    struct error none = { 0 };
    if (inputs->scenario.workload.count > 0)
        return;
    char *bytes = file_read(path, &length, &none);
    error_close(&none);
    if (bytes != NULL)
        inputs->has_workload =
            workload_load(&inputs->workload, bytes, length, path, &reading->faults);
    free(bytes);
}

bool inputs_read_folder(struct inputs *inputs, const char *directory)
{
    struct reading reading = { .inputs = inputs };
    begin(inputs);
    read_scenario(&reading, keep(inputs, path_join(directory, "scenario.json")));
    read_workload_beside(&reading, directory);
    scenario_complete(&inputs->scenario);
    const bool fine = reading.faults.count == 0;
    errors_print(&reading.faults);
    error_list_close(&reading.warnings);
    error_list_close(&reading.faults);
    return fine;
}

void inputs_close(struct inputs *inputs)
{
    scenario_close(&inputs->scenario);
    workload_close(&inputs->workload);
    for (size_t i = 0; i < inputs->text_count; i++)
        free(inputs->texts[i]);
    free(inputs->texts);
    *inputs = (struct inputs){ 0 };
}

void errors_print(const struct error_list *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        char *text = error_print(&errors->items[i]);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
}

/* Of equal texts the first is shown, with the number of the others. */
void warnings_print(const struct error_list *warnings)
{
    bool *told = mem_new(warnings->count * sizeof *told);
    for (size_t i = 0; i < warnings->count; i++) {
        size_t others = 0;
        for (size_t j = i + 1; !told[i] && j < warnings->count; j++)
            if (strcmp(warnings->items[i].text, warnings->items[j].text) == 0)
                told[j] = true, others++;
        if (told[i])
            continue;
        char *text = error_print(&warnings->items[i]);
        fprintf(stderr, "warning: %s", text);
        if (others > 0)
            fprintf(stderr, " (and in %zu other place%s)", others, others > 1 ? "s" : "");
        fputc('\n', stderr);
        free(text);
    }
    free(told);
}
