/* The page of a study in results/: its question and method (the comment that its study.yaml begins with), its
 * command, what it found, and a picture of each response.
 *
 *     study_page results/nines      reads study.yaml, results.json and results.txt of OUT (the second argument),
 *                                   writes README.md, data.csv and one .svg for each response
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/files.h"

enum { LEFT = 330, RIGHT = 30, ROW = 22, TOP = 40, WIDTH = 900 };

static char *read_or_die(const char *folder, const char *name, size_t *length)
{
    struct error error = { 0 };
    char *path = path_join(folder, name), *bytes = file_read(path, length, &error);
    if (bytes == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        exit(2);
    }
    free(path);
    return bytes;
}

static void write_or_die(const char *folder, const char *name, const struct writer *text)
{
    struct error error = { 0 };
    if (file_write(folder, name, text->bytes, text->length, &error))
        return;
    fprintf(stderr, "%s/%s: %s\n", folder, name, error.text);
    exit(2);
}

/* ── pictures ── */

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static const struct value *estimate_at(const struct value *point, size_t response)
{
    return value_at(value_get(point, "estimates"), response);
}

/* The mean and its interval; the mean alone where nothing varied. */
static void bounds_of(const struct value *estimate, double *mean, double *low, double *high)
{
    *mean = value_double(value_get(estimate, "mean"), NAN);
    *low = value_double(value_get(estimate, "low"), *mean);
    *high = value_double(value_get(estimate, "high"), *mean);
}

static void add_escaped(struct writer *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '<')
            writer_add(out, "&lt;");
        else if (*text == '&')
            writer_add(out, "&amp;");
        else
            writer_add_char(out, *text);
}

static double place(double value, double least, double most)
{
    return LEFT + (value - least) / (most - least) * (WIDTH - LEFT - RIGHT);
}

static void draw_row(struct writer *out, const struct value *point, size_t response, size_t row,
                     double least, double most)
{
    double mean, low, high;
    const int y = TOP + (int)row * ROW + ROW / 2;
    bounds_of(estimate_at(point, response), &mean, &low, &high);
    writer_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 12, y + 4);
    add_escaped(out, text_of(point, "name"));
    writer_add(out, "</text>\n");
    if (isnan(mean))
        return;
    writer_format(out,
                  "<path d=\"M%.1f %dH%.1f\" stroke=\"#1b6ca8\" stroke-width=\"2\"/>"
                  "<circle cx=\"%.1f\" cy=\"%d\" r=\"4\" fill=\"#1b6ca8\"/>\n",
                  place(low, least, most), y, place(high, least, most), place(mean, least, most),
                  y);
}

/* 1, 2 or 5 times a power of ten, about a fifth of the range. */
static double step_of(double range)
{
    const double ten = pow(10, floor(log10(range / 5))), parts = range / 5 / ten;
    return ten * (parts <= 1 ? 1 : parts <= 2 ? 2 : parts <= 5 ? 5 : 10);
}

static void draw_axis(struct writer *out, size_t rows, double least, double most, double step,
                      bool is_share)
{
    const int bottom = TOP + (int)rows * ROW, ticks = (int)lround((most - least) / step);
    for (int i = 0; i <= ticks; i++) {
        const double value = least + i * step, x = place(value, least, most);
        writer_format(out,
                      "<path d=\"M%.1f %dV%d\" stroke=\"#bbb\"/>"
                      "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.6g%s</text>\n",
                      x, TOP, bottom, x, bottom + 16, is_share ? 100 * value : value,
                      is_share ? " %" : "");
    }
}

/* Dots with whiskers, a row for each point. */
static void draw(struct writer *out, const struct value *results, size_t response)
{
    const struct value *points = value_get(results, "points");
    const struct value *of = value_at(value_get(results, "responses"), response);
    const bool is_share = strcmp(text_of(of, "unit"), "share") == 0;
    double least = INFINITY, most = -INFINITY, mean, low, high;
    for (size_t i = 0; i < points->count; i++) {
        bounds_of(estimate_at(points->items[i], response), &mean, &low, &high);
        least = fmin(least, low);
        most = fmax(most, high);
    }
    if (!(most > least))
        most = least + 1;
    const double step = step_of(most - least);
    least = floor(least / step) * step;
    most = ceil(most / step) * step;
    writer_format(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" "
                  "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" "
                  "height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"22\" font-size=\"15\">",
                  WIDTH, TOP + points->count * ROW + 30, LEFT);
    add_escaped(out, text_of(of, "name"));
    writer_format(out, ", mean and %g %% interval</text>\n",
                  100 * value_double(value_get(results, "confidence"), 0));
    draw_axis(out, points->count, least, most, step, is_share);
    for (size_t i = 0; i < points->count; i++)
        draw_row(out, points->items[i], response, i, least, most);
    writer_add(out, "</svg>\n");
}

/* "failed-requests.svg" of "failed requests"; the caller frees. */
static char *name_of_picture(const struct value *results, size_t response)
{
    char *name =
        mem_format("%s.svg", text_of(value_at(value_get(results, "responses"), response), "name"));
    for (char *c = name; *c != '\0'; c++)
        if (strchr(" /[]", *c) != NULL)
            *c = '-';
    return name;
}

/* ── the page ── */

/* The comment that a study begins with: its first line is the question. */
static void add_comment(struct writer *out, const char *study)
{
    bool is_first = true;
    while (*study == '#') {
        const size_t length = strcspn(study, "\n");
        const size_t skip = length > 1 && study[1] == ' ' ? 2 : 1;
        writer_format(out, "%s%.*s\n", is_first ? "# " : "", (int)(length - skip), study + skip);
        study += length + (study[length] == '\n');
        is_first = false;
    }
}

static void write_page(const char *folder, const char *study, const struct value *results,
                       const char *table)
{
    struct writer page = { 0 };
    add_comment(&page, study);
    writer_format(&page,
                  "\n    seatrial experiment %s/study.yaml\n\nseatrial %s, seed %lld, %lld runs of "
                  "%g days, %.3g events. All numbers: [data.csv](data.csv).\n\n```\n%s```\n",
                  folder, text_of(results, "version"),
                  (long long)value_int(value_get(results, "seed"), 0),
                  (long long)value_int(value_get(results, "replications"), 0),
                  value_double(value_get(results, "durationSeconds"), 0) / 86400,
                  value_double(value_get(results, "events"), 0), table);
    for (size_t i = 0; i < value_get(results, "responses")->count; i++) {
        struct writer picture = { 0 };
        char *name = name_of_picture(results, i);
        draw(&picture, results, i);
        write_or_die(folder, name, &picture);
        writer_format(&page, "\n![%s](%s)\n",
                      text_of(value_at(value_get(results, "responses"), i), "name"), name);
        writer_close(&picture);
        free(name);
    }
    write_or_die(folder, "README.md", &page);
    writer_close(&page);
}

/* Means and intervals, a row for each point and response. */
static void write_data(const char *folder, const struct value *results)
{
    static const char *const fields[] = { "count", "mean", "low", "high", "standardDeviation" };
    const struct value *points = value_get(results, "points");
    struct writer data = { 0 };
    writer_add(&data, "point,response,count,mean,low,high,standardDeviation\n");
    for (size_t i = 0; i < points->count; i++)
        for (size_t j = 0; j < value_get(points->items[i], "estimates")->count; j++) {
            const struct value *estimate = estimate_at(points->items[i], j);
            writer_format(&data, "\"%s\",\"%s\"", text_of(points->items[i], "name"),
                          text_of(estimate, "response"));
            for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
                const struct value *value = value_get(estimate, fields[k]);
                writer_format(&data, ",%s", value_is_null(value) ? "" : value->text);
            }
            writer_add_char(&data, '\n');
        }
    write_or_die(folder, "data.csv", &data);
    writer_close(&data);
}

int main(int argc, char **argv)
{
    struct error error = { 0 };
    size_t length;
    if (argc != 3) {
        fputs("usage: study_page FOLDER OUT\n", stderr);
        return 2;
    }
    char *study = read_or_die(argv[1], "study.yaml", &length);
    char *table = read_or_die(argv[2], "results.txt", &length);
    char *json = read_or_die(argv[2], "results.json", &length);
    struct value *results = json_read(json, length, (struct place){ 0 }, NULL, &error);
    if (results == NULL) {
        fprintf(stderr, "%s/results.json: %s\n", argv[2], error.text);
        return 2;
    }
    write_page(argv[1], study, results, table);
    write_data(argv[1], results);
    value_drop(results);
    free(study);
    free(table);
    free(json);
    return 0;
}
