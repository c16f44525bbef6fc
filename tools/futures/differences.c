/* Measures of two futures, side by side, with intervals where there are several pairs. */
#include "tools/futures/differences.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/stat/comparisons.h"
#include "sim/stat/interval.h"
#include "tools/report/html.h"
#include "tools/report/report.h"
#include "tools/report/table.h"

#define CONFIDENCE 0.95

/* ---- what is measured ---- */

/* Of each row of a list of the summary; a list counts as its length. */
static const struct measure {
    const char *list, *name;
    const char *path[2];
    const char *unit; /* share, seconds, or NULL: a number */
} measures[] = {
    { "workloads", "availability", { "availability" }, "share" },
    { "workloads", "downtime", { "downtimeSeconds" }, "seconds" },
    { "workloads", "degraded", { "degradedSeconds" }, "seconds" },
    { "workloads", "replica-seconds not ready", { "notReadyReplicaSeconds" }, NULL },
    { "workloads", "outages", { "outages" }, NULL },
    { "workloads", "recovered after, p95", { "recover", "p95" }, "seconds" },
    { "workloads", "recovered after, most", { "recover", "max" }, "seconds" },
    { "workloads", "restarts", { "restarts" }, NULL },
    { "workloads", "pods made", { "podsCreated" }, NULL },
    { "workloads", "rollouts", { "rollouts" }, NULL },
    { "services", "availability", { "availability" }, "share" },
    { "services", "downtime", { "downtimeSeconds" }, "seconds" },
    { "services", "degraded", { "degradedSeconds" }, "seconds" },
    { "traffic", "failed requests", { "failed" }, NULL },
    { "traffic", "failed share", { "failedShare" }, "share" },
    { "traffic", "latency, p99", { "latency", "p99" }, "seconds" },
    { "objectives", "attained", { "attained" }, NULL },
    { "objectives", "attainment", { "attainment" }, "share" },
    { "objectives", "error budget left", { "budget", "leftShare" }, "share" },
    { "disruptionBudgets", "evictions refused", { "refused" }, NULL },
    { "autoscalers", "rescales", { "rescales" }, NULL },
    { "jobs", "failed pods", { "failed" }, NULL },
    { "nodes", "CPU requested", { "cpuUtilisation" }, "share" },
};

/* Of the whole. */
static const struct measure totals[] = {
    { "pods", "made", { "created" }, NULL },
    { "pods", "preempted", { "preempted" }, NULL },
    { "pods", "running on average", { "meanRunning" }, NULL },
    { "pods", "pending on average", { "meanPending" }, NULL },
    { "pods", "scheduled after, p99", { "schedulingLatency", "p99" }, "seconds" },
};

enum {
    MEASURES = sizeof measures / sizeof *measures,
    TOTALS = sizeof totals / sizeof *totals,
};

static double number_of(const struct value *value)
{
    if (value == NULL || value->type == VALUE_NULL)
        return NAN;
    if (value->type == VALUE_BOOL)
        return value->truth;
    if (value->type == VALUE_LIST)
        return (double)value->count;
    return value_double(value, NAN);
}

static bool is_same_row(const struct value *a, const struct value *b)
{
    return value_equal(value_get(a, "kind"), value_get(b, "kind")) &&
           value_equal(value_get(a, "namespace"), value_get(b, "namespace")) &&
           value_equal(value_get(a, "name"), value_get(b, "name"));
}

/* The last row of the same name; NULL where there is none. */
static const struct value *row_like(const struct value *summary, const char *list,
                                    const struct value *row)
{
    const struct value *rows = value_get(summary, list), *found = NULL;
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (is_same_row(rows->items[i], row))
            found = rows->items[i];
    return found;
}

/* Downtime of a row that goes to a kind of cause; 0 where it has none. */
static double downtime_by(const struct value *row, const char *kind)
{
    const struct value *causes = value_get(row, "causes");
    if (row == NULL)
        return NAN;
    for (size_t i = 0; causes != NULL && i < causes->count; i++)
        if (strcmp(text_of(causes->items[i], "kind"), kind) == 0)
            return value_double(value_get(causes->items[i], "downtimeSeconds"), 0);
    return 0;
}

/* One line of the differences: which number of a summary. */
struct column {
    const struct measure *measure;
    const struct value *row; /* NULL: of the whole */
    const char *cause;       /* NULL: the measure itself; else downtime by this kind */
};

static double read_column(const struct column *column, const struct value *summary)
{
    const struct measure *measure = column->measure;
    const struct value *row = column->row != NULL ? row_like(summary, measure->list, column->row)
                                                  : value_get(summary, measure->list);
    if (column->cause != NULL)
        return downtime_by(row, column->cause);
    return number_of(measure->path[1] != NULL
                         ? value_path(row, measure->path[0], measure->path[1], NULL)
                         : value_get(row, measure->path[0]));
}

/* ---- the document ---- */

static void put_number(struct value *map, const char *key, double number)
{
    value_set(map, key, value_new_double(number));
}

static void put_interval(struct value *entry, const double *changed, const double *unchanged,
                         size_t count)
{
    const struct interval difference =
        interval_of_difference(changed, unchanged, count, CONFIDENCE);
    put_number(entry, "difference", difference.mean);
    put_number(entry, "low", difference.mean - difference.half_width);
    put_number(entry, "high", difference.mean + difference.half_width);
    put_number(entry, "p", count > 1 ? paired_p_value(changed, unchanged, count) : NAN);
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / (double)count : NAN;
}

/* Append a column to the list if the futures differ in it. */
static void add_column(struct value *list, const struct futures *futures,
                       const struct column *column)
{
    double *values[FUTURES];
    size_t pairs = 0;
    bool differs = false;
    for (int i = 0; i < FUTURES; i++)
        values[i] = mem_new(futures->replications * sizeof(double));
    for (size_t i = 0; i < futures->replications; i++) {
        const double before = read_column(column, futures_summary(futures, i, UNCHANGED));
        const double after = read_column(column, futures_summary(futures, i, CHANGED));
        differs = differs || (isfinite(before) || isfinite(after) ? before != after : false);
        if (!isfinite(before) || !isfinite(after))
            continue;
        values[UNCHANGED][pairs] = before;
        values[CHANGED][pairs++] = after;
    }
    if (differs) {
        struct value *entry = value_new_map();
        const struct value *row = column->row;
        value_set(entry, "list", value_new_string(column->measure->list));
        if (row != NULL && value_get(row, "kind") != NULL)
            value_set(entry, "kind", value_hold(value_get(row, "kind")));
        if (row != NULL && value_get(row, "namespace") != NULL)
            value_set(entry, "namespace", value_hold(value_get(row, "namespace")));
        if (row != NULL)
            value_set(entry, "name", value_hold(value_get(row, "name")));
        char *name = column->cause != NULL ? mem_format("downtime by %s", column->cause)
                                           : mem_format("%s", column->measure->name);
        value_set(entry, "measure", value_new_string(name));
        value_set(entry, "unit",
                  column->measure->unit ? value_new_string(column->measure->unit)
                                        : value_new_null());
        put_number(entry, "unchanged",
                   pairs > 0 ? mean_of(values[UNCHANGED], pairs)
                             : read_column(column, futures_summary(futures, 0, UNCHANGED)));
        put_number(entry, "changed",
                   pairs > 0 ? mean_of(values[CHANGED], pairs)
                             : read_column(column, futures_summary(futures, 0, CHANGED)));
        value_set(entry, "pairs", value_new_int((int64_t)pairs));
        put_interval(entry, values[CHANGED], values[UNCHANGED], pairs);
        value_add(list, entry);
        free(name);
    }
    for (int i = 0; i < FUTURES; i++)
        free(values[i]);
}

/* Kinds of causes that any of the futures' rows has, each once. */
static void add_causes(struct value *list, const struct futures *futures,
                       const struct measure *measure, const struct value *row)
{
    struct value *seen = value_new_map();
    for (size_t i = 0; i < futures->replications * FUTURES; i++) {
        const struct value *causes =
            value_get(row_like(futures->summaries[i], measure->list, row), "causes");
        for (size_t j = 0; causes != NULL && j < causes->count; j++) {
            const char *kind = text_of(causes->items[j], "kind");
            if (value_get(seen, kind) != NULL)
                continue;
            value_set(seen, kind, value_new_bool(true));
            add_column(list, futures, &(struct column){ measure, row, kind });
        }
    }
    value_drop(seen);
}

/* Is it the first of its name in the list, or one that only the changed future has? */
static bool is_new_row(const struct value *summary, const char *list, const struct value *row,
                       const struct value *known)
{
    const struct value *rows = value_get(summary, list);
    for (size_t i = 0; rows != NULL && rows->items[i] != row; i++)
        if (is_same_row(rows->items[i], row))
            return false;
    return known == NULL || row_like(known, list, row) == NULL;
}

static void add_row(struct value *list, const struct futures *futures, const char *of,
                    const struct value *row)
{
    for (size_t i = 0; i < MEASURES; i++) {
        if (strcmp(measures[i].list, of) != 0)
            continue;
        add_column(list, futures, &(struct column){ &measures[i], row, NULL });
        if (strcmp(measures[i].path[0], "downtimeSeconds") == 0)
            add_causes(list, futures, &measures[i], row);
    }
}

static void add_list(struct value *list, const struct futures *futures, const char *of)
{
    const struct value *before = futures_summary(futures, 0, UNCHANGED);
    for (int i = 0; i < FUTURES; i++) {
        const struct value *summary = futures_summary(futures, 0, i);
        const struct value *rows = value_get(summary, of);
        for (size_t j = 0; rows != NULL && j < rows->count; j++)
            if (is_new_row(summary, of, rows->items[j], i == CHANGED ? before : NULL))
                add_row(list, futures, of, rows->items[j]);
    }
}

static struct value *divergence_document(const struct divergence *divergence)
{
    static const char *const names[] = { "unchanged", "changed" };
    if (!divergence->differs)
        return value_new_null();
    struct value *map = value_new_map();
    put_number(map, "atSeconds", sim_time_to_seconds(divergence->at));
    for (int i = 0; i < FUTURES; i++) {
        struct value *line = NULL;
        if (divergence->lines[i] != NULL) {
            line = value_new_map();
            put_number(line, "atSeconds", sim_time_to_seconds(divergence->times[i]));
            value_set(line, "what", value_new_string(divergence->lines[i]));
        }
        value_set(map, names[i], line != NULL ? line : value_new_null());
    }
    return map;
}

/* The first point in which two curves differ; NAN: none. */
static double curves_part(const struct value *a, const struct value *b)
{
    for (size_t i = 0; a != NULL && b != NULL; i++) {
        const struct value *p = value_at(a, i), *q = value_at(b, i);
        if (p == NULL && q == NULL)
            return NAN;
        if (p == NULL || q == NULL || !value_equal(p, q)) {
            const double at = p != NULL ? value_double(value_at(p, 0), NAN) : INFINITY;
            const double to = q != NULL ? value_double(value_at(q, 0), NAN) : INFINITY;
            return at < to ? at : to;
        }
    }
    return NAN;
}

/* When ready or wanted replicas are different for the first time. */
static struct value *partings(const struct futures *futures)
{
    struct value *list = value_new_list();
    const struct value *rows = value_get(futures_summary(futures, 0, UNCHANGED), "workloads");
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *other =
            row_like(futures_summary(futures, 0, CHANGED), "workloads", rows->items[i]);
        const double at =
            curves_part(value_get(rows->items[i], "curve"), value_get(other, "curve"));
        if (!isfinite(at))
            continue;
        struct value *entry = value_new_map();
        value_set(entry, "kind", value_hold(value_get(rows->items[i], "kind")));
        value_set(entry, "namespace", value_hold(value_get(rows->items[i], "namespace")));
        value_set(entry, "name", value_hold(value_get(rows->items[i], "name")));
        put_number(entry, "atSeconds", at);
        value_add(list, entry);
    }
    return list;
}

struct value *differences_document(const struct futures *futures, sim_time at,
                                   const struct value *changes)
{
    static const char *const lists[] = {
        "workloads",         "services",    "traffic", "objectives",
        "disruptionBudgets", "autoscalers", "jobs",    "nodes"
    };
    const struct value *summary = futures_summary(futures, 0, UNCHANGED);
    static const char *const heads[] = { "scenario",        "question", "seed",
                                         "durationSeconds", "version",  "kubernetes" };
    struct value *document = value_new_map(), *differences = value_new_list();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Fork"));
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (value_get(summary, heads[i]) != NULL)
            value_set(document, heads[i], value_hold(value_get(summary, heads[i])));
    put_number(document, "atSeconds", sim_time_to_seconds(at));
    value_set(document, "changes", value_hold(changes));
    value_set(document, "replications", value_new_int((int64_t)futures->replications));
    put_number(document, "confidence", CONFIDENCE);
    value_set(document, "diverges", divergence_document(&futures->divergence));
    value_set(document, "readyDiffers", partings(futures));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_list(differences, futures, lists[i]);
    for (size_t i = 0; i < TOTALS; i++)
        add_column(differences, futures, &(struct column){ &totals[i], NULL, NULL });
    value_set(document, "differences", differences);
    value_set(document, "traceHash", value_hold(value_get(summary, "traceHash")));
    return document;
}

/* ---- tables ---- */

static char *print_amount(const struct value *number, const char *unit)
{
    const double value = value_double(number, 0);
    if (value_is_null(number))
        return mem_text("-", 1);
    if (unit != NULL && strcmp(unit, "share") == 0)
        return mem_format("%.6g %%", 100 * value);
    if (unit == NULL || strcmp(unit, "seconds") != 0)
        return mem_format("%.6g", value);
    if (value >= 0)
        return print_duration(number);
    char *text = mem_format("%.12g", -value);
    struct value *positive = value_new_number(text);
    char *duration = print_duration(positive), *negative = mem_format("-%s", duration);
    value_drop(positive);
    free(duration);
    free(text);
    return negative;
}

static char *print_interval(const struct value *entry, const char *unit)
{
    if (value_is_null(value_get(entry, "low")))
        return mem_text("", 0);
    char *low = print_amount(value_get(entry, "low"), unit);
    char *high = print_amount(value_get(entry, "high"), unit);
    char *text = mem_format("%s to %s", low, high);
    free(low);
    free(high);
    return text;
}

/* "deploy/web" is "Deployment/web" here, as in a comparison. */
static char *print_row(const struct value *entry)
{
    const char *space = text_of(entry, "namespace"), *kind = text_of(entry, "kind");
    const bool plain = *space == '\0' || strcmp(space, "default") == 0;
    if (value_get(entry, "name") == NULL)
        return mem_format("all %s", text_of(entry, "list"));
    return mem_format("%s%s%s%s%s", plain ? "" : space, plain ? "" : "/",
                      *kind != '\0' ? kind : text_of(entry, "list"), "/", text_of(entry, "name"));
}

/* Of times, less than a millisecond: it stands in the document alone. */
static bool is_trifle(const struct value *entry, const char *unit)
{
    return unit != NULL && strcmp(unit, "seconds") == 0 &&
           fabs(value_double(value_get(entry, "difference"), INFINITY)) < 1e-3;
}

static struct text_table table_of(const struct value *document)
{
    struct text_table table = { .heads = { "OF", "MEASURE", "-UNCHANGED", "-CHANGED", "-DIFFERENCE",
                                           NULL } };
    const struct value *list = value_get(document, "differences");
    const bool several = value_int(value_get(document, "replications"), 1) > 1;
    if (several)
        table.heads[5] = "-95 % INTERVAL";
    for (size_t i = 0; i < list->count; i++) {
        const struct value *entry = list->items[i];
        const char *unit = value_text(value_get(entry, "unit"), NULL);
        if (is_trifle(entry, unit))
            continue;
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_row(entry);
        line->cells[1] = mem_format("%s", text_of(entry, "measure"));
        line->cells[2] = print_amount(value_get(entry, "unchanged"), unit);
        line->cells[3] = print_amount(value_get(entry, "changed"), unit);
        line->cells[4] = print_amount(value_get(entry, "difference"), unit);
        if (several)
            line->cells[5] = print_interval(entry, unit);
    }
    return table;
}

static void print_line(struct writer *out, const struct value *line, const char *name)
{
    if (value_is_null(line)) {
        writer_format(out, "  %s: nothing more\n", name);
        return;
    }
    char *at = print_duration(value_get(line, "atSeconds"));
    writer_format(out, "  %s, at %s: %s\n", name, at, text_of(line, "what"));
    free(at);
}

static void print_head(const struct value *document, struct writer *out)
{
    const struct value *changes = value_get(document, "changes");
    const struct value *diverges = value_get(document, "diverges");
    const struct value *parts = value_get(document, "readyDiffers");
    char *at = print_duration(value_get(document, "atSeconds"));
    char *until = print_duration(value_get(document, "durationSeconds"));
    const long long count = (long long)value_int(value_get(document, "replications"), 1);
    writer_format(out, "%s: two futures from %s to %s", text_of(document, "scenario"), at, until);
    if (count > 1)
        writer_format(out, ", %lld times, each pair with the same luck", count);
    writer_add(out, "\n");
    for (size_t i = 0; i < changes->count; i++)
        writer_format(out, "  changed: %s\n", value_text(changes->items[i], ""));
    if (value_is_null(diverges)) {
        writer_add(out, "\nThe futures are the same: the change makes no difference.\n");
    } else {
        char *first = print_duration(value_get(diverges, "atSeconds"));
        writer_format(out, "\nThey part at %s:\n", first);
        free(first);
        print_line(out, value_get(diverges, "unchanged"), "unchanged");
        print_line(out, value_get(diverges, "changed"), "changed");
    }
    for (size_t i = 0; i < parts->count; i++) {
        char *name = print_row(parts->items[i]);
        char *when = print_duration(value_get(parts->items[i], "atSeconds"));
        writer_format(out, "  replicas of %s differ from %s on\n", name, when);
        free(name);
        free(when);
    }
    free(at);
    free(until);
}

void differences_print(const struct value *document, struct writer *out)
{
    struct text_table table = table_of(document);
    print_head(document, out);
    if (table.count > 0) {
        writer_add_char(out, '\n');
        text_table_print(&table, out);
    } else if (!value_is_null(value_get(document, "diverges"))) {
        writer_add(out, "\nNothing that is measured differs.\n");
    }
    text_table_close(&table);
}

void differences_page(const struct value *document, struct writer *out)
{
    struct html_page page = { 0 };
    struct text_table table = table_of(document);
    struct writer words = { 0 }, answer = { 0 };
    print_head(document, &words);
    writer_add(&answer, "<pre>");
    html_text(&answer, words.bytes);
    writer_add(&answer, "</pre>");
    html_section(&page, "differences", "What differs");
    if (table.count > 0)
        html_table(&page.body, &table, "Measures that differ between the futures");
    else
        writer_add(&page.body, "<p>Nothing that is measured differs.</p>\n");
    html_print(&page,
               &(struct html_head){
                   .title = text_of(document, "scenario"),
                   .question = text_of(document, "question"),
                   .answer = answer.bytes,
                   .about =
                       "Two futures of one run: see seatrial help fork. The reports of both lie "
                       "beside this page.",
                   .seconds = value_double(value_get(document, "durationSeconds"), 0) },
               out);
    text_table_close(&table);
    writer_close(&words);
    writer_close(&answer);
}
