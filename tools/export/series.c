/* Series: a list of changes each, which one walk turns into samples. */
#include "tools/export/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static size_t family_count(void)
{
    size_t count = 0;
    for (const struct family_table *table = family_tables; table->families != NULL; table++)
        for (const struct family *family = table->families; family->name != NULL; family++)
            count++;
    return count;
}

void series_set_init(struct series_set *set)
{
    set->lists = mem_new(family_count() * sizeof *set->lists);
    set->count = 0;
    for (const struct family_table *table = family_tables; table->families != NULL; table++)
        for (const struct family *family = table->families; family->name != NULL; family++) {
            struct series_list *list = &set->lists[set->count++];
            list->family = family;
            list->last = &list->first;
        }
}

void series_set_close(struct series_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        while (set->lists[i].first != NULL) {
            struct series *series = set->lists[i].first;
            set->lists[i].first = series->next;
            free(series->labels);
            free(series->points);
            free(series);
        }
    free(set->lists);
    *set = (struct series_set){ 0 };
}

bool series_set_find(const struct series_set *set, const char *family, size_t *number)
{
    for (*number = 0; *number < set->count; ++*number)
        if (strcmp(set->lists[*number].family->name, family) == 0)
            return true;
    return false;
}

/* The suffix comes first, under no name. */
struct series *series_new(struct series_set *set, size_t family, const char *suffix,
                          const char *const *values, uint64_t hash)
{
    struct series_list *list = &set->lists[family];
    struct series *series = mem_new(sizeof *series);
    struct writer labels = { 0 };
    if (suffix != NULL && suffix[0] != '\0') {
        writer_add_char(&labels, '\0');
        writer_add_bytes(&labels, suffix, strlen(suffix) + 1);
    }
    for (size_t i = 0; i < FAMILY_LABELS && list->family->labels[i] != NULL; i++) {
        if (values[i] == NULL)
            continue;
        writer_add_bytes(&labels, list->family->labels[i], strlen(list->family->labels[i]) + 1);
        writer_add_bytes(&labels, values[i], strlen(values[i]) + 1);
    }
    writer_add_bytes(&labels, "\0", 2); /* an end, even of nothing */
    series->family = list->family;
    series->list = family;
    series->hash = hash;
    series->labels = writer_take(&labels);
    *list->last = series;
    list->last = &series->next;
    return series;
}

static bool same_millisecond(sim_time a, sim_time b)
{
    return a / SIM_MILLISECOND == b / SIM_MILLISECOND;
}

static void add_point(struct series *series, sim_time at, double value)
{
    if (series->count > 0 && same_millisecond(series->points[series->count - 1].at, at))
        series->count--;
    else
        MEM_GROW(series->points, series->count, series->capacity);
    series->points[series->count++] = (struct point){ at, value };
}

bool series_lives(const struct series *series)
{
    return series->count > 0 && !isnan(series->points[series->count - 1].value);
}

void series_tell(struct series *series, sim_time at, double value, bool again)
{
    if (again || !series_lives(series) || series->points[series->count - 1].value != value)
        add_point(series, at, value);
}

void series_end(struct series *series, sim_time at)
{
    if (series_lives(series))
        add_point(series, at, NAN);
}

const char *series_suffix(const struct series *series)
{
    const bool has = series->labels[0] == '\0' && series->labels[1] != '\0';
    return has ? series->labels + 1 : "";
}

/* The first name. */
static const char *labels_begin(const struct series *series)
{
    const char *suffix = series_suffix(series);
    return suffix[0] == '\0' ? series->labels : suffix + strlen(suffix) + 1;
}

static const char *next_label(const char *name)
{
    const char *value = name + strlen(name) + 1;
    return value + strlen(value) + 1;
}

const char *series_label(const struct series *series, const char *name)
{
    for (const char *label = labels_begin(series); label[0] != '\0'; label = next_label(label))
        if (strcmp(label, name) == 0)
            return label + strlen(label) + 1;
    return NULL;
}

static void print_escaped(const char *value, struct writer *into)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            writer_add_char(into, '\\');
        if (*value == '\n')
            writer_add(into, "\\n");
        else
            writer_add_char(into, *value);
    }
}

void series_print_labels(const struct series *series, struct writer *into)
{
    const char *between = "";
    for (const char *label = labels_begin(series); label[0] != '\0'; label = next_label(label)) {
        writer_add(into, between);
        writer_add(into, label);
        writer_add(into, "=\"");
        print_escaped(label + strlen(label) + 1, into);
        writer_add_char(into, '"');
        between = ",";
    }
}

bool series_last(const struct series *series, double *value)
{
    if (!series_lives(series))
        return false;
    *value = series->points[series->count - 1].value;
    return true;
}

static double nothing(const struct family *family)
{
    return family->is_time ? NAN : 0;
}

static void each_change(const struct series *series, const struct sampling *sampling,
                        void (*take)(void *context, sim_time at, double value), void *context)
{
    for (uint32_t i = 0; i < series->count; i++) {
        const struct point *point = &series->points[i];
        if (!isnan(point->value))
            take(context, point->at, point->value);
        else if (sampling->end_with_nothing && series->family->type == GAUGE)
            take(context, point->at, nothing(series->family));
    }
}

/* As one that scrapes sees it. */
static void each_step(const struct series *series, const struct sampling *sampling,
                      void (*take)(void *context, sim_time at, double value), void *context)
{
    uint32_t next = 0;
    if (series->count == 0)
        return;
    const sim_time step = sampling->step, first = series->points[0].at;
    sim_time at = (first + step - 1) / step * step;
    for (;; at += step) {
        if (at > sampling->end)
            at = sampling->end;
        while (next < series->count && series->points[next].at <= at)
            next++;
        if (next > 0 && !isnan(series->points[next - 1].value))
            take(context, at, series->points[next - 1].value);
        if (at == sampling->end || (next == series->count && !series_lives(series)))
            return;
    }
}

void series_each(const struct series *series, const struct sampling *sampling,
                 void (*take)(void *context, sim_time at, double value), void *context)
{
    if (sampling->step == 0)
        each_change(series, sampling, take, context);
    else
        each_step(series, sampling, take, context);
}
