/* Reading a workload. The format is that of the shared workload generators. */
#include "models/cluster/workload.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { MOST_FAULTS = 20 };

static const char header[] = "arrival_s,cpu_milli,mem_bytes,duration_s";

/* A line of the text and the field in it that is read next. */
struct csv_line {
    const char *begin, *at, *end;
    struct place place;
};

/* A number that a comma or the line's end follows. */
static bool next_number(struct csv_line *line, const char *what, double least, double most,
                        double *number, struct error *error)
{
    struct place place = line->place;
    place.column = (int)(line->at - line->begin) + 1;
    size_t length = strcspn(line->at, ",\r\n");
    char text[64], *end;
    if (line->at >= line->end || length == 0 || length >= sizeof text)
        return error_set(error, place, "%s is missing (a line is %s)", what, header);
    memcpy(text, line->at, length);
    text[length] = '\0';
    *number = strtod(text, &end);
    if (*end != '\0' || !isfinite(*number))
        return error_set(error, place, "%s: \"%s\" is not a number", what, text);
    if (*number < least || *number > most)
        return error_set(error, place, "%s: %s is not between %g and %g", what, text, least, most);
    line->at += length + (line->at[length] == ',');
    return true;
}

static bool read_arrival(struct csv_line *line, sim_time after, struct arrival *arrival,
                         struct error *error)
{
    enum { MOST_SECONDS = 1000000000 };
    double at, cpu, memory, duration;
    if (!next_number(line, "arrival_s", 0, MOST_SECONDS, &at, error) ||
        !next_number(line, "cpu_milli", 0, INT32_MAX, &cpu, error) ||
        !next_number(line, "mem_bytes", 0, 0x1p62, &memory, error) ||
        !next_number(line, "duration_s", 0, MOST_SECONDS, &duration, error))
        return false;
    *arrival = (struct arrival){ sim_time_from_seconds(at), sim_time_from_seconds(duration),
                                 (int64_t)memory, (int32_t)cpu };
    line->place.column = (int)(line->at - line->begin) + 1;
    if (line->at < line->end)
        return error_set(error, line->place, "more than the four fields %s", header);
    line->place.column = 1;
    if (arrival->at < after)
        return error_set(error, line->place,
                         "arrivals are not in order of time (sort by arrival_s)");
    return true;
}

static bool is_header(const struct csv_line *line)
{
    size_t length = strlen(header);
    return (size_t)(line->end - line->begin) == length && memcmp(line->begin, header, length) == 0;
}

bool workload_load(struct workload *workload, const char *bytes, size_t length, const char *name,
                   struct error_list *errors)
{
    size_t before = errors->count;
    const char *stop = bytes + length;
    struct place place = { name, 1, 1 };
    *workload = (struct workload){ 0 };
    for (const char *at = bytes; at < stop && errors->count < before + MOST_FAULTS; place.line++) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        const char *end = newline ? newline : stop;
        struct csv_line line = { at, at, end > at && end[-1] == '\r' ? end - 1 : end, place };
        struct error error = { 0 };
        at = newline ? newline + 1 : stop;
        if (place.line == 1) {
            if (!is_header(&line))
                error_list_add(errors, place, "the first line of a workload is %s", header);
            continue;
        }
        if (line.begin == line.end)
            continue;
        MEM_GROW(workload->arrivals, workload->count, workload->capacity);
        sim_time after = workload->count ? workload->arrivals[workload->count - 1].at : 0;
        if (read_arrival(&line, after, &workload->arrivals[workload->count], &error))
            workload->count++;
        else
            error_list_take(errors, &error);
    }
    if (workload->count == 0 && errors->count == before)
        error_list_add(errors, (struct place){ .file = name }, "no pod in this workload");
    if (errors->count > before)
        workload_close(workload);
    return errors->count == before;
}

void workload_close(struct workload *workload)
{
    free(workload->arrivals);
    *workload = (struct workload){ 0 };
}

sim_time workload_end(const struct workload *workload)
{
    sim_time end = 0;
    for (size_t i = 0; i < workload->count; i++) {
        sim_time gone = sim_time_after(workload->arrivals[i].at, workload->arrivals[i].duration);
        if (gone > end)
            end = gone;
    }
    return end;
}
