/* Arrival processes: see arrivals.h for what they are and where they are from. */
#include "sim/chance/arrivals.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/chance/parameters.h"

enum process { POISSON, EVEN, BATCHES, BURSTS, TIMES };

struct arrivals {
    enum process process;
    const struct signal *rate; /* NULL: TIMES */
    double batch_mean;
    double factor, quiet; /* by which the rate is multiplied in bursts, and between them */
    double burst_lasts, quiet_lasts; /* seconds, in the mean */
    sim_time *times;                 /* owned; ascending */
    size_t time_count;

    /* where the drawing stands */
    struct stream stream;
    sim_time at;
    uint64_t left;     /* of the present batch */
    bool begun, burst; /* begun: an even process has come past its first one */
    sim_time turns;    /* when a burst, or what is between two, ends */
    size_t next;       /* of the times */
};

/* ---- reading ---- */

static bool number_of(const struct value *map, const char *name, double least, double *number,
                      struct error *error)
{
    const struct value *from = parameters_need(map, name, error);
    if (from == NULL)
        return false;
    if (from->type != VALUE_NUMBER)
        return error_set(error, from->at, "%s is not a number", name);
    *number = value_double(from, NAN);
    if (!(*number >= least && *number <= 1e9))
        return error_set(error, from->at, "%s must be from %g to 1e9", name, least);
    return true;
}

static bool time_of(const struct value *from, const char *name, sim_time *time, struct error *error)
{
    if (from->type == VALUE_NUMBER)
        *time = sim_time_from_seconds(value_double(from, 0));
    else if (from->type != VALUE_STRING)
        return error_set(error, from->at, "%s is not a duration", name);
    else if (!sim_time_parse(from->text, from->at, time, error))
        return error_wrap(error, "%s", name);
    return *time >= 0 || error_set(error, from->at, "%s must not be negative", name);
}

static bool length_of(const struct value *map, const char *name, double *seconds,
                      struct error *error)
{
    const struct value *from = parameters_need(map, name, error);
    sim_time time;
    if (from == NULL || !time_of(from, name, &time, error))
        return false;
    *seconds = sim_time_to_seconds(time);
    return time > 0 || error_set(error, from->at, "%s must be more than 0", name);
}

static bool load_batches(struct arrivals *arrivals, const struct value *map, struct error *error)
{
    static const char *const names[] = { "mean", NULL };
    return parameters_check(map, names, error) &&
           number_of(map, "mean", 1, &arrivals->batch_mean, error);
}

static bool load_bursts(struct arrivals *arrivals, const struct value *map, struct error *error)
{
    static const char *const names[] = { "factor", "lasts", "every", NULL };
    double lasts, every;
    if (!parameters_check(map, names, error) ||
        !number_of(map, "factor", 1, &arrivals->factor, error) ||
        !length_of(map, "lasts", &lasts, error) || !length_of(map, "every", &every, error))
        return false;
    if (lasts >= every)
        return error_set(error, value_get(map, "lasts")->at, "lasts must be less than every");
    const double share = lasts / every;
    if (arrivals->factor * share > 1)
        return error_set(error, value_get(map, "factor")->at,
                         "factor must be at most every / lasts, or more would come in bursts than "
                         "come at all");
    arrivals->quiet = (1 - arrivals->factor * share) / (1 - share);
    arrivals->burst_lasts = lasts;
    arrivals->quiet_lasts = every - lasts;
    return true;
}

static bool load_times(struct arrivals *arrivals, const struct value *list, struct error *error)
{
    arrivals->times = mem_new((list->count + 1) * sizeof *arrivals->times);
    arrivals->time_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = list->items[i];
        if (!time_of(item, "a time", &arrivals->times[i], error))
            return false;
        if (i > 0 && arrivals->times[i] < arrivals->times[i - 1])
            return error_set(error, item->at, "times must not descend");
    }
    return true;
}

static bool load_named(struct arrivals *arrivals, const struct value *from, struct error *error)
{
    static const char *const words[] = { "poisson", "even", NULL };
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(from->text, words[i]) == 0) {
            arrivals->process = i == 0 ? POISSON : EVEN;
            return true;
        }
    struct nearest near = nearest_to(from->text);
    for (int i = 0; words[i] != NULL; i++)
        nearest_offer(&near, words[i]);
    return error_set(error, from->at, "no arrivals are called \"%s\" (try %s)", from->text,
                     near.found != NULL ? near.found : "poisson or even");
}

static bool load_map(struct arrivals *arrivals, const struct value *from, struct error *error)
{
    static const struct {
        const char *name;
        enum process process;
        bool (*load)(struct arrivals *arrivals, const struct value *map, struct error *error);
    } rows[] = {
        { "batches", BATCHES, load_batches },
        { "bursts", BURSTS, load_bursts },
        { "times", TIMES, load_times },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows && from->count == 1; i++) {
        const struct value *inner = value_get(from, rows[i].name);
        arrivals->process = rows[i].process;
        if (inner != NULL && inner->type != (rows[i].process == TIMES ? VALUE_LIST : VALUE_MAP))
            return error_set(error, inner->at, "%s has no parameters", rows[i].name);
        if (inner != NULL)
            return rows[i].load(arrivals, inner, error) || error_wrap(error, "%s", rows[i].name);
    }
    return error_set(error, from->at,
                     "arrivals are poisson, even, or a map of one key: batches, bursts, times or "
                     "file");
}

bool arrivals_are_given(const struct value *from)
{
    return value_get(from, "times") != NULL || value_get(from, "file") != NULL;
}

struct arrivals *arrivals_load(const struct value *from, const struct signal *rate,
                               struct error *error)
{
    struct arrivals *arrivals = mem_new(sizeof *arrivals);
    bool well = true;
    arrivals->rate = rate;
    if (from != NULL && from->type == VALUE_STRING)
        well = load_named(arrivals, from, error);
    else if (from != NULL)
        well = load_map(arrivals, from, error);
    if (well)
        return arrivals;
    arrivals_free(arrivals);
    return NULL;
}

void arrivals_free(struct arrivals *arrivals)
{
    if (arrivals != NULL)
        free(arrivals->times);
    free(arrivals);
}

/* ---- files: a time a line; a header, blank lines and lines with # are left out ---- */

static struct value *read_times(const char *bytes, size_t length, const char *name)
{
    struct value *times = value_new_list();
    struct place at = { .file = name, .line = 1, .column = 1 };
    times->at = (struct place){ .file = name };
    for (size_t start = 0; start < length; at.line++) {
        const char *newline = memchr(bytes + start, '\n', length - start);
        const size_t end = newline != NULL ? (size_t)(newline - bytes) : length;
        size_t first = start, last = end;
        while (first < last && isspace((unsigned char)bytes[first]))
            first++;
        while (last > first && isspace((unsigned char)bytes[last - 1]))
            last--;
        const bool header = at.line == 1 && first < last && isalpha((unsigned char)bytes[first]);
        if (first < last && bytes[first] != '#' && !header) {
            char *text = mem_text(bytes + first, last - first);
            const bool unit = isalpha((unsigned char)bytes[last - 1]) != 0;
            char *full = mem_format("%s%s", text, unit ? "" : "s");
            struct value *time = value_new_string(full);
            time->at = at;
            value_add(times, time);
            free(full);
            free(text);
        }
        start = end + 1;
    }
    return times;
}

bool arrivals_open_file(struct value **document, const struct signal_opener *opener,
                        struct error *error)
{
    static const char *const names[] = { "path", NULL };
    const struct value *file = value_get(*document, "file"), *path;
    size_t length;
    const char *name;
    if (file == NULL)
        return true;
    if (file->type != VALUE_MAP)
        return error_set(error, file->at, "file has no parameters (try {path: arrivals.csv})");
    if (!parameters_check(file, names, error) ||
        (path = parameters_need(file, "path", error)) == NULL)
        return error_wrap(error, "file");
    char *bytes = opener->open(opener->context, path, &length, &name, error);
    if (bytes == NULL)
        return error_wrap(error, "file");
    struct value *arrivals = value_new_map();
    arrivals->at = file->at;
    value_set(arrivals, "times", read_times(bytes, length, name));
    free(bytes);
    value_drop(*document);
    *document = arrivals;
    return true;
}

/* ---- how many ---- */

/* The first of the times that is not before `at`. */
static size_t times_before(const struct arrivals *arrivals, sim_time at)
{
    size_t low = 0, high = arrivals->time_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (arrivals->times[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double arrivals_expected(const struct arrivals *arrivals, sim_time from, sim_time to)
{
    if (arrivals->process == TIMES)
        return (double)(times_before(arrivals, to) - times_before(arrivals, from));
    return signal_integral(arrivals->rate, from, to);
}

double arrivals_rate(const struct arrivals *arrivals, sim_time at)
{
    if (arrivals->process == TIMES) /* of the second that is over */
        return arrivals_expected(arrivals, at > SIM_SECOND ? at - SIM_SECOND : 0, at);
    return signal_value(arrivals->rate, at);
}

/* ---- drawing ---- */

static double exponential(struct arrivals *arrivals)
{
    return -log(stream_uniform(&arrivals->stream));
}

static sim_time sojourn(struct arrivals *arrivals)
{
    const double mean = arrivals->burst ? arrivals->burst_lasts : arrivals->quiet_lasts;
    return sim_time_after(arrivals->at, sim_time_from_seconds(mean * exponential(arrivals)));
}

void arrivals_begin(struct arrivals *arrivals, sim_time from, struct stream stream)
{
    arrivals->stream = stream;
    arrivals->at = from;
    arrivals->left = 0;
    arrivals->begun = false;
    arrivals->next = times_before(arrivals, from);
    if (arrivals->process != BURSTS)
        return;
    const double share = arrivals->burst_lasts / (arrivals->burst_lasts + arrivals->quiet_lasts);
    arrivals->burst = stream_uniform(&arrivals->stream) < share;
    arrivals->turns = sojourn(arrivals); /* exponential: what is left of one is as long as one */
}

void arrivals_branch(struct arrivals *arrivals, uint64_t salt)
{
    arrivals->stream = stream_branch(arrivals->stream, salt);
}

/* A geometric number from 1 with this mean, by inversion. */
static uint64_t batch_size(struct arrivals *arrivals)
{
    const double mean = arrivals->batch_mean;
    const double u = stream_uniform(&arrivals->stream);
    return mean <= 1 ? 1 : 1 + (uint64_t)(log(u) / log1p(-1 / mean));
}

static sim_time next_of_bursts(struct arrivals *arrivals)
{
    double wanted = exponential(arrivals);
    while (arrivals->at != SIM_FOREVER) {
        const double factor = arrivals->burst ? arrivals->factor : arrivals->quiet;
        const double room = factor * signal_integral(arrivals->rate, arrivals->at, arrivals->turns);
        if (wanted < room)
            return signal_reaches(arrivals->rate, arrivals->at, wanted / factor);
        wanted -= room;
        arrivals->at = arrivals->turns;
        if (signal_reaches(arrivals->rate, arrivals->at, 1e-9) == SIM_FOREVER)
            return SIM_FOREVER; /* nobody will ever come again */
        arrivals->burst = !arrivals->burst;
        arrivals->turns = sojourn(arrivals);
    }
    return SIM_FOREVER;
}

sim_time arrivals_next(struct arrivals *arrivals)
{
    if (arrivals->process == TIMES)
        return arrivals->next < arrivals->time_count ? arrivals->times[arrivals->next++]
                                                     : SIM_FOREVER;
    if (arrivals->left > 0) {
        arrivals->left--;
        return arrivals->at;
    }
    double amount = 1;
    if (arrivals->process == BATCHES)
        amount = arrivals->batch_mean * exponential(arrivals);
    else if (arrivals->process == POISSON)
        amount = exponential(arrivals);
    else if (!arrivals->begun) /* even: the first one anywhere in its step */
        amount = stream_uniform(&arrivals->stream);
    arrivals->begun = true;
    if (arrivals->at != SIM_FOREVER)
        arrivals->at = arrivals->process == BURSTS
                           ? next_of_bursts(arrivals)
                           : signal_reaches(arrivals->rate, arrivals->at, amount);
    if (arrivals->process == BATCHES)
        arrivals->left = batch_size(arrivals) - 1;
    return arrivals->at;
}
