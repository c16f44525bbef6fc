/* Follows the ABNF and the rules of the OpenMetrics specification 1.0: metadata before samples and once
 * each, families and metrics not interleaved, times that rise, counters that are not negative, whole
 * histograms. */
#include "tests/support/openmetrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum { NAME = 128 };

struct reader {
    struct om_text *into;
    bool times;
    size_t line;
    char family[NAME], type[16], unit[16];
    bool has_help, has_type, has_unit, has_samples, ended;
    char **families; /* owned */
    size_t family_count, family_capacity;
    double bucket, bound; /* of a histogram: the bucket before */
};

static bool fault(struct reader *reader, const char *what, const char *at)
{
    if (reader->into->fault[0] == '\0')
        snprintf(reader->into->fault, sizeof reader->into->fault, "line %zu: %s: %.80s",
                 reader->line, what, at);
    return false;
}

static size_t name_length(const char *at, bool colons)
{
    size_t length = 0;
    while (isalpha((unsigned char)at[length]) || at[length] == '_' ||
           (colons && at[length] == ':') || (length > 0 && isdigit((unsigned char)at[length])))
        length++;
    return length;
}

/* A counter or histogram of the name takes this one for when it was created. */
static bool is_created_of(const char *name, const char *family)
{
    const size_t length = strlen(family);
    return strncmp(name, family, length) == 0 && strcmp(name + length, "_created") == 0;
}

static bool family_is_new(struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->family_count; i++)
        if (strcmp(reader->families[i], name) == 0 || is_created_of(name, reader->families[i]) ||
            is_created_of(reader->families[i], name))
            return false;
    MEM_GROW(reader->families, reader->family_count, reader->family_capacity);
    reader->families[reader->family_count++] = mem_text(name, strlen(name));
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), of_end = strlen(end);
    return length > of_end && strcmp(text + length - of_end, end) == 0;
}

static bool read_metadata(struct reader *reader, char *line)
{
    char what[8] = "", name[NAME] = "";
    int rest = 0;
    if (strcmp(line, "# EOF") == 0) {
        reader->ended = true;
        return true;
    }
    if (sscanf(line, "# %7[A-Z] %127[^ ]%n", what, name, &rest) != 2 || line[rest] != ' ')
        return fault(reader, "no metadata", line);
    if (name_length(name, true) != strlen(name))
        return fault(reader, "no name of a family", line);
    if (strcmp(name, reader->family) != 0) {
        if (!family_is_new(reader, name))
            return fault(reader, "a family a second time, or a name that is another's", line);
        snprintf(reader->family, sizeof reader->family, "%s", name);
        reader->has_help = reader->has_type = reader->has_unit = reader->has_samples = false;
        reader->type[0] = reader->unit[0] = '\0';
        reader->into->families++;
    }
    if (reader->has_samples)
        return fault(reader, "metadata behind samples", line);
    const char *value = line + rest + 1;
    bool *seen = strcmp(what, "HELP") == 0   ? &reader->has_help
                 : strcmp(what, "TYPE") == 0 ? &reader->has_type
                 : strcmp(what, "UNIT") == 0 ? &reader->has_unit
                                             : NULL;
    if (seen == NULL || *seen)
        return fault(reader, "metadata of an unknown sort, or a second time", line);
    *seen = true;
    if (seen == &reader->has_type) {
        if (strcmp(value, "gauge") != 0 && strcmp(value, "counter") != 0 &&
            strcmp(value, "histogram") != 0)
            return fault(reader, "an unknown type", line);
        snprintf(reader->type, sizeof reader->type, "%s", value);
        if (reader->times && ends_with(name, "_total"))
            return fault(reader, "a family is called _total", line);
    }
    if (seen == &reader->has_unit) {
        char end[32];
        snprintf(end, sizeof end, "_%s", value);
        if (!ends_with(name, end))
            return fault(reader, "the unit is not at the end of the name", line);
    }
    return true;
}

/* Labels up to the closing brace; each name once. NULL: a fault. */
static char *read_labels(struct reader *reader, char *at, char *le)
{
    char names[16][NAME];
    size_t count = 0;
    while (*at != '}') {
        const size_t length = name_length(at, false);
        if (length == 0 || length >= NAME || at[length] != '=' || at[length + 1] != '"' ||
            count == 16)
            return fault(reader, "no label", at), NULL;
        snprintf(names[count], NAME, "%.*s", (int)length, at);
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], names[count]) == 0)
                return fault(reader, "a label twice", at), NULL;
        const bool is_bound = strcmp(names[count++], "le") == 0;
        char *value = at + length + 2;
        for (at = value; *at != '"'; at++) {
            if (*at == '\0')
                return fault(reader, "a label without end", value), NULL;
            if (*at == '\\' && strchr("\\\"n", *++at) == NULL)
                return fault(reader, "an unknown escape", at), NULL;
        }
        if (is_bound)
            snprintf(le, 32, "%.*s", (int)(at - value), value);
        at++;
        if (*at == ',' && at[1] != '}')
            at++;
        else if (*at != '}')
            return fault(reader, "no comma between labels", at), NULL;
    }
    return at + 1;
}

static bool check_suffix(struct reader *reader, const char *suffix, const char *line)
{
    const bool counter = strcmp(reader->type, "counter") == 0;
    const bool histogram = strcmp(reader->type, "histogram") == 0;
    const bool fits = histogram ? strcmp(suffix, "_bucket") == 0 || strcmp(suffix, "_sum") == 0 ||
                                      strcmp(suffix, "_count") == 0
                      : counter && reader->times ? strcmp(suffix, "_total") == 0
                                                 : suffix[0] == '\0';
    return fits || fault(reader, "a sample that is not of its family", line);
}

/* Buckets rise with their bounds, and the last is the count. */
static bool check_bucket(struct reader *reader, const char *suffix, const char *le, double value,
                         const char *line)
{
    if (strcmp(suffix, "_count") == 0 && (reader->bound != INFINITY || reader->bucket != value))
        return fault(reader, "the count is not that of the last bucket", line);
    if (strcmp(suffix, "_bucket") != 0)
        return true;
    const double bound = strcmp(le, "+Inf") == 0 ? INFINITY : strtod(le, NULL);
    if (bound > reader->bound && value < reader->bucket && reader->bound != INFINITY)
        return fault(reader, "a bucket is smaller than the one before", line);
    reader->bound = bound;
    reader->bucket = value;
    return true;
}

static bool read_sample(struct reader *reader, char *line)
{
    const size_t length = name_length(line, true), of_family = strlen(reader->family);
    char suffix[NAME], le[32] = "";
    if (length < of_family || strncmp(line, reader->family, of_family) != 0 || of_family == 0)
        return fault(reader, "a sample outside its family", line);
    snprintf(suffix, sizeof suffix, "%.*s", (int)(length - of_family), line + of_family);
    if (!reader->has_type || !reader->has_help)
        return fault(reader, "a sample without type or help", line);
    if (!check_suffix(reader, suffix, line))
        return false;
    char *at = line + length;
    if (*at == '{' && (at = read_labels(reader, at + 1, le)) == NULL)
        return false;
    struct om_sample sample = { .series = line,
                                .series_length = (size_t)(at - line),
                                .time = NAN,
                                .is_counter = strcmp(reader->type, "gauge") != 0 };
    if (*at != ' ')
        return fault(reader, "no blank before the value", line);
    char *end;
    sample.value = strtod(at + 1, &end);
    if (end == at + 1)
        return fault(reader, "no value", line);
    if (reader->times) {
        if (*end != ' ')
            return fault(reader, "no time", line);
        sample.time = strtod(end + 1, &end);
    }
    if (*end != '\0')
        return fault(reader, "something behind the sample", line);
    if (sample.is_counter && !(sample.value >= 0))
        return fault(reader, "a counter that is negative or not a number", line);
    if (!check_bucket(reader, suffix, le, sample.value, line))
        return false;
    reader->has_samples = true;
    MEM_GROW(reader->into->samples, reader->into->count, reader->into->capacity);
    reader->into->samples[reader->into->count++] = sample;
    return true;
}

static bool same_series(const struct om_sample *a, const struct om_sample *b)
{
    return a->series_length == b->series_length &&
           memcmp(a->series, b->series, a->series_length) == 0;
}

static int by_series(const void *a, const void *b)
{
    const struct om_sample *one = *(const struct om_sample *const *)a;
    const struct om_sample *other = *(const struct om_sample *const *)b;
    const size_t least =
        one->series_length < other->series_length ? one->series_length : other->series_length;
    const int order = memcmp(one->series, other->series, least);
    if (order != 0)
        return order;
    if (one->series_length != other->series_length)
        return one->series_length < other->series_length ? -1 : 1;
    return one < other ? -1 : one > other;
}

/* Samples of a series stand together (those of a histogram's moment do), and their times rise. */
static void check_order(struct reader *reader)
{
    struct om_text *text = reader->into;
    const struct om_sample **sorted = mem_new((text->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < text->count; i++)
        sorted[i] = &text->samples[i];
    qsort(sorted, text->count, sizeof *sorted, by_series);
    for (size_t i = 1; i < text->count; i++) {
        const struct om_sample *before = sorted[i - 1], *sample = sorted[i];
        if (!same_series(before, sample))
            continue;
        char name[80];
        snprintf(name, sizeof name, "%.*s", (int)sample->series_length, sample->series);
        if (!reader->times)
            fault(reader, "a series twice", name);
        else if (!(sample->time > before->time))
            fault(reader, "times that do not rise", name);
        else if (sample != before + 1 && strstr(name, "duration_seconds_") == NULL)
            fault(reader, "a series in pieces", name);
    }
    free(sorted);
}

static char *content(const char *path)
{
    struct writer text = { 0 };
    char block[65536];
    size_t length;
    FILE *file = fopen(path, "rb");
    while (file != NULL && (length = fread(block, 1, sizeof block, file)) > 0)
        writer_add_bytes(&text, block, length);
    if (file != NULL)
        fclose(file);
    return writer_take(&text);
}

struct om_text om_read(const char *path, bool times)
{
    struct om_text text = { .text = content(path) };
    struct reader reader = { .into = &text, .times = times };
    char *line = text.text, *end;
    for (; text.fault[0] == '\0' && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        reader.line++;
        if (reader.ended)
            fault(&reader, "something behind the end", line);
        else if (line[0] == '#')
            read_metadata(&reader, line);
        else
            read_sample(&reader, line);
    }
    if (*line != '\0')
        fault(&reader, "the last line has no end", line);
    if (reader.ended != times)
        fault(&reader, times ? "no # EOF" : "an # EOF", "");
    check_order(&reader);
    for (size_t i = 0; i < reader.family_count; i++)
        free(reader.families[i]);
    free(reader.families);
    return text;
}

void om_close(struct om_text *text)
{
    free(text->text);
    free(text->samples);
}

const struct om_sample *om_find(const struct om_text *text, const char *series, size_t *count)
{
    const struct om_sample *first = NULL;
    const struct om_sample wanted = { .series = series, .series_length = strlen(series) };
    *count = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (!same_series(&text->samples[i], &wanted)) {
            if (first != NULL)
                break;
            continue;
        }
        first = first != NULL ? first : &text->samples[i];
        ++*count;
    }
    return first;
}

double om_last(const struct om_text *text, const char *series)
{
    const struct om_sample wanted = { .series = series, .series_length = strlen(series) };
    for (size_t i = text->count; i > 0; i--)
        if (same_series(&text->samples[i - 1], &wanted))
            return text->samples[i - 1].value;
    return NAN;
}
