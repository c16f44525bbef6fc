/* Curves as SVG; see svg_chart.h. */
#include "tests/support/svg_chart.h"

#include <math.h>

enum { WIDTH = 900, HEIGHT = 460, LEFT = 60, RIGHT = 120, TOP = 40, BOTTOM = 50 };
enum { LABEL_HEIGHT = 15, LABELS = 32 };

static double x_of(const struct svg_chart *chart, double x)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (x - chart->x_least) / (chart->x_most - chart->x_least);
}

static double y_of(const struct svg_chart *chart, double y)
{
    return HEIGHT - BOTTOM -
           (HEIGHT - TOP - BOTTOM) * (y - chart->y_least) / (chart->y_most - chart->y_least);
}

static void print_axes(const struct svg_chart *chart, struct writer *out)
{
    for (int i = 0; i <= (chart->x_most - chart->x_least) / chart->x_tick; i++) {
        const double x = chart->x_least + i * chart->x_tick;
        writer_format(out,
                      "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%g</text>\n",
                      x_of(chart, x), TOP, HEIGHT - BOTTOM, x_of(chart, x), HEIGHT - BOTTOM + 18,
                      x);
    }
    for (int i = 0; i <= (chart->y_most - chart->y_least) / chart->y_tick; i++) {
        const double y = chart->y_least + i * chart->y_tick;
        writer_format(out,
                      "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" "
                      "text-anchor=\"end\">%g</text>\n",
                      LEFT, y_of(chart, y), WIDTH - RIGHT, LEFT - 6, y_of(chart, y) + 4, y);
    }
    writer_format(out,
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n"
                  "<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %d)\">"
                  "%s</text>\n"
                  "<text class=\"title\" x=\"%d\" y=\"22\">%s</text>\n",
                  (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, chart->x_title,
                  (TOP + HEIGHT - BOTTOM) / 2, (TOP + HEIGHT - BOTTOM) / 2, chart->y_title, LEFT,
                  chart->title);
}

/* Is the point of a series inside of the axes? */
static bool is_shown(const struct svg_chart *chart, const struct svg_series *series, size_t i)
{
    const double x = chart->x_first + (double)i;
    return !isnan(series->y[i]) && x >= chart->x_least && x <= chart->x_most &&
           series->y[i] >= chart->y_least && series->y[i] <= chart->y_most;
}

static void print_line(const struct svg_chart *chart, const struct svg_series *series,
                       struct writer *out)
{
    bool drawing = false;
    writer_format(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"%s d=\"",
                  series->colour, series->dashed ? " stroke-dasharray=\"6 3\"" : "");
    for (size_t i = 0; i < series->count; i++) {
        const bool shown = is_shown(chart, series, i);
        if (shown)
            writer_format(out, "%s%.1f %.1f", drawing ? "L" : "M",
                          x_of(chart, chart->x_first + (double)i), y_of(chart, series->y[i]));
        drawing = shown;
    }
    writer_add(out, "\"/>\n");
}

static void print_marks(const struct svg_chart *chart, const struct svg_series *series,
                        struct writer *out)
{
    for (size_t i = 0; i < series->count; i += series->marks)
        if (is_shown(chart, series, i))
            writer_format(
                out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\" fill=\"none\" stroke=\"%s\"/>\n",
                x_of(chart, chart->x_first + (double)i), y_of(chart, series->y[i]), series->colour);
}

struct label {
    const struct svg_series *series;
    double y; /* pixels from the top */
};

/* Names stand beside the last point of their line; those that would overlap make way downwards. */
static void print_names(const struct svg_chart *chart, struct writer *out)
{
    struct label labels[LABELS];
    size_t count = 0;
    for (size_t i = 0; i < chart->count && count < LABELS; i++) {
        const struct svg_series *series = &chart->series[i];
        size_t last = series->count;
        while (last > 0 && !is_shown(chart, series, last - 1))
            last--;
        if (series->name == NULL || last == 0)
            continue;
        const double y = y_of(chart, series->y[last - 1]);
        size_t at = count++;
        for (; at > 0 && labels[at - 1].y > y; at--)
            labels[at] = labels[at - 1];
        labels[at] = (struct label){ series, y };
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && labels[i].y < labels[i - 1].y + LABEL_HEIGHT)
            labels[i].y = labels[i - 1].y + LABEL_HEIGHT;
        writer_format(out, "<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s</text>\n", WIDTH - RIGHT + 8,
                      labels[i].y + 4, labels[i].series->colour, labels[i].series->name);
    }
}

void svg_chart_print(const struct svg_chart *chart, struct writer *out)
{
    writer_format(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "font-family=\"sans-serif\" font-size=\"12\">\n<title>%s</title>\n"
                  "<style>.grid{stroke:#ddd}.title{font-size:15px;font-weight:bold}</style>\n"
                  "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
                  WIDTH, HEIGHT, chart->title, WIDTH, HEIGHT);
    print_axes(chart, out);
    for (size_t i = 0; i < chart->count; i++)
        (chart->series[i].marks > 0 ? print_marks : print_line)(chart, &chart->series[i], out);
    print_names(chart, out);
    writer_add(out, "</svg>\n");
}
