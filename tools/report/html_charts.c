/* The charts of the HTML report: plain SVG, which prints and needs no script. Each says in words
 * what it shows in colour. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_private.h"
#include "tools/report/report.h"

enum { WIDTH = 960, HEIGHT = 120, LEFT = 44, RIGHT = 10, TOP = 12, BOTTOM = 22, TICKS = 6 };

static double number_at(const struct value *list, size_t index)
{
    return value_double(value_at(list, index), 0);
}

/* ---- colours ---- */

static void palette_add(struct palette *palette, const char *kind)
{
    for (size_t i = 0; i < CAUSE_COLOURS - 1; i++) {
        if (palette->kinds[i] == NULL)
            palette->kinds[i] = kind;
        if (strcmp(palette->kinds[i], kind) == 0)
            return;
    }
}

struct palette palette_of(const struct value *summary)
{
    struct palette palette = { 0 };
    const struct value *rows = value_get(summary, "workloads");
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *causes = value_get(rows->items[i], "causes");
        for (size_t j = 0; causes != NULL && j < causes->count; j++)
            palette_add(&palette, value_text(value_get(causes->items[j], "kind"), ""));
    }
    return palette;
}

size_t palette_colour(const struct palette *palette, const char *kind)
{
    size_t colour = 0;
    while (colour < CAUSE_COLOURS - 1 &&
           (palette->kinds[colour] == NULL || strcmp(palette->kinds[colour], kind) != 0))
        colour++;
    return colour;
}

/* ---- the curve of ready against wanted ---- */

struct axes {
    double duration; /* seconds */
    double most;     /* replicas */
};

static double x_of(const struct axes *axes, double seconds)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / axes->duration;
}

static double y_of(const struct axes *axes, double replicas)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * replicas / axes->most;
}

static struct axes axes_of(const struct value *curve, double duration)
{
    struct axes axes = { duration > 0 ? duration : 1, 1 };
    for (size_t i = 0; i < curve->count; i++) {
        axes.most = fmax(axes.most, number_at(curve->items[i], 1));
        axes.most = fmax(axes.most, number_at(curve->items[i], 2));
    }
    return axes;
}

/* A step line through column `column` of the curve; the last step goes on to the end. */
static void step_line(struct writer *out, const struct axes *axes, const struct value *curve,
                      size_t column, const char *class)
{
    double y = y_of(axes, 0);
    writer_format(out, "<path class=\"%s\" d=\"M%.1f %.1f", class, x_of(axes, 0), y);
    for (size_t i = 0; i < curve->count; i++) {
        double x = x_of(axes, number_at(curve->items[i], 0));
        y = y_of(axes, number_at(curve->items[i], column));
        writer_format(out, "H%.1fV%.1f", x, y);
    }
    writer_format(out, "H%.1f\"/>\n", x_of(axes, axes->duration));
}

static void outage_bands(struct writer *out, const struct axes *axes, const struct value *outages)
{
    for (size_t i = 0; outages != NULL && i < outages->count; i++) {
        const struct value *outage = outages->items[i];
        const struct value *end = value_get(outage, "endSeconds");
        double from = value_double(value_get(outage, "startSeconds"), 0);
        double to = value_is_null(end) ? axes->duration : value_double(end, 0);
        char *length = print_duration(value_get(outage, "seconds"));
        writer_format(out,
                      "<rect class=\"outage\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">",
                      x_of(axes, from), TOP, fmax(x_of(axes, to) - x_of(axes, from), 1.5),
                      HEIGHT - TOP - BOTTOM);
        writer_format(out, "<title>down for %s: ", length);
        html_text(out, value_text(value_get(outage, "cause"), ""));
        writer_add(out, "</title></rect>\n");
        free(length);
    }
}

/* A triangle on top where something began that cost replicas; its words are in its title. */
static void marks(struct writer *out, const struct axes *axes, const struct palette *palette,
                  const struct value *losses)
{
    for (size_t i = 0; losses != NULL && i < losses->count; i++) {
        const struct value *loss = losses->items[i];
        double x = x_of(axes, value_double(value_get(loss, "atSeconds"), 0));
        writer_format(out, "<path class=\"cause%zu\" d=\"M%.1f 1h8l-4 8z\"><title>",
                      palette_colour(palette, value_text(value_get(loss, "kind"), "")), x - 4);
        html_text(out, value_text(value_get(loss, "cause"), ""));
        writer_add(out, "</title></path>\n");
    }
}

static void time_ticks(struct writer *out, const struct axes *axes)
{
    for (int i = 0; i <= TICKS; i++) {
        struct value *seconds = value_new_int((int64_t)(axes->duration * i / TICKS));
        char *text = print_duration(seconds);
        double x = x_of(axes, axes->duration * i / TICKS);
        writer_format(out,
                      "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                      "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                      x, x, HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4, x, HEIGHT - 5,
                      i == 0       ? "start"
                      : i == TICKS ? "end"
                                   : "middle",
                      text);
        free(text);
        value_drop(seconds);
    }
}

void html_curve(struct writer *out, const struct value *row, const struct palette *palette,
                double duration_seconds)
{
    const struct value *curve = value_get(row, "curve");
    if (curve == NULL || curve->count == 0)
        return;
    struct axes axes = axes_of(curve, duration_seconds);
    writer_format(out,
                  "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"ready and wanted "
                  "replicas over time\">\n",
                  WIDTH, HEIGHT);
    outage_bands(out, &axes, value_get(row, "outages"));
    marks(out, &axes, palette, value_get(row, "losses"));
    step_line(out, &axes, curve, 1, "wanted");
    step_line(out, &axes, curve, 2, "ready");
    writer_format(out,
                  "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>"
                  "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">0</text>\n",
                  LEFT - 6, y_of(&axes, axes.most) + 4, axes.most, LEFT - 6, y_of(&axes, 0) + 4);
    time_ticks(out, &axes);
    writer_add(out, "</svg>\n");
}

/* ---- failed requests ---- */

static double failed_per_second(const struct value *episode)
{
    const double length = value_double(value_get(episode, "endSeconds"), 0) -
                          value_double(value_get(episode, "startSeconds"), 0);
    return value_double(value_get(episode, "failed"), 0) / fmax(length, 0.1);
}

static void failure_bar(struct writer *out, const struct axes *axes, const struct value *episode)
{
    const double from = x_of(axes, value_double(value_get(episode, "startSeconds"), 0));
    const double to = x_of(axes, value_double(value_get(episode, "endSeconds"), 0));
    const double top = fmin(y_of(axes, failed_per_second(episode)), HEIGHT - BOTTOM - 1.5);
    writer_format(out,
                  "<rect class=\"outage\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                  "height=\"%.1f\"><title>%.6g failed: ",
                  from, top, fmax(to - from, 1.5), HEIGHT - BOTTOM - top,
                  value_double(value_get(episode, "failed"), 0));
    html_text(out, value_text(value_get(episode, "cause"), ""));
    writer_add(out, "</title></rect>\n");
}

void html_failures(struct writer *out, const struct value *row, double duration_seconds)
{
    const struct value *episodes = value_get(row, "episodes");
    struct axes axes = { duration_seconds > 0 ? duration_seconds : 1, 0 };
    for (size_t i = 0; episodes != NULL && i < episodes->count; i++)
        axes.most = fmax(axes.most, failed_per_second(episodes->items[i]));
    if (axes.most <= 0)
        return;
    writer_format(out,
                  "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"failed requests per "
                  "second over time\">\n",
                  WIDTH, HEIGHT);
    for (size_t i = 0; i < episodes->count; i++)
        failure_bar(out, &axes, episodes->items[i]);
    writer_format(out,
                  "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>"
                  "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">0</text>\n",
                  LEFT - 6, y_of(&axes, axes.most) + 4, axes.most, LEFT - 6, y_of(&axes, 0) + 4);
    time_ticks(out, &axes);
    writer_add(out, "</svg>\n");
}

/* ---- causes ---- */

void html_causes(struct writer *out, const struct value *row, const struct palette *palette)
{
    const struct value *causes = value_get(row, "causes");
    char *words = print_causes(causes);
    if (words == NULL)
        return;
    double x = 0;
    writer_format(out,
                  "<svg class=\"bar\" viewBox=\"0 0 %d 14\" preserveAspectRatio=\"none\" "
                  "role=\"img\" aria-label=\"causes of downtime\">\n",
                  WIDTH);
    for (size_t i = 0; i < causes->count; i++) {
        const char *kind = value_text(value_get(causes->items[i], "kind"), "");
        double width = WIDTH * value_double(value_get(causes->items[i], "downtimeShare"), 0);
        if (width <= 0)
            continue;
        writer_format(out,
                      "<rect class=\"cause%zu\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"14\">"
                      "<title>",
                      palette_colour(palette, kind), x, width);
        html_text(out, kind);
        writer_add(out, "</title></rect>\n");
        x += width;
    }
    writer_add(out, "</svg>\n<ul class=\"legend\">\n");
    for (size_t i = 0; i < causes->count; i++) {
        const struct value *cause = causes->items[i];
        double share = value_double(value_get(cause, "downtimeShare"), 0);
        if (share <= 0)
            continue;
        char *lost = print_duration(value_get(cause, "downtimeSeconds"));
        writer_format(out, "<li><span class=\"swatch cause%zu\"></span>%.1f %% ",
                      palette_colour(palette, value_text(value_get(cause, "kind"), "")),
                      100 * share);
        html_text(out, value_text(value_get(cause, "kind"), ""));
        writer_format(out, " (%s)</li>\n", lost);
        free(lost);
    }
    writer_add(out, "</ul>\n");
    free(words);
}

/* ---- quantiles ---- */

static void quantile_bar(struct writer *out, const struct value *tally, const char *quantile,
                         double most)
{
    double seconds = value_double(value_get(tally, quantile), 0);
    char *text = print_duration(value_get(tally, quantile));
    writer_format(out,
                  "<td class=\"number\">%s<svg class=\"bar\" viewBox=\"0 0 100 6\" "
                  "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"ready\" x=\"0\" "
                  "y=\"0\" width=\"%.2f\" height=\"6\"/></svg></td>",
                  text, most > 0 ? 100 * seconds / most : 0);
    free(text);
}

void html_quantiles(struct writer *out, const struct named_tally *tallies, size_t count)
{
    static const char *const quantiles[] = { "mean", "p50", "p95", "p99", "max" };
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, value_double(value_get(tallies[i].tally, "max"), 0));
    if (most <= 0)
        return;
    writer_add(out,
               "<table class=\"quantiles\"><thead><tr><th></th><th class=\"number\">count</th>");
    for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++)
        writer_format(out, "<th class=\"number\">%s</th>", quantiles[j]);
    writer_add(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        if (value_is_null(tallies[i].tally))
            continue;
        writer_add(out, "<tr><th>");
        html_text(out, tallies[i].name);
        writer_format(out, "</th><td class=\"number\">%lld</td>",
                      (long long)value_int(value_get(tallies[i].tally, "count"), 0));
        for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++)
            quantile_bar(out, tallies[i].tally, quantiles[j], most);
        writer_add(out, "</tr>\n");
    }
    writer_add(out, "</tbody></table>\n");
}
