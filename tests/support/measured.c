/* Scenarios played, and their summaries told as text. */
#include "tests/support/measured.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/files.h"
#include "tools/report/expectations.h"
#include "tools/tz_database.h"

/* ---- playing ---- */

static void expect_no_faults(struct error_list *faults)
{
    char *line = faults->count > 0 ? error_print(&faults->items[0]) : NULL;
    cr_assert_eq(faults->count, 0, "%s", line);
    free(line);
    error_list_close(faults);
}

void scenario_given(struct scenario *scenario, const char *yaml, const char *name)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(scenario);
    scenario->settings.zones = tz_database_read;
    scenario_load(scenario, yaml, strlen(yaml), name, NULL, true, &faults, &warnings);
    expect_no_faults(&faults);
    error_list_close(&warnings);
}

char *scenario_given_file(struct scenario *scenario, const char *path)
{
    struct error error = { 0 };
    size_t length;
    char *bytes = file_read(path, &length, &error);
    cr_assert(bytes != NULL, "%s: %s", path, error.text);
    scenario_given(scenario, bytes, path);
    return bytes;
}

struct simulation *simulation_of(const struct scenario *scenario, struct simulation_options options)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation = simulation_new(scenario, options, &faults, &warnings);
    expect_no_faults(&faults);
    error_list_close(&warnings);
    return simulation;
}

static struct value *play_scenario(struct scenario *scenario)
{
    struct simulation *simulation = simulation_of(scenario, (struct simulation_options){ 0 });
    simulation_advance(simulation, scenario->duration);
    struct value *summary = simulation_summary(simulation);
    simulation_free(simulation);
    scenario_close(scenario);
    return summary;
}

struct value *play(const char *path)
{
    struct scenario scenario;
    char *bytes = scenario_given_file(&scenario, path);
    struct value *summary = play_scenario(&scenario);
    free(bytes);
    return summary;
}

struct value *play_text(const char *yaml)
{
    struct scenario scenario;
    scenario_given(&scenario, yaml, "scenario");
    return play_scenario(&scenario);
}

/* ---- looking ---- */

static bool is_named(const struct value *row, const char *name)
{
    const char *slash = strchr(name, '/');
    const size_t length = (size_t)(slash - name);
    const char *kind = value_text(value_get(row, "kind"), "");
    return strlen(kind) == length && strncasecmp(kind, name, length) == 0 &&
           strcmp(value_text(value_get(row, "name"), ""), slash + 1) == 0;
}

const struct value *measured_row(const struct value *summary, const char *name)
{
    static const char *const lists[] = { "workloads", "services" };
    for (size_t i = 0; i < 2; i++) {
        const struct value *list = value_get(summary, lists[i]);
        for (size_t j = 0; list != NULL && j < list->count; j++)
            if (is_named(list->items[j], name))
                return list->items[j];
    }
    cr_assert_fail("the summary has no %s", name);
    return NULL;
}

/* The number as it is printed; "-" for null. */
static const char *number(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    cr_assert(value != NULL, "there is no %s", key);
    return value->type == VALUE_NUMBER ? value->text : "-";
}

sim_time measured_time(const struct value *seconds)
{
    long whole = 0;
    char fraction[10] = "", nines[10] = "000000000";
    cr_assert(seconds != NULL && seconds->type == VALUE_NUMBER);
    sscanf(seconds->text, "%ld.%9[0-9]", &whole, fraction);
    for (size_t i = 0; fraction[i] != '\0'; i++)
        nines[i] = fraction[i];
    return whole * SIM_SECOND + atol(nines);
}

/* ---- telling ---- */

static void tell_tally(struct writer *out, const char *before, const struct value *row,
                       const char *name)
{
    const struct value *tally = value_get(row, name);
    const int64_t count = value_int(value_get(tally, "count"), 0);
    if (count == 1)
        writer_format(out, "%s%s %s", before, name, number(tally, "mean"));
    else if (count > 1)
        writer_format(out, "%s%s %d of mean %s, most %s", before, name, (int)count,
                      number(tally, "mean"), number(tally, "max"));
}

static void tell_recoveries(struct writer *out, const struct value *row)
{
    if (value_get(row, "detect") == NULL || value_is_null(value_get(row, "detect")))
        return;
    tell_tally(out, "", row, "detect");
    tell_tally(out, ", ", row, "reschedule");
    tell_tally(out, ", ", row, "recover");
    writer_add(out, "\n");
}

static void tell_outages(struct writer *out, const struct value *row)
{
    const struct value *outages = value_get(row, "outages");
    for (size_t i = 0; i < outages->count; i++) {
        const struct value *outage = outages->items[i];
        writer_format(out, "outage %s to %s by %s\n", number(outage, "startSeconds"),
                      number(outage, "endSeconds"), value_text(value_get(outage, "cause"), "?"));
    }
}

static void tell_causes(struct writer *out, const struct value *row)
{
    const struct value *causes = value_get(row, "causes");
    sim_time down = 0, missing = 0;
    for (size_t i = 0; i < causes->count; i++) {
        const struct value *cause = causes->items[i];
        down += measured_time(value_get(cause, "downtimeSeconds"));
        missing += measured_time(value_get(cause, "notReadyReplicaSeconds"));
        writer_format(out, "%s: down %s, not ready %s, outages %s, replicas %s\n",
                      value_text(value_get(cause, "kind"), "?"), number(cause, "downtimeSeconds"),
                      number(cause, "notReadyReplicaSeconds"), number(cause, "outages"),
                      number(cause, "replicasLost"));
    }
    cr_expect_eq(down, measured_time(value_get(row, "downtimeSeconds")), "shares of downtime");
    cr_expect_eq(missing, measured_time(value_get(row, "notReadyReplicaSeconds")));
}

void expect_measured(const struct value *summary, const char *name, const char *text)
{
    const struct value *row = measured_row(summary, name);
    struct writer out = { 0 };
    writer_format(&out, "observed %s after %s, availability %s\n", number(row, "observedSeconds"),
                  number(row, "bringUpSeconds"), number(row, "availability"));
    writer_format(&out, "down %s, degraded %s, not ready %s\n", number(row, "downtimeSeconds"),
                  number(row, "degradedSeconds"), number(row, "notReadyReplicaSeconds"));
    tell_recoveries(&out, row);
    tell_outages(&out, row);
    tell_causes(&out, row);
    cr_expect_str_eq(out.bytes, text, "%s:\n%s", name, out.bytes);
    writer_close(&out);
}

void expect_rollouts(const struct value *summary, const char *name, const char *text)
{
    const struct value *rollouts = value_get(measured_row(summary, name), "rollouts");
    struct writer out = { 0 };
    for (size_t i = 0; rollouts != NULL && i < rollouts->count; i++) {
        const struct value *rollout = rollouts->items[i];
        const bool late = value_truth(value_get(rollout, "missedProgressDeadline"), false);
        writer_format(&out, "%s to %s %s%s by %s\n", number(rollout, "startSeconds"),
                      number(rollout, "endSeconds"), value_text(value_get(rollout, "outcome"), "?"),
                      late ? " too late" : "", value_text(value_get(rollout, "cause"), "?"));
    }
    cr_expect_str_eq(out.bytes, text, "%s:\n%s", name, out.bytes);
    writer_close(&out);
}

void expect_held(const struct value *summary)
{
    const struct value *verdicts = value_get(summary, "expectations");
    cr_assert(verdicts != NULL && verdicts->count > 0, "nothing is expected");
    for (size_t i = 0; i < verdicts->count; i++) {
        char *found = expectation_found(verdicts->items[i]);
        cr_expect(value_truth(value_get(verdicts->items[i], "held"), false), "%s: %s",
                  value_text(value_get(verdicts->items[i], "that"), ""), found);
        free(found);
    }
}
