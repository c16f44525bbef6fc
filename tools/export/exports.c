#include "tools/export/exports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/export/openmetrics.h"
#include "tools/export/recorder.h"
#include "tools/export/summary_csv.h"
#include "tools/export/trace_recorder.h"
#include "tools/files.h"

enum { MOST_SLICES = 500000, MOST_PODS = 2000, STEPS = 360 };

struct exports {
    char *directory;      /* owned; NULL: there is none */
    const char *snapshot; /* NULL: none; borrowed from the command line */
    bool trace, metrics, csv;
    size_t pods;
    sim_time step;  /* as asked for; 0: at changes */
    sim_time every; /* from one sample to the next */
    struct recorder *recorder;
    struct trace_recorder *tracer;
};

/* ---- what is asked for ---- */

static bool read_list(struct exports *exports, const char *list)
{
    static const char *const names[] = { "trace", "metrics", "csv" };
    bool *const parts[] = { &exports->trace, &exports->metrics, &exports->csv };
    const bool all = list == NULL || strcmp(list, "all") == 0;
    exports->trace = exports->metrics = exports->csv = all;
    if (all || strcmp(list, "none") == 0)
        return true;
    while (*list != '\0') {
        const size_t length = strcspn(list, ",");
        size_t part = 0;
        while (part < 3 &&
               (strlen(names[part]) != length || strncmp(list, names[part], length) != 0))
            part++;
        if (part == 3)
            return false;
        *parts[part] = true;
        list += length + (list[length] == ',');
    }
    return true;
}

static bool read_number(const char *text, size_t *number)
{
    char *end;
    errno = 0;
    const unsigned long long read = strtoull(text, &end, 10);
    *number = (size_t)read;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool read_options(struct exports *exports, const struct command_line *line,
                         const char *command)
{
    const char *list = command_line_option(line, "exports");
    const char *step = command_line_option(line, "metrics-step");
    const char *pods = command_line_option(line, "metrics-pods");
    struct error error = { 0 };
    exports->snapshot = command_line_option(line, "metrics-snapshot");
    exports->pods = MOST_PODS;
    if (!read_list(exports, list)) {
        fprintf(stderr, "seatrial %s: --exports %s: try all, none, or some of trace,metrics,csv\n",
                command, list);
        return false;
    }
    if (step != NULL && !sim_time_parse(step, (struct place){ 0 }, &exports->step, &error)) {
        fprintf(stderr, "seatrial %s: --metrics-step: %s\n", command, error.text);
        error_close(&error);
        return false;
    }
    if (step != NULL && exports->step < SIM_SECOND) {
        fprintf(stderr, "seatrial %s: --metrics-step %s: at least 1s\n", command, step);
        return false;
    }
    if (pods != NULL && !read_number(pods, &exports->pods)) {
        fprintf(stderr, "seatrial %s: --metrics-pods %s: not a number\n", command, pods);
        return false;
    }
    return true;
}

bool exports_read(const struct command_line *line, const char *command, const char *directory,
                  struct exports **into)
{
    struct exports *exports = mem_new(sizeof *exports);
    *into = NULL;
    if (!read_options(exports, line, command)) {
        exports_free(exports);
        return false;
    }
    if (directory == NULL)
        exports->trace = exports->metrics = exports->csv = false;
    else
        exports->directory = mem_text(directory, strlen(directory));
    if (!exports->trace && !exports->metrics && !exports->csv && exports->snapshot == NULL) {
        exports_free(exports);
        return true;
    }
    if (exports->trace)
        exports->tracer = trace_recorder_new(MOST_SLICES);
    *into = exports;
    return true;
}

void exports_unwatch(struct exports *exports)
{
    if (exports == NULL)
        return;
    recorder_free(exports->recorder);
    trace_recorder_free(exports->tracer);
    exports->recorder = NULL;
    exports->tracer = NULL;
}

void exports_free(struct exports *exports)
{
    if (exports == NULL)
        return;
    exports_unwatch(exports);
    free(exports->directory);
    free(exports);
}

/* ---- the run ---- */

void exports_trace(struct exports *exports, const struct trace_line *line)
{
    if (exports != NULL && exports->tracer != NULL)
        trace_recorder_line(exports->tracer, line);
}

/* The shortest round time of which a run has not more than STEPS. */
static sim_time round_step(sim_time duration)
{
    static const sim_time round[] = {
        SIM_SECOND,     5 * SIM_SECOND, 15 * SIM_SECOND, 30 * SIM_SECOND, SIM_MINUTE,
        2 * SIM_MINUTE, 5 * SIM_MINUTE, 10 * SIM_MINUTE, 15 * SIM_MINUTE, 30 * SIM_MINUTE,
        SIM_HOUR,       2 * SIM_HOUR,   3 * SIM_HOUR,    6 * SIM_HOUR,    12 * SIM_HOUR,
    };
    for (size_t i = 0; i < sizeof round / sizeof *round; i++)
        if (duration / round[i] <= STEPS)
            return round[i];
    return SIM_DAY;
}

void exports_watch(struct exports *exports, struct simulation *simulation, sim_time duration)
{
    if (exports == NULL)
        return;
    exports->every = exports->step > 0 ? exports->step : round_step(duration);
    if (exports->metrics || exports->csv || exports->snapshot != NULL)
        exports->recorder = recorder_new(simulation, exports->pods);
    if (exports->tracer != NULL)
        trace_recorder_watch(exports->tracer, simulation);
}

sim_time exports_step(const struct exports *exports)
{
    return exports->every;
}

void exports_sample(struct exports *exports)
{
    if (exports != NULL && exports->recorder != NULL)
        recorder_step(exports->recorder);
}

/* ---- files ---- */

struct out_file {
    char *path, *part; /* owned */
    FILE *stream;
};

static bool out_begin(struct out_file *file, const char *path, struct error *error)
{
    *file = (struct out_file){ mem_text(path, strlen(path)), file_part(path), NULL };
    file->stream = fopen(file->part, "wb");
    if (file->stream != NULL)
        return true;
    error_set(error, (struct place){ 0 }, "%s: %s", path, strerror(errno));
    free(file->path);
    free(file->part);
    return false;
}

/* Nobody sees it half written. */
static bool out_end(struct out_file *file, struct error *error)
{
    bool fine = !ferror(file->stream);
    fine = fclose(file->stream) == 0 && fine && file_move(file->part, file->path);
    if (!fine) {
        error_set(error, (struct place){ 0 }, "%s: %s", file->path, strerror(errno));
        file_forget(file->part, file->path);
    }
    free(file->path);
    free(file->part);
    return fine;
}

static bool write_trace(struct exports *exports, const struct value *summary, struct error *error)
{
    char *path = path_join(exports->directory, "trace.perfetto.json");
    struct out_file file;
    bool fine = out_begin(&file, path, error);
    if (fine) {
        trace_recorder_write(exports->tracer, summary, file.stream);
        fine = out_end(&file, error);
    }
    if (trace_recorder_left_out(exports->tracer) > 0)
        fprintf(stderr, "%s: %zu slices above %d were left out\n", path,
                trace_recorder_left_out(exports->tracer), MOST_SLICES);
    free(path);
    return fine;
}

typedef void series_writer(const struct recorder *recorder, const struct sampling *sampling,
                           FILE *out);

static bool write_series(const struct exports *exports, const char *directory, const char *name,
                         series_writer *write, struct error *error)
{
    const struct sampling sampling = { .step = exports->step,
                                       .end = recorder_now(exports->recorder),
                                       .end_with_nothing = true };
    char *path = path_join(directory, name);
    struct out_file file;
    bool fine = out_begin(&file, path, error);
    if (fine) {
        write(exports->recorder, &sampling, file.stream);
        fine = out_end(&file, error);
    }
    free(path);
    return fine;
}

static bool write_csv(const struct exports *exports, const struct value *summary,
                      struct error *error)
{
    char *directory = path_join(exports->directory, "csv");
    const bool fine = directory_make(directory, error) &&
                      write_series(exports, directory, "metrics.csv", series_write_csv, error) &&
                      summary_write_csv(summary, directory, error);
    free(directory);
    return fine;
}

static bool write_snapshot(const struct exports *exports, struct error *error)
{
    struct out_file file;
    if (!out_begin(&file, exports->snapshot, error))
        return false;
    prometheus_write_snapshot(exports->recorder, file.stream);
    return out_end(&file, error);
}

bool exports_write(struct exports *exports, const struct value *summary, struct error *error)
{
    if (exports == NULL)
        return true;
    if (exports->recorder != NULL) {
        recorder_finish(exports->recorder, summary);
        if (recorder_pods_left_out(exports->recorder) > 0)
            fprintf(stderr,
                    "metrics: %zu pods above %zu have no series of their own (--metrics-pods)\n",
                    recorder_pods_left_out(exports->recorder), exports->pods);
    }
    return (!exports->trace || write_trace(exports, summary, error)) &&
           (!exports->metrics ||
            write_series(exports, exports->directory, "metrics.om", openmetrics_write, error)) &&
           (!exports->csv || write_csv(exports, summary, error)) &&
           (exports->snapshot == NULL || write_snapshot(exports, error));
}
