/* Follows the OpenMetrics specification 1.0 (prometheus/OpenMetrics): a family's metadata, then its
 * metrics one after the other, each with its samples in the order of time; of a histogram all samples
 * of a moment stand together. Times are whole milliseconds. */
#include "tools/export/openmetrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/export/csv.h"

enum { FLUSH = 1 << 16 };

struct text_out {
    FILE *file;
    struct writer text;
    int64_t epoch_seconds;
    struct writer head; /* name and labels of the series */
    sim_time only;      /* -1: every sample */
};

static void flush(struct text_out *out, size_t most)
{
    if (out->text.length < most)
        return;
    fwrite(out->text.bytes, 1, out->text.length, out->file);
    writer_clear(&out->text);
}

static void print_number(double number, struct writer *into)
{
    if (isnan(number))
        writer_add(into, "NaN");
    else if (number == floor(number) && fabs(number) < 1e15)
        writer_format(into, "%.0f", number);
    else
        writer_format(into, "%.15g", number);
}

static void print_time(int64_t epoch_seconds, sim_time at, struct writer *into)
{
    const int64_t milliseconds = epoch_seconds * 1000 + at / SIM_MILLISECOND;
    writer_format(into, "%" PRId64, milliseconds / 1000);
    if (milliseconds % 1000 != 0)
        writer_format(into, ".%03" PRId64, milliseconds % 1000);
}

static void print_head(const struct series *series, struct writer *head)
{
    writer_clear(head);
    writer_add(head, series->family->name);
    writer_add(head, series_suffix(series));
    const size_t name = head->length;
    writer_add_char(head, '{');
    series_print_labels(series, head);
    if (head->length == name + 1)
        head->bytes[--head->length] = '\0';
    else
        writer_add_char(head, '}');
    writer_add_char(head, ' ');
}

static void take_sample(void *context, sim_time at, double value)
{
    struct text_out *out = context;
    if (out->only >= 0 && at != out->only)
        return;
    writer_add_bytes(&out->text, out->head.bytes, out->head.length);
    print_number(value, &out->text);
    writer_add_char(&out->text, ' ');
    print_time(out->epoch_seconds, at, &out->text);
    writer_add_char(&out->text, '\n');
    flush(out, FLUSH);
}

/* A counter's family is called without the end of its samples. */
static void print_family_name(const struct family *family, bool openmetrics, struct writer *into)
{
    size_t length = strlen(family->name);
    if (openmetrics && family->type == COUNTER)
        length -= strlen("_total");
    writer_add_bytes(into, family->name, length);
}

static void print_metadata(const struct family *family, bool openmetrics, struct writer *into)
{
    static const char *const types[] = { "gauge", "counter", "histogram" };
    writer_add(into, "# TYPE ");
    print_family_name(family, openmetrics, into);
    writer_format(into, " %s\n", types[family->type]);
    if (family->unit != NULL && openmetrics) {
        writer_add(into, "# UNIT ");
        print_family_name(family, openmetrics, into);
        writer_format(into, " %s\n", family->unit);
    }
    writer_add(into, "# HELP ");
    print_family_name(family, openmetrics, into);
    writer_format(into, " %s\n", family->help);
}

/* All samples of a moment stand together, so every series tells at every moment at which one of them
 * changes. */
static void write_histogram(const struct series_list *list, const struct sampling *sampling,
                            struct text_out *out)
{
    const struct series *longest = list->first; /* the last bucket: it changes whenever one does */
    for (const struct series *one = list->first; one != NULL; one = one->next)
        longest = one->count >= longest->count ? one : longest;
    const struct sampling steps = { .step = sampling->step, .end = sampling->end };
    struct moments {
        sim_time *items;
        size_t count, capacity;
    } moments = { 0 };
    if (sampling->step == 0)
        for (uint32_t i = 0; i < longest->count; i++) {
            MEM_GROW(moments.items, moments.count, moments.capacity);
            moments.items[moments.count++] = longest->points[i].at;
        }
    for (sim_time at = 0; sampling->step > 0 && at < steps.end + steps.step; at += steps.step) {
        MEM_GROW(moments.items, moments.count, moments.capacity);
        moments.items[moments.count++] = at < steps.end ? at : steps.end;
    }
    for (size_t i = 0; i < moments.count; i++)
        for (const struct series *one = list->first; one != NULL; one = one->next) {
            uint32_t point = one->count;
            while (point > 0 && one->points[point - 1].at > moments.items[i])
                point--;
            if (point == 0)
                continue;
            print_head(one, &out->head);
            take_sample(out, moments.items[i], one->points[point - 1].value);
        }
    free(moments.items);
}

void openmetrics_write(const struct recorder *recorder, const struct sampling *sampling, FILE *file)
{
    const struct series_set *set = recorder_series(recorder);
    struct text_out out = { .file = file, .epoch_seconds = recorder_epoch(recorder), .only = -1 };
    for (size_t i = 0; i < set->count; i++) {
        const struct series_list *list = &set->lists[i];
        if (list->first == NULL)
            continue;
        print_metadata(list->family, true, &out.text);
        if (list->family->type == HISTOGRAM) {
            write_histogram(list, sampling, &out);
            continue;
        }
        for (const struct series *series = list->first; series != NULL; series = series->next) {
            print_head(series, &out.head);
            series_each(series, sampling, take_sample, &out);
        }
    }
    writer_add(&out.text, "# EOF\n");
    flush(&out, 0);
    writer_close(&out.text);
    writer_close(&out.head);
}

static bool any_lives(const struct series_list *list)
{
    for (const struct series *series = list->first; series != NULL; series = series->next)
        if (series_lives(series))
            return true;
    return false;
}

void prometheus_write_snapshot(const struct recorder *recorder, FILE *file)
{
    const struct series_set *set = recorder_series(recorder);
    struct text_out out = { .file = file };
    for (size_t i = 0; i < set->count; i++) {
        if (!any_lives(&set->lists[i]))
            continue;
        print_metadata(set->lists[i].family, false, &out.text);
        for (const struct series *series = set->lists[i].first; series; series = series->next) {
            double value;
            if (!series_last(series, &value))
                continue;
            print_head(series, &out.head);
            writer_add_bytes(&out.text, out.head.bytes, out.head.length);
            print_number(value, &out.text);
            writer_add_char(&out.text, '\n');
            flush(&out, FLUSH);
        }
    }
    flush(&out, 0);
    writer_close(&out.text);
    writer_close(&out.head);
}

/* ---- CSV ---- */

/* The names of all labels, in the order in which families have them. */
struct columns {
    const char **items; /* owned; the names are the families' */
    size_t count, capacity;
};

static void columns_add(struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->items[i], name) == 0)
            return;
    MEM_GROW(columns->items, columns->count, columns->capacity);
    columns->items[columns->count++] = name;
}

static struct columns columns_of(const struct series_set *set)
{
    struct columns columns = { 0 };
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; set->lists[i].first != NULL && k < FAMILY_LABELS; k++)
            if (set->lists[i].family->labels[k] != NULL)
                columns_add(&columns, set->lists[i].family->labels[k]);
    return columns;
}

static void take_row(void *context, sim_time at, double value)
{
    struct text_out *out = context;
    char time[TIME_TEXT];
    writer_add(&out->text, time_print_micro(at, out->epoch_seconds, time));
    writer_add_bytes(&out->text, out->head.bytes, out->head.length);
    if (!isnan(value))
        print_number(value, &out->text);
    writer_add_char(&out->text, '\n');
    flush(out, FLUSH);
}

void series_write_csv(const struct recorder *recorder, const struct sampling *sampling, FILE *file)
{
    const struct series_set *set = recorder_series(recorder);
    struct text_out out = { .file = file, .epoch_seconds = recorder_epoch(recorder) };
    struct columns columns = columns_of(set);
    writer_add(&out.text, "time,metric");
    for (size_t i = 0; i < columns.count; i++) /* of a taint: the value of the sample is another */
        writer_format(&out.text, ",%s",
                      strcmp(columns.items[i], "value") == 0 ? "value_label" : columns.items[i]);
    writer_add(&out.text, ",value\n");
    for (size_t i = 0; i < set->count; i++)
        for (const struct series *series = set->lists[i].first; series; series = series->next) {
            writer_clear(&out.head);
            writer_format(&out.head, ",%s%s,", series->family->name, series_suffix(series));
            for (size_t k = 0; k < columns.count; k++) {
                const char *label = series_label(series, columns.items[k]);
                csv_add_cell(label != NULL ? label : "", &out.head);
                writer_add_char(&out.head, ',');
            }
            series_each(series, sampling, take_row, &out);
        }
    flush(&out, 0);
    free(columns.items);
    writer_close(&out.text);
    writer_close(&out.head);
}
