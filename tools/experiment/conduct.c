/* From an experiment to its results: replications dealt out, taken in order, written down. */
#include "tools/experiment/conduct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/experiment/findings.h"
#include "tools/experiment/play.h"
#include "tools/experiment/print.h"
#include "tools/experiment/runner.h"
#include "tools/files.h"
#include "tools/progress.h"
#include "tools/report/report.h"
#include "tools/version.h"

struct conducting {
    const struct experiment *experiment;
    struct findings *findings;
    struct task *all; /* owned: every replication that could be wanted */
    size_t all_count;
    double began; /* wall clock */
};

/* ── numbers of the command line ── */

static bool read_count(const struct command_line *line, const char *option, size_t *count)
{
    const char *text = command_line_option(line, option);
    char *end;
    *count = 0;
    if (text == NULL)
        return true;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < 1 ||
        number > 1000000) {
        fprintf(stderr, "--%s: \"%s\" is not a number from 1 to 1000000\n", option, text);
        return false;
    }
    *count = (size_t)number;
    return true;
}

bool conduct_options(const struct command_line *line, struct experiment_options *options)
{
    const char *duration = command_line_option(line, "duration");
    const struct place at = { .file = "--duration" };
    struct error error = { 0 };
    *options = (struct experiment_options){ .seed = command_line_option(line, "seed") };
    if (!read_count(line, "replications", &options->replications))
        return false;
    if (duration == NULL ||
        (sim_time_parse(duration, at, &options->duration, &error) &&
         (options->duration > 0 || error_set(&error, at, "%s is not more than nothing", duration))))
        return true;
    fprintf(stderr, "%s: %s\n", error.at.file, error.text);
    error_close(&error);
    return false;
}

/* ── what the runner asks ── */

static size_t next(void *context, const struct task **tasks)
{
    struct conducting *self = context;
    struct study *study = findings_study(self->findings);
    const struct task *wanted;
    const double most = (double)self->experiment->most_time / (double)SIM_SECOND;
    if (most > 0 && wall_seconds() - self->began > most)
        study_end(study);
    const size_t count = study_next(study, &wanted);
    *tasks = wanted;
    return count;
}

/* A batch more of every point: those that will not be wanted do no harm. */
static size_t all(void *context, const struct task **tasks)
{
    struct conducting *self = context;
    const struct study_rule *rule = &self->experiment->rule;
    const bool is_open = rule->relative > 0 || rule->until_significant;
    const size_t most = is_open ? rule->most : rule->first, points = self->experiment->point_count;
    if (self->all == NULL) {
        self->all = mem_new((most * points + 1) * sizeof *self->all);
        for (size_t r = 0; r < most; r++)
            for (size_t point = 0; point < points; point++)
                self->all[self->all_count++] = (struct task){ (uint32_t)point, (uint32_t)r };
    }
    *tasks = self->all;
    return self->all_count;
}

static bool play(void *context, struct task task, struct writer *result, struct error *error)
{
    const struct conducting *self = context;
    struct value *played = experiment_play(self->experiment, task, error);
    if (played != NULL)
        json_print(result, played, (struct json_style){ 0 });
    value_drop(played);
    return played != NULL;
}

static bool take(void *context, struct task task, const char *json, size_t length,
                 struct error *error)
{
    struct conducting *self = context;
    struct value *result = json_read(json, length, (struct place){ 0 }, NULL, error);
    const bool fine = result != NULL && findings_take(self->findings, task, result, error);
    value_drop(result);
    return fine;
}

static void name(void *context, uint32_t point, struct writer *out)
{
    const struct conducting *self = context;
    writer_add(out, self->experiment->points[point].name);
}

static void describe(void *context, struct writer *out)
{
    const struct conducting *self = context;
    findings_describe(self->findings, out);
}

/* ── the whole ── */

static struct value *run_job(struct conducting *self, const struct command_line *line,
                             const char *command, const char *directory, struct shard shard,
                             int *status)
{
    struct error error = { 0 };
    size_t workers = 0;
    struct value *results = NULL;
    if (!read_count(line, "workers", &workers)) {
        *status = EXIT_BAD_INPUT;
        return NULL;
    }
    char *identity = experiment_identity(self->experiment);
    char *document = json_text(self->experiment->document, (struct json_style){ 0 });
    const struct runner_job job = {
        .directory = directory,
        .identity = identity,
        .program = SEATRIAL_VERSION,
        .document = document,
        .context = self,
        .next = next,
        .all = all,
        .play = play,
        .take = take,
        .name = name,
        .points = (uint32_t)self->experiment->point_count,
        .describe = describe,
        .workers = (unsigned)workers,
        .shard = shard,
    };
    const enum runner_end end = runner_run(&job, NULL, &error);
    *status = runner_exit_status(end);
    if (end == RUNNER_DONE && shard.count == 0)
        results = findings_document(self->findings);
    if (error.text != NULL) {
        char *text = error_print(&error);
        fprintf(stderr, "seatrial %s: %s\n", command, text);
        free(text);
    }
    error_close(&error);
    free(identity);
    free(document);
    return results;
}

/* A folder for the time being; the caller frees its name. */
static char *folder_make(struct error *error)
{
    const char *where = getenv("TMPDIR");
    char *name = path_join(where != NULL ? where : "/tmp", "seatrial-XXXXXX");
    if (mkdtemp(name) == NULL)
        error_set(error, (struct place){ .file = name }, "%s", strerror(errno));
    return name;
}

static void folder_remove(const char *name)
{
    static const char *const files[] = { "results.db", "results.db-wal", "results.db-shm",
                                         "results.db-lock" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_join(name, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(name);
}

struct value *conduct(const struct experiment *experiment, const struct command_line *line,
                      const char *command, const char *directory, int *status)
{
    const char *text = command_line_option(line, "shard");
    struct conducting self = { .experiment = experiment, .began = wall_seconds() };
    struct shard shard = { 0, 0 };
    struct error error = { 0 };
    if (text != NULL && !shard_read(text, &shard, &error)) {
        fprintf(stderr, "seatrial %s: --shard: %s\n", command, error.text);
        error_close(&error);
        *status = EXIT_BAD_INPUT;
        return NULL;
    }
    char *folder = directory == NULL ? folder_make(&error) : NULL;
    if (error.text != NULL) {
        fprintf(stderr, "seatrial %s: %s: %s\n", command, error.at.file, error.text);
        error_close(&error);
        free(folder);
        *status = EXIT_BAD_INPUT;
        return NULL;
    }
    self.findings = findings_new(experiment);
    struct value *results =
        run_job(&self, line, command, folder != NULL ? folder : directory, shard, status);
    findings_free(self.findings);
    if (folder != NULL)
        folder_remove(folder);
    free(folder);
    free(self.all);
    return results;
}

bool conduct_write(const struct value *results, const char *command, const char *directory)
{
    struct error error = { 0 };
    struct writer text = { 0 }, csv = { 0 }, page = { 0 };
    char *json = json_text(results, (struct json_style){ .indent = 2 });
    html_experiment_report.write(results, &page);
    results_print(results, &text);
    results_print_csv(results, &csv);
    const bool fine = file_write(directory, "report.html", page.bytes, page.length, &error) &&
                      file_write(directory, "results.json", json, strlen(json), &error) &&
                      file_write(directory, "results.csv", csv.bytes, csv.length, &error) &&
                      file_write(directory, "results.txt", text.bytes, text.length, &error);
    if (!fine)
        fprintf(stderr, "seatrial %s: %s\n", command, error.text);
    error_close(&error);
    writer_close(&text);
    writer_close(&csv);
    writer_close(&page);
    free(json);
    return fine;
}

static void print_results(const struct value *results, const struct command_line *line,
                          const char *directory)
{
    const bool is_json = command_line_wants_json(line);
    struct writer out = { 0 };
    if (is_json)
        json_print(&out, results, (struct json_style){ .indent = 2 });
    else
        results_print(results, &out);
    fwrite(out.bytes, 1, out.length, stdout);
    if (is_json)
        putchar('\n');
    if (directory != NULL) /* JSON stays JSON */
        fprintf(is_json ? stderr : stdout, "report: %s/report.html\n", directory);
    writer_close(&out);
}

bool conduct_check_gates(const struct experiment *experiment, const struct gates *gates,
                         struct error_list *faults)
{
    const char **paths = mem_new((experiment->response_count + 1) * sizeof *paths);
    for (size_t i = 0; i < experiment->response_count; i++)
        paths[i] = experiment->responses[i].text;
    const bool well = gates_check_responses(gates, paths, experiment->response_count, faults);
    free(paths);
    return well;
}

int conduct_end(struct value *results, const struct command_line *line, const char *command,
                const char *directory, const struct gates *gates)
{
    const bool failed = gates->count > 0 && gates_judge_results(gates, results) > 0;
    if (directory != NULL && !conduct_write(results, command, directory))
        return EXIT_BAD_INPUT;
    print_results(results, line, directory);
    if (!gates_write_junit(line, command, results))
        return EXIT_BAD_INPUT;
    return failed ? EXIT_CHECK_FAILED : EXIT_OK;
}
