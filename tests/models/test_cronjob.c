/* CronJobs: Jobs made at the times of a schedule. What a minute's schedule does is compared with a
 * recording in tests/validation/test_replay.c; here are the rules behind it, and what was not recorded. */
#include "models/api/cronjob.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/job.h"
#include "models/controllers/controller.h"
#include "models/controllers/cronjob_private.h"
#include "models/kubelet/kubelet.h"
#include "models/scheduler/scheduler.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"
#include "tools/tz_database.h"

/* ---- which starts are due ---- */

static const struct {
    const char *why, *expression;
    int64_t since, deadline, now; /* given */
    int64_t at, next;             /* wanted */
    bool found;
    enum missed_schedules missed;
} unmet_rows[] = {
    { "before the first there is none", "* * * * *", 30, -1, 59, 0, 60, false, NONE_MISSED },
    { "the first is due at its second", "* * * * *", 30, -1, 60, 60, 120, true, NONE_MISSED },
    { "the latest of three", "* * * * *", 30, -1, 185, 180, 240, true, FEW_MISSED },
    { "(6059 - 60) / 60 + 1 = 100 are few", "* * * * *", 0, -1, 6059, 6000, 6060, true,
      FEW_MISSED },
    { "(6060 - 60) / 60 + 1 = 101 are many, and the latest is still made", "* * * * *", 0, -1, 6060,
      6060, 6120, true, MANY_MISSED },
    { "a deadline leaves those of its time: 6060 - 90 is before 6000", "* * * * *", 0, 90, 6060,
      6060, 6120, true, FEW_MISSED },
    { "one that is older than the deadline is lost", "* * * * *", 60, 20, 142, 0, 180, false,
      NONE_MISSED },
    { "no deadline to speak of: what is due now is already over", "* * * * *", 0, 0, 60, 0, 120,
      false, NONE_MISSED },
    { "@every counts from the last start: 10 + 4 * 90", "@every 90s", 10, -1, 400, 370, 460, true,
      FEW_MISSED },
    { "not regular: at 6, 10 and 14 o'clock, the first two 4 h apart, then the night",
      "0 6-16/4 * * *", 0, -1, 86400 + 7 * 3600, 86400 + 6 * 3600, 86400 + 10 * 3600, true,
      FEW_MISSED },
    { "in the night the estimate, 22 o'clock, is after the last, so that one is lost",
      "0 6-16/4 * * *", 0, -1, 86400 + 3 * 3600, 0, 86400 + 6 * 3600, false, FEW_MISSED },
};

Test(cronjob, takes_the_latest_start_that_is_due)
{
    for (size_t i = 0; i < sizeof unmet_rows / sizeof *unmet_rows; i++) {
        struct error error = { 0 };
        struct cron_schedule *schedule = cron_schedule_new(unmet_rows[i].expression, NULL, NULL,
                                                           false, (struct place){ 0 }, &error);
        const struct cronjob_clock clock = { schedule, unmet_rows[i].since, unmet_rows[i].deadline,
                                             unmet_rows[i].now };
        struct cronjob_unmet unmet;
        int64_t next;
        cr_assert(cronjob_unmet(&clock, &unmet), "%s", unmet_rows[i].why);
        cr_expect_eq(unmet.found, unmet_rows[i].found, "%s", unmet_rows[i].why);
        cr_expect_eq(unmet.at, unmet_rows[i].at, "%s: %lld", unmet_rows[i].why,
                     (long long)unmet.at);
        cr_expect_eq(unmet.missed, unmet_rows[i].missed, "%s", unmet_rows[i].why);
        cr_assert(cronjob_next(&clock, &next), "%s", unmet_rows[i].why);
        cr_expect_eq(next, unmet_rows[i].next, "%s: %lld", unmet_rows[i].why, (long long)next);
        cron_schedule_free(schedule);
    }
}

static const struct {
    const char *zone;
    int64_t at;
    const char *rfc3339, *rfc1123;
} print_rows[] = {
    { "UTC", 1795419660, "2026-11-23T07:41:00Z", "Mon, 23 Nov 2026 07:41:00 +0000" },
    { "Asia/Kolkata", 1795419660, "2026-11-23T13:11:00+05:30", "Mon, 23 Nov 2026 07:41:00 +0000" },
    { "America/St_Johns", 1795419660, "2026-11-23T04:11:00-03:30",
      "Mon, 23 Nov 2026 07:41:00 +0000" },
    { "UTC", -1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000" },
};

Test(cronjob, prints_times_as_go_does)
{
    for (size_t i = 0; i < sizeof print_rows / sizeof *print_rows; i++) {
        struct zone *zone = zone_new(print_rows[i].zone, tz_database_read);
        char text[ZONED_TIME_TEXT];
        cr_expect_str_eq(cronjob_print_time(print_rows[i].at, zone, text), print_rows[i].rfc3339);
        cr_expect_str_eq(cronjob_print_rfc1123(print_rows[i].at, text), print_rows[i].rfc1123);
        zone_free(zone);
    }
}

/* ---- stories ---- */

#define ROOM                                                                                       \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {allocatable: {cpu: '8', "    \
    "memory: 8Gi, pods: '50'}}}\n"
#define ENDS(name, seconds, code)                                                                  \
    "---\n{apiVersion: seatrial.dev/v1alpha1, kind: Image, metadata: {name: '" name                \
    "'}, spec: {runTime: " seconds ", exitCode: " code "}}\n"
#define CRONJOB(spec, image)                                                                       \
    "---\n{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {" spec                 \
    ", jobTemplate: {metadata: {labels: {team: x}, annotations: {note: kept}}, spec: "             \
    "{backoffLimit: "                                                                              \
    "0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: '" image             \
    "'}]}}}}}}\n"
#define EVERY_MINUTE "schedule: '* * * * *'"

/* Calls take no time; a container takes 1 s to start. `began`: the Unix second of time 0. */
static struct world *given_cronjob(int64_t began, const char *cronjob)
{
    static const struct component *const parts[] = { &controller_manager, &scheduler_component,
                                                     &kubelets, NULL };
    struct world *w = given_with("", parts, "keep-events=true");
    struct settings *settings = &w->cluster->settings;
    settings->epoch_seconds = w->cluster->codec.epoch_seconds = began;
    settings->zones = tz_database_read;
    set_plain_times(w, 1);
    create(w, ROOM ENDS("short:1", "5s", "0") ENDS("long:1", "80s", "0") ENDS("bad:1", "5s", "3"));
    create(w, cronjob);
    until(w, 0);
    return w;
}

/* The Jobs there are, in order of creation, those that have not finished with a star. */
static void expect_jobs(struct world *w, const char *want, const char *why)
{
    struct writer names = { 0 };
    struct cache_cursor jobs = client_list(w->user, KIND_JOB);
    writer_add(&names, "");
    while (cache_next(&jobs))
        writer_format(&names, "%s%s%s", names.length > 0 ? " " : "", name_of(jobs.object),
                      job_finish(job_of(jobs.object)) == NULL ? "*" : "");
    const char *have = names.length > 0 ? names.bytes : "";
    cr_expect_str_eq(have, want, "%s: %s", why, have);
    writer_close(&names);
}

static size_t count_events(struct world *w, const char *reason)
{
    size_t count = 0;
    struct cache_cursor events = client_list(w->user, KIND_EVENT);
    while (cache_next(&events)) {
        const struct event_record *event = (const struct event_record *)events.object;
        count += strcmp(text_s(event->reason), reason) == 0;
    }
    return count;
}

static bool set_suspend(struct object *object, void *suspend)
{
    ((struct cronjob *)object)->suspend = *(bool *)suspend;
    return true;
}

static void suspend(struct world *w, bool on)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    cr_assert_eq(client_patch(w->user, key_of(w, "cronjob/default/c"), set_suspend, &on, NULL),
                 REPLY_OK);
}

static const struct {
    const char *why, *spec, *image;
    double at;
    const char *want;
} policy_rows[] = {
    { "Allow: the second minute's runs beside the first's", "concurrencyPolicy: Allow", "long:1",
      130, "c-1* c-2*" },
    { "Allow: the first has ended after 81 s", "concurrencyPolicy: Allow", "long:1", 150,
      "c-1 c-2*" },
    { "Forbid: the second minute's waits", "concurrencyPolicy: Forbid", "long:1", 130, "c-1*" },
    { "Forbid: it is made as soon as the first has ended, named by its own minute",
      "concurrencyPolicy: Forbid", "long:1", 150, "c-1 c-2*" },
    { "Forbid with a deadline: 22 s are more than 20, so it is lost",
      "concurrencyPolicy: Forbid, startingDeadlineSeconds: 20", "long:1", 179, "c-1" },
    { "and the third minute's is in time", "concurrencyPolicy: Forbid, startingDeadlineSeconds: 20",
      "long:1", 185, "c-1 c-3*" },
    { "Replace: the second minute's takes the place of the first's", "concurrencyPolicy: Replace",
      "long:1", 130, "c-2*" },
    { "Replace: and so on", "concurrencyPolicy: Replace", "long:1", 190, "c-3*" },
    { "three that succeeded are kept unless it says otherwise", "suspend: false", "short:1", 330,
      "c-3 c-4 c-5" },
    { "one that succeeded", "successfulJobsHistoryLimit: 1", "short:1", 330, "c-5" },
    { "none that succeeded", "successfulJobsHistoryLimit: 0", "short:1", 330, "" },
    { "one that failed is kept unless it says otherwise", "suspend: false", "bad:1", 330, "c-5" },
    { "two that failed", "failedJobsHistoryLimit: 2", "bad:1", 330, "c-4 c-5" },
    { "suspended: none", "suspend: true", "short:1", 330, "" },
};

Test(cronjob, makes_and_keeps_jobs_as_its_policies_say)
{
    for (size_t i = 0; i < sizeof policy_rows / sizeof *policy_rows; i++) {
        char *cronjob = mem_format(CRONJOB(EVERY_MINUTE ", %s", "%s"), policy_rows[i].spec,
                                   policy_rows[i].image);
        struct world *w = given_cronjob(0, cronjob);
        until(w, policy_rows[i].at);
        expect_jobs(w, policy_rows[i].want, policy_rows[i].why);
        done(w);
        free(cronjob);
    }
}

Test(cronjob, its_status_tells_what_runs_and_when_it_started_and_succeeded)
{
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE, "short:1"));
    until(w, 61);
    expect_field(w, "cronjob/default/c", "status.active.0.name", "c-1");
    expect_field(w, "cronjob/default/c", "status.active.0.kind", "Job");
    expect_field(w, "cronjob/default/c", "status.active.0.apiVersion", "batch/v1");
    expect_field(w, "cronjob/default/c", "status.lastScheduleTime", "1970-01-01T00:01:00Z");
    expect_field(w, "cronjob/default/c", "status.lastSuccessfulTime", NULL);
    expect_field(w, "job/default/c-1", "metadata.labels.team", "x");
    expect_field(w, "job/default/c-1", "metadata.annotations.note", "kept");
    expect_field(w, "job/default/c-1", "metadata.ownerReferences.0.kind", "CronJob");
    expect_field(w, "job/default/c-1", "metadata.ownerReferences.0.controller", "true");
    until(w, 70);
    expect_field(w, "cronjob/default/c", "status.active", NULL);
    const struct cronjob *cronjob = cronjob_of(find(w, "cronjob/default/c"));
    cr_expect_eq(cronjob->last_successful_time,
                 job_of(find(w, "job/default/c-1"))->completion_time);
    cr_expect_eq(count_events(w, "SuccessfulCreate"), 2, "of the Job and of its pod");
    cr_expect_eq(count_events(w, "SawCompletedJob"), 1);
    cr_expect_eq(count_events(w, "UnexpectedJob"), 0);
    done(w);
}

Test(cronjob, resumed_makes_the_latest_missed_start_at_once)
{
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE ", suspend: true", "long:1"));
    until(w, 200);
    suspend(w, false);
    until(w, 201);
    expect_jobs(w, "c-3*", "of three missed minutes the latest");
    cr_expect_eq(count_events(w, "TooManyMissedTimes"), 0);
    done(w);
}

Test(cronjob, warns_of_more_than_100_missed_starts_and_makes_the_latest)
{
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE ", suspend: true", "long:1"));
    until(w, 6090);
    suspend(w, false);
    until(w, 6091);
    expect_jobs(w, "c-101*", "101 minutes were missed");
    cr_expect_eq(count_events(w, "TooManyMissedTimes"), 1);
    done(w);
}

Test(cronjob, a_job_of_its_that_is_deleted_is_forgotten)
{
    struct world *w =
        given_cronjob(0, CRONJOB(EVERY_MINUTE ", concurrencyPolicy: Forbid", "long:1"));
    until(w, 70);
    delete_object(w, "job/default/c-1", PROPAGATE_BACKGROUND);
    until(w, 75);
    cr_expect_eq(count_events(w, "MissingJob"), 1);
    cr_expect_null(cronjob_of(find(w, "cronjob/default/c"))->active);
    until(w, 130);
    expect_jobs(w, "c-2*", "nothing is active any more");
    done(w);
}

static bool set_team(struct object *object, void *team)
{
    struct meta *meta = (struct meta *)object;
    value_put(&meta->document, value_new_string(team), "spec", "jobTemplate", "metadata", "labels",
              "team", NULL);
    return true;
}

/* Pods made from a record of the last Job must not be told from those of one admitted anew. */
Test(cronjob, its_jobs_are_of_the_template_and_the_priority_classes_of_their_start)
{
    char team[] = "y";
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE, "short:1"));
    until(w, 130);
    create(w, "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: usual}, "
              "value: 7, globalDefault: true}");
    until(w, 190);
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "cronjob/default/c"), set_team, team, NULL);
    until(w, 242);
    static const struct {
        const char *job, *scheduled, *team;
        int32_t priority;
    } rows[] = {
        { "job/default/c-1", "1970-01-01T00:01:00Z", "x", 0 },
        { "job/default/c-2", "1970-01-01T00:02:00Z", "x", 0 },
        { "job/default/c-3", "1970-01-01T00:03:00Z", "x", 7 },
        { "job/default/c-4", "1970-01-01T00:04:00Z", "y", 7 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct object *job = find(w, rows[i].job);
        char uid[UID_TEXT];
        struct cache_cursor pods = client_list_owned(w->user, KIND_POD, meta_of(job)->uid);
        expect_field(w, rows[i].job, "metadata.labels.team", rows[i].team);
        uid_print(meta_of(job)->uid, uid);
        cr_expect(selector_matches(job_of(job)->selector, labels_lookup,
                                   ((const struct job *)job)->template->labels));
        cr_expect_str_eq(labels_get(meta_of(job)->annotations, CRONJOB_TIMESTAMP),
                         rows[i].scheduled);
        cr_assert(cache_next(&pods), "%s", rows[i].job);
        cr_expect_eq(pod_of(pods.object)->spec->priority, rows[i].priority, "%s", rows[i].job);
        cr_expect_str_eq(labels_get(meta_of(pods.object)->labels, "job-name"), name_of(job));
        cr_expect_str_eq(labels_get(meta_of(pods.object)->labels, "controller-uid"), uid);
    }
    done(w);
}

static bool set_schedule(struct object *object, void *schedule)
{
    struct cronjob *cronjob = (struct cronjob *)object;
    text_assign(&cronjob->schedule, text_intern(cronjob->meta.object.name->home, schedule));
    return true;
}

static void reschedule(struct world *w, char *schedule)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    cr_assert_eq(
        client_patch(w->user, key_of(w, "cronjob/default/c"), set_schedule, schedule, NULL),
        REPLY_OK);
}

Test(cronjob, follows_a_schedule_that_changes)
{
    char every_ten[] = "*/10 * * * *", never[] = "0 0 31 2 *", faulty[] = "61 * * * *";
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE, "short:1"));
    until(w, 70);
    reschedule(w, every_ten);
    until(w, 599);
    expect_jobs(w, "c-1", "nothing before the tenth minute");
    until(w, 610);
    expect_jobs(w, "c-1 c-10", "the tenth");
    reschedule(w, never);
    until(w, 3000);
    expect_jobs(w, "c-1 c-10", "February has no 31st");
    cr_expect_eq(count_events(w, "InvalidSchedule"), 1);
    reschedule(w, faulty);
    until(w, 6000);
    cr_expect_eq(count_events(w, "UnparseableSchedule"), 1);
    done(w);
}

/* ---- clocks ---- */

static const struct {
    const char *why;
    int64_t began;
    const char *want; /* the annotations of its Jobs */
} clock_rows[] = {
    { "at 2 o'clock on 29 March the clocks went to 3: no 02:30 that day, from 28 March 00:00 UTC "
      "on",
      1774656000, "2026-03-28T02:30:00+01:00 2026-03-30T02:30:00+02:00 " },
    { "at 3 o'clock on 25 October they went back to 2: 02:30 came twice, from 24 October 00:00 UTC "
      "on",
      1792800000,
      "2026-10-24T02:30:00+02:00 2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00 "
      "2026-10-26T02:30:00+01:00 " },
};

Test(cronjob, follows_the_clock_of_its_zone_across_its_changes)
{
    for (size_t i = 0; i < sizeof clock_rows / sizeof *clock_rows; i++) {
        struct writer times = { 0 };
        struct world *w = given_cronjob(clock_rows[i].began,
                                        CRONJOB("schedule: '30 2 * * *', timeZone: Europe/Berlin, "
                                                "successfulJobsHistoryLimit: 10",
                                                "short:1"));
        until(w, 2.5 * 86400);
        struct cache_cursor jobs = client_list(w->user, KIND_JOB);
        while (cache_next(&jobs))
            writer_format(&times, "%s ",
                          labels_get(meta_of(jobs.object)->annotations, CRONJOB_TIMESTAMP));
        cr_expect_str_eq(times.bytes, clock_rows[i].want, "%s: %s", clock_rows[i].why, times.bytes);
        writer_close(&times);
        done(w);
    }
}

Test(cronjob, of_an_unknown_zone_starts_nothing_and_says_so)
{
    struct world *w = given_cronjob(0, CRONJOB(EVERY_MINUTE, "short:1"));
    w->cluster->settings.zones = NULL; /* nobody reads zones */
    create(w,
           "{apiVersion: batch/v1, kind: CronJob, metadata: {name: d}, spec: {schedule: '* * * * "
           "*', timeZone: Europe/Berlin, jobTemplate: {spec: {template: {spec: {restartPolicy: "
           "Never, containers: [{name: c, image: 'short:1'}]}}}}}}");
    until(w, 70);
    expect_jobs(w, "c-1", "UTC needs no reader");
    cr_expect_eq(count_events(w, "UnknownTimeZone"), 1);
    done(w);
}

/* ---- what it costs ---- */

Test(cronjob, costs_nothing_while_nothing_is_due)
{
    uint64_t events[2];
    static const char *const cronjobs[] = { "", CRONJOB("schedule: '0 0 1 1 *'", "short:1") };
    for (size_t i = 0; i < 2; i++) {
        struct world *w = given_cronjob(0, cronjobs[i]);
        until(w, 10);
        events[i] = w->run->events;
        until(w, 30 * 86400);
        events[i] = w->run->events - events[i];
        done(w);
    }
    cr_expect_eq(events[0], events[1], "a month without a start");
}
