/* Readings of responses in the course of a run. */
#include "tools/experiment/readings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/shape.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/stat/warmup.h"

/* What a field is, by its name: how its value at a moment speaks of the time before. */
enum meaning {
    LEVEL,        /* of the moment: sampled */
    TOTAL,        /* since the start of measurement */
    AVAILABILITY, /* available seconds over observed seconds */
    FAILED_SHARE  /* failed requests over requests */
};

struct sums {
    double numerator, denominator;
};

struct meter {
    const struct experiment_response *response;
    enum meaning meaning;
    struct document_path *above, *below; /* owned: of a ratio, its two parts */
    double *series;                      /* owned */
    size_t count, capacity;
    struct batches batches;
    struct sums cycle; /* since the last regeneration */
    struct regeneration cycles;
};

struct readings {
    const struct experiment *experiment;
    struct meter *meters;
    double measured; /* seconds of a whole run that are measured */
    bool was_there;  /* at the last reading: the value that a cycle begins with */
    bool in_cycle;   /* the first cycle has begun */
};

static const char *const totals[] = { "outages", "restarts",  "podsCreated", "podsDeleted",
                                      "failed",  "requests",  "attempts",    "created",
                                      "bound",   "succeeded", "preempted",   "events",
                                      "rescales" };

static enum meaning meaning_of(const char *field)
{
    const size_t length = strlen(field);
    if (strcmp(field, "availability") == 0)
        return AVAILABILITY;
    if (strcmp(field, "failedShare") == 0)
        return FAILED_SHARE;
    if (length > 7 && strcmp(field + length - 7, "Seconds") == 0)
        return TOTAL;
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        if (strcmp(field, totals[i]) == 0)
            return TOTAL;
    return LEVEL;
}

/* The path of another field of the same row. */
static struct document_path *beside(const char *path, const char *field)
{
    const char *dot = strrchr(path, '.');
    char *text = mem_format("%.*s.%s", (int)(dot - path), path, field);
    struct document_path *found = document_path_parse(text, (struct place){ 0 }, NULL);
    free(text);
    return found;
}

struct readings *readings_new(const struct experiment *experiment)
{
    struct readings *readings = mem_new(sizeof *readings);
    const struct scenario *scenario = &experiment_first(experiment)->inputs.scenario;
    readings->experiment = experiment;
    readings->measured = (double)(scenario->duration - scenario->measure_from) / (double)SIM_SECOND;
    readings->meters = mem_new((experiment->response_count + 1) * sizeof *readings->meters);
    for (size_t i = 0; i < experiment->response_count; i++) {
        struct meter *meter = &readings->meters[i];
        const char *path = experiment->responses[i].text, *dot = strrchr(path, '.');
        meter->response = &experiment->responses[i];
        meter->meaning = dot != NULL ? meaning_of(dot + 1) : meaning_of(path);
        batches_init(&meter->batches, 1);
        if (meter->meaning == AVAILABILITY || meter->meaning == FAILED_SHARE) {
            const bool is_share = meter->meaning == FAILED_SHARE;
            meter->above = beside(path, is_share ? "failed" : "downtimeSeconds");
            meter->below = beside(path, is_share ? "requests" : "observedSeconds");
        }
    }
    return readings;
}

void readings_free(struct readings *readings)
{
    if (readings == NULL)
        return;
    for (size_t i = 0; i < readings->experiment->response_count; i++) {
        document_path_free(readings->meters[i].above);
        document_path_free(readings->meters[i].below);
        free(readings->meters[i].series);
    }
    free(readings->meters);
    free(readings);
}

static double number_at(const struct document_path *path, const struct meter *meter,
                        const struct value *summary)
{
    const struct value *found = NULL;
    const struct document_view view = { summary, meter->response->space, true };
    document_path_find(path, view, &found, (struct place){ 0 }, NULL);
    return value_double(found, NAN);
}

static struct sums sums_of(const struct readings *readings, const struct meter *meter,
                           const struct value *summary)
{
    struct sums sums = { .denominator = 1 };
    if (meter->meaning == LEVEL || meter->meaning == TOTAL) {
        sums.numerator = number_at(meter->response->path, meter, summary);
        if (meter->meaning == TOTAL)
            sums.denominator = (double)readings->experiment->every / (double)SIM_SECOND;
        return sums;
    }
    sums.numerator = number_at(meter->above, meter, summary);
    sums.denominator = number_at(meter->below, meter, summary);
    if (meter->meaning == AVAILABILITY)
        sums.numerator = sums.denominator - sums.numerator;
    return sums;
}

static void add(struct meter *meter, struct sums stretch)
{
    if (isnan(stretch.numerator) || !(stretch.denominator > 0))
        return;
    const double value = stretch.numerator / stretch.denominator;
    MEM_GROW(meter->series, meter->count, meter->capacity);
    meter->series[meter->count++] = value;
    batches_add(&meter->batches, value);
    meter->cycle.numerator += stretch.numerator;
    meter->cycle.denominator += stretch.denominator;
}

/* Has the value come to be what cycles begin with? */
static bool begins_cycle(struct readings *readings, const struct value *summary)
{
    const struct experiment *experiment = readings->experiment;
    const struct value *found = NULL;
    const struct document_view view = { summary, NULL, true };
    char *wanted = shape_amount_text(experiment->when_is);
    document_path_find(experiment->when, view, &found, (struct place){ 0 }, NULL);
    const bool is_there = found != NULL && found->type == VALUE_NUMBER && wanted != NULL &&
                          decimal_compare(found->text, wanted) == 0;
    const bool begins = is_there && !readings->was_there;
    readings->was_there = is_there;
    free(wanted);
    return begins;
}

static void end_cycle(struct readings *readings)
{
    for (size_t i = 0; i < readings->experiment->response_count; i++) {
        struct meter *meter = &readings->meters[i];
        if (readings->in_cycle)
            regeneration_add(&meter->cycles, meter->cycle.numerator, meter->cycle.denominator);
        meter->cycle = (struct sums){ 0 };
    }
    readings->in_cycle = true;
}

void readings_take(struct readings *readings, const struct value *summary)
{
    for (size_t i = 0; i < readings->experiment->response_count; i++)
        add(&readings->meters[i], sums_of(readings, &readings->meters[i], summary));
    if (readings->experiment->estimate == BY_REGENERATION && begins_cycle(readings, summary))
        end_cycle(readings);
}

/* A rate per second stands for what a whole run comes to. */
static double scale_of(const struct readings *readings, const struct meter *meter)
{
    return meter->meaning == TOTAL ? readings->measured : 1;
}

double readings_settled(const struct readings *readings, size_t response, sim_time *warmup)
{
    const struct meter *meter = &readings->meters[response];
    const struct warmup found = warmup_find(meter->series, meter->count);
    double sum = 0;
    *warmup = (sim_time)found.length * readings->experiment->every;
    for (size_t i = found.length; i < meter->count; i++)
        sum += meter->series[i];
    return sum / (double)(meter->count - found.length) * scale_of(readings, meter);
}

struct interval readings_interval(const struct readings *readings, size_t response)
{
    const struct meter *meter = &readings->meters[response];
    const double confidence = readings->experiment->rule.confidence;
    struct interval interval = readings->experiment->estimate == BY_REGENERATION
                                   ? regeneration_interval(&meter->cycles, confidence)
                                   : batches_interval(&meter->batches, confidence, NULL);
    const double scale = scale_of(readings, meter);
    interval.mean *= scale;
    interval.error *= scale;
    interval.half_width *= scale;
    return interval;
}
