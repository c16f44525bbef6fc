/* Bench: what the controllers cost as clusters grow and years go by.
 *
 * Many Deployments at once, a rolling update of one and of two times as many replicas, years of
 * CronJobs, and fire times of cron expressions. The runs are those of the program, from a scenario
 * that is written here to its report; the yardstick is timed between them.
 *
 * Prints a table; `make bench` keeps it in results/bench/controllers.md. */
#include <inttypes.h>

#include "models/api/cron_schedule.h"
#include "tests/bench/program_run.h"
#include "tests/support/bench_report.h"
#include "tests/support/shared.h"
#include "tools/tz_database.h"

enum { REPEATS = 5 };

/* ---- scenarios ---- */

/* Clients may call as often as they like to: with the default limits (20 a second for the controller
 * manager, 50 for the scheduler) there is nothing more to do, but it takes hours of virtual time. */
#define UNLIMITED                                                                                  \
    "{kube-controller-manager/kube-api-qps: 1000, kube-controller-manager/kube-api-burst: 2000, "  \
    "kube-scheduler/kube-api-qps: 1000, kube-scheduler/kube-api-burst: 2000}"

static FILE *begin(const char *path, const char *nodes, const char *duration, const char *settings,
                   const char *more)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    fprintf(out,
            "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: bench}\nspec:\n"
            "  nodes: [\"%s\"]\n  duration: %s\n  settings: %s\n%s",
            nodes, duration, settings, more);
    return out;
}

static void add_deployment(FILE *out, const char *name, int replicas)
{
    fprintf(out,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, labels: {app: %s}}\n"
            "spec:\n  replicas: %d\n  selector: {matchLabels: {app: %s}}\n  template:\n"
            "    metadata: {labels: {app: %s}}\n    spec:\n      containers:\n"
            "      - name: main\n        image: registry.example/app:1\n"
            "        resources: {requests: {cpu: 100m, memory: 128Mi}}\n",
            name, name, replicas, name, name);
}

static void write_deployments(const char *path, const char *settings, const char *duration)
{
    char name[32];
    FILE *out = begin(path, "5000x32cpu,128Gi", duration, settings, "");
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof name, "app-%d", i);
        add_deployment(out, name, 2);
    }
    fclose(out);
}

static void write_rollout(const char *path, int replicas, bool service)
{
    FILE *out = begin(path, "500x64cpu,256Gi", "8h", UNLIMITED,
                      "  timeline:\n  - {at: 2h, setImage: {target: deployment/web, images: "
                      "{main: \"registry.example/app:2\"}}}\n");
    add_deployment(out, "web", replicas);
    if (service)
        fprintf(out, "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
                     "spec: {selector: {app: web}, ports: [{port: 80}]}\n");
    fclose(out);
}

/* A thousand CronJobs, spread over the hours and days of their period; each Job runs for 30 s. */
static void write_cronjobs(const char *path, const char *period, const char *duration)
{
    FILE *out = begin(path, "50x8cpu,32Gi", duration, "{}",
                      "  images: [{name: \"job:1\", runTime: 30s}]\n");
    for (int i = 0; i < 1000; i++) {
        char schedule[32];
        const int minute = i % 60, hour = i / 60 % 24;
        if (strcmp(period, "month") == 0)
            snprintf(schedule, sizeof schedule, "%d %d %d * *", minute, hour, 1 + i % 28);
        else if (strcmp(period, "week") == 0)
            snprintf(schedule, sizeof schedule, "%d %d * * %d", minute, hour, i % 7);
        else
            snprintf(schedule, sizeof schedule, "%d %d * * *", minute, hour);
        fprintf(out,
                "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cj-%d}\nspec:\n"
                "  schedule: \"%s\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
                "          restartPolicy: Never\n          containers:\n"
                "          - {name: main, image: \"job:1\", resources: {requests: {cpu: 100m}}}\n",
                i, schedule);
    }
    fclose(out);
}

#define IN "build/bench/controllers_"

static void write_scenarios(void)
{
    write_deployments(IN "scale.yaml", UNLIMITED, "6h");
    write_deployments(IN "limited.yaml", "{}", "2d");
    write_rollout(IN "roll10.yaml", 10000, false);
    write_rollout(IN "roll20.yaml", 20000, false);
    write_rollout(IN "service10.yaml", 10000, true);
    write_rollout(IN "service20.yaml", 20000, true);
    write_cronjobs(IN "month.yaml", "month", "3652d");
    write_cronjobs(IN "week.yaml", "week", "3652d");
    write_cronjobs(IN "day.yaml", "day", "365d");
}

/* ---- runs ---- */

static const struct {
    const char *name, *scenario;
    double bar, bar_mib; /* CPU seconds, memory; 0: none */
    bool doubled;        /* at twice the size of the row before: less than 2.5 times its seconds */
    double firings;      /* of CronJobs, expected; 0: none */
} runs[] = {
    { "50,000 Deployments of 2 on 5,000 nodes, 1,000 calls a second", "scale", 30, 1024, false, 0 },
    { "the same with the default client limits", "limited", 30, 1024, false, 0 },
    { "rolling update of 10,000 replicas", "roll10", 0, 0, false, 0 },
    { "rolling update of 20,000 replicas", "roll20", 0, 0, true, 0 },
    { "of 10,000 behind a Service", "service10", 0, 0, false, 0 },
    { "of 20,000 behind a Service", "service20", 0, 0, true, 0 },
    { "1,000 monthly CronJobs, ten years", "month", 20, 0, false, 120e3 },
    { "1,000 weekly CronJobs, ten years", "week", 20, 0, false, 521.7e3 },
    { "1,000 daily CronJobs, one year", "day", 0, 0, false, 365e3 },
};

static void report_run(struct writer *report, size_t i, const struct program_figures *figures,
                       double before)
{
    const double mib = program_mib(figures->said);
    bool met = true;
    writer_format(report, "| %s | %.2f | %.2f | %.0f | ", runs[i].name, figures->seconds,
                  figures->seconds / figures->yardstick, mib);
    if (runs[i].firings > 0)
        writer_format(report, "%.1f", figures->seconds * 1e6 / runs[i].firings);
    writer_add(report, " | ");
    if (runs[i].bar > 0) {
        writer_format(report, "< %g s", runs[i].bar);
        met = figures->seconds < runs[i].bar;
    }
    if (runs[i].bar_mib > 0) {
        writer_format(report, ", < %g MiB", runs[i].bar_mib);
        met = met && mib < runs[i].bar_mib;
    }
    if (runs[i].doubled) {
        writer_format(report, "%.2f < 2.5 times", figures->seconds / before);
        met = figures->seconds / before < 2.5;
    }
    writer_format(report, " | %s |\n",
                  !met                                 ? "NO"
                  : runs[i].bar > 0 || runs[i].doubled ? "yes"
                                                       : "");
}

static void report_runs(struct writer *report)
{
    double before = 0;
    writer_add(report, "| run | seconds | yardsticks | MiB | µs a firing | bar | met |\n"
                       "|:--|--:|--:|--:|--:|:--|:--|\n");
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char *arguments = mem_format(IN "%s.yaml", runs[i].scenario);
        const struct program_figures figures = program_measure(arguments, REPEATS);
        report_run(report, i, &figures, before);
        before = figures.seconds;
        free(arguments);
    }
}

/* ---- fire times ---- */

/* Cut a line of CSV in place; quoted cells may hold commas. */
static size_t cut(char *line, char **cells, size_t most)
{
    size_t count = 0;
    while (line != NULL && count < most) {
        const bool quoted = *line == '"';
        char *end = quoted ? strchr(line + 1, '"') : line;
        cells[count++] = line + quoted;
        if (end == NULL)
            break;
        char *comma = strchr(end, ',');
        *(quoted ? end : comma != NULL ? comma : end + strlen(end)) = '\0';
        line = comma != NULL ? comma + 1 : NULL;
    }
    return count;
}

/* A thousand fire times of one expression: their number, and the seconds they took. */
static double fire(char **cells, double *times)
{
    enum { FIRES = 1000 };
    struct error error = { 0 };
    struct cron_schedule *schedule =
        cron_schedule_new(cells[3], cells[4], tz_database_read, false, (struct place){ 0 }, &error);
    int64_t at = strtoll(cells[5], NULL, 10);
    error_close(&error);
    if (schedule == NULL)
        return 0;
    const double began = cpu_seconds();
    int fires = 0;
    while (fires < FIRES && cron_schedule_next(schedule, at, &at))
        fires++;
    const double took = cpu_seconds() - began;
    cron_schedule_free(schedule);
    *times += fires;
    return took;
}

/* Fire times per CPU second over the standard expressions; 0: they are not there. */
static double fire_all(double *expressions)
{
    enum { COLUMNS = 13, STANDARD = 8 };
    char *path = shared_path("data/cron/visible.csv"), line[4096], *cells[COLUMNS];
    FILE *file = fopen(path, "r");
    double times = 0, seconds = 0;
    *expressions = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (cut(line, cells, COLUMNS) < STANDARD || strcmp(cells[2], "standard") != 0 ||
            strcmp(cells[7], "ok") != 0)
            continue;
        seconds += fire(cells, &times);
        ++*expressions;
    }
    if (file != NULL)
        fclose(file);
    free(path);
    return seconds > 0 ? times / seconds : 0;
}

static void report_fires(struct writer *report)
{
    double most = 0, expressions = 0, yardstick = INFINITY;
    for (int i = 0; i < REPEATS; i++) {
        yardstick = fmin(yardstick, yardstick_seconds());
        most = fmax(most, fire_all(&expressions));
    }
    if (most == 0) {
        writer_add(report, "\nFire times: NOT RUN, the recorded expressions are not there.\n");
        return;
    }
    writer_format(report,
                  "\nFire times of cron: %.1f million per CPU second (bar: at least 5: %s), %.1f "
                  "million per yardstick,\nover a thousand of each of the %.0f recorded standard "
                  "expressions that fire.\n",
                  most / 1e6, most >= 5e6 ? "met" : "NOT met", most * yardstick / 1e6, expressions);
}

int main(void)
{
    struct writer report = { 0 };
    write_scenarios();
    bench_report_head(&report, "Controllers");
    writer_format(
        &report,
        "Made by `make bench`. CPU seconds of the whole program, loading and report included, the "
        "least\nof %d runs; the yardstick is 10^7 holds of a std::priority_queue with 10^5 "
        "pending, "
        "timed between them.\nA firing is the life of a Job and its pod: made, scheduled, run, "
        "finished, and deleted when three\nlater ones have succeeded. Ten years of any mix of "
        "schedules cost its firings by the row nearest to it.\n\n",
        REPEATS);
    report_runs(&report);
    report_fires(&report);
    printf("%s", report.bytes);
    writer_close(&report);
    return 0;
}
