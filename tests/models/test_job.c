/* Jobs: pods that run until enough have succeeded. Sequences are compared with recordings in
 * tests/validation/test_replay.c; here are the rules behind them, and what was not recorded. */
#include "models/api/job.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/job_private.h"
#include "models/kubelet/kubelet.h"
#include "models/scheduler/scheduler.h"
#include "sim/base/memory.h"
#include "sim/chance/stream.h"
#include "tests/support/kubelet_stories.h"

/* ---- sets of indexes ---- */

static const struct {
    const char *why, *text;
    int32_t limit;
    const char *printed;
    int64_t total;
} index_rows[] = {
    { "three in a row are a range, two are not", "0,1,3,4,5,9", 10, "0,1,3-5,9", 6 },
    { "neighbouring ranges are one", "2-4,5-7", 100, "2-7", 6 },
    { "a range is cut at the number of completions", "1-8", 5, "1-4", 4 },
    { "what begins beyond it is left out, with the rest", "1,6,7-9", 6, "1", 1 },
    { "a range of two is printed as two", "4-5", 10, "4,5", 2 },
    { "nothing", "", 10, "", 0 },
    { "what is no number ends it", "2,x,5", 10, "2", 1 },
};

Test(job, sets_of_indexes_are_read_and_printed_as_ranges)
{
    struct texts *texts = texts_new();
    for (size_t i = 0; i < sizeof index_rows / sizeof *index_rows; i++) {
        struct intervals set = intervals_parse(index_rows[i].text, index_rows[i].limit);
        const struct text *printed = intervals_print(&set, texts);
        cr_expect_str_eq(text_s(printed), index_rows[i].printed, "%s", index_rows[i].why);
        cr_expect_eq(intervals_total(&set), index_rows[i].total, "%s", index_rows[i].why);
        text_drop(printed);
        intervals_close(&set);
    }
    texts_free(texts);
}

/* Two ways to one answer: unions of random sets against an array of truths. */
Test(job, unions_of_sets_have_what_either_has)
{
    enum { LIMIT = 40, ROUNDS = 200 };
    struct stream stream = stream_of(7, "", "indexes", "test", 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct intervals sets[2] = { { 0 }, { 0 } };
        bool is_in[LIMIT] = { false };
        for (int32_t i = 0; i < 2 * LIMIT; i++)
            if (stream_below(&stream, 3) == 0) {
                intervals_append(&sets[i / LIMIT], (struct interval){ i % LIMIT, i % LIMIT });
                is_in[i % LIMIT] = true;
            }
        struct intervals both = intervals_union(&sets[0], &sets[1]);
        for (int32_t i = 0; i < LIMIT; i++)
            cr_expect_eq(intervals_have(&both, i), is_in[i], "round %d: %d", round, i);
        for (size_t i = 1; i < both.count; i++)
            cr_expect_gt(both.items[i].first, both.items[i - 1].last + 1, "round %d", round);
        intervals_close(&both);
        intervals_close(&sets[0]);
        intervals_close(&sets[1]);
    }
}

/* ---- back-off ---- */

static const struct {
    const char *why;
    int32_t failures;
    double last, now, left;
} back_off_rows[] = {
    { "no failure, no wait", 0, 0, 5, 0 },
    { "10 s after the first", 1, 100, 103, 7 },
    { "twice as long after the second", 2, 100, 103, 17 },
    { "three at once count as three: 10 * 2^2", 3, 100, 100.5, 39.5 },
    { "at most 10 minutes: 10 * 2^6 is more", 7, 100, 100, 600 },
    { "nor more after many", 5000, 100, 300, 400 },
    { "over", 1, 100, 110, 0 },
    { "long over", 1, 100, 1000, 0 },
};

Test(job, waits_twice_as_long_after_each_failure_in_a_row)
{
    for (size_t i = 0; i < sizeof back_off_rows / sizeof *back_off_rows; i++) {
        const struct job_failures failures = { back_off_rows[i].failures,
                                               sim_time_from_seconds(back_off_rows[i].last) };
        cr_expect_eq(job_back_off(failures, sim_time_from_seconds(back_off_rows[i].now)),
                     sim_time_from_seconds(back_off_rows[i].left), "%s", back_off_rows[i].why);
    }
}

/* ---- stories ---- */

#define ROOM                                                                                       \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {allocatable: {cpu: '8', "    \
    "memory: 8Gi, pods: '50'}}}\n"
#define ENDS(name, seconds, code)                                                                  \
    "---\n{apiVersion: seatrial.dev/v1alpha1, kind: Image, metadata: {name: '" name                \
    "'}, spec: {runTime: " seconds ", exitCode: " code "}}\n"
#define JOB(spec, image)                                                                           \
    "---\n{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {" spec                     \
    ", template: {spec: {restartPolicy: Never, containers: [{name: c, image: '" image "'}]}}}}\n"

/* Calls take no time; a container takes 1 s to start and to stop. */
static struct world *given_job(const char *job)
{
    static const struct component *const parts[] = { &controller_manager, &scheduler_component,
                                                     &kubelets, NULL };
    struct world *w = given_with("", parts, "keep-events=true");
    set_plain_times(w, 1);
    create(w, ROOM ENDS("good:1", "5s", "0") ENDS("bad:1", "5s", "3"));
    create(w, job);
    until(w, 0);
    return w;
}

static const struct job *job_in(struct world *w)
{
    return job_of(find(w, "job/default/j"));
}

/* active ready succeeded failed terminating, and how it ends */
static void expect_job(struct world *w, const char *want, const char *why)
{
    const struct job *job = job_in(w);
    const struct condition *finish = job_finish(job);
    char *text =
        mem_format("%d %d %d %d %d%s%s", job->active, job->ready, job->succeeded, job->failed,
                   job->terminating, finish ? " " : "", finish ? text_s(finish->reason) : "");
    cr_expect_str_eq(text, want, "%s: %s", why, text);
    free(text);
}

static size_t count_held(struct world *w)
{
    size_t held = 0;
    struct cache_cursor pods = client_list(w->user, KIND_POD);
    while (cache_next(&pods))
        held += finalizers_have(meta_of(pods.object)->finalizers, JOB_FINALIZER);
    return held;
}

static const struct {
    const char *why, *spec, *image;
    double at; /* seconds: by then it is over */
    const char *want;
} end_rows[] = {
    { "5 completions two at a time: three rounds", "completions: 5, parallelism: 2", "good:1", 40,
      "0 0 5 0 0 CompletionsReached" },
    { "a work queue is done when one has succeeded and none runs", "parallelism: 3", "good:1", 20,
      "0 0 3 0 0 CompletionsReached" },
    { "the first failure is one too many", "backoffLimit: 0", "bad:1", 20,
      "0 0 0 1 0 BackoffLimitExceeded" },
    { "limit 1: the second failure fails it", "backoffLimit: 1", "bad:1", 40,
      "0 0 0 2 0 BackoffLimitExceeded" },
    { "nothing to do is done at once", "completions: 0", "good:1", 5,
      "0 0 0 0 0 CompletionsReached" },
    { "pods that run when the time is over count as failed", "activeDeadlineSeconds: 3", "good:1",
      20, "0 0 0 1 0 DeadlineExceeded" },
    { "two indexes may fail, three did",
      "completions: 3, parallelism: 3, completionMode: Indexed, "
      "backoffLimitPerIndex: 0, maxFailedIndexes: 2",
      "bad:1", 30, "0 0 0 3 0 MaxFailedIndexesExceeded" },
    { "any two indexes are enough",
      "completions: 6, parallelism: 2, completionMode: Indexed, "
      "successPolicy: {rules: [{succeededCount: 2}]}",
      "good:1", 30, "0 0 2 0 0 SuccessPolicy" },
    { "exit code 3 fails it at once",
      "backoffLimit: 6, podFailurePolicy: {rules: [{action: "
      "FailJob, onExitCodes: {operator: NotIn, values: [4]}}]}",
      "bad:1", 20, "0 0 0 1 0 PodFailurePolicy" },
};

Test(job, ends_as_its_rules_say_and_no_pod_keeps_the_finalizer)
{
    for (size_t i = 0; i < sizeof end_rows / sizeof *end_rows; i++) {
        char *job = mem_format(JOB("%s", "%s"), end_rows[i].spec, end_rows[i].image);
        struct world *w = given_job(job);
        until(w, end_rows[i].at);
        expect_job(w, end_rows[i].want, end_rows[i].why);
        cr_expect_eq(count_held(w), 0, "%s", end_rows[i].why);
        done(w);
        free(job);
    }
}

Test(job, pods_that_failed_but_are_ignored_do_not_count)
{
    struct world *w = given_job(
        JOB("backoffLimit: 0, podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: "
            "In, values: [2, 3]}}]}",
            "bad:1"));
    until(w, 60);
    cr_expect_null(job_finish(job_in(w)));
    cr_expect_eq(job_in(w)->failed, 0);
    cr_expect_gt(cache_count(w->user->cache, KIND_POD), 2, "they are replaced, with back-off");
    done(w);
}

Test(job, an_index_has_its_own_name_label_hostname_and_variable)
{
    struct world *w =
        given_job(JOB("completions: 2, parallelism: 2, completionMode: Indexed", "good:1"));
    until(w, 1);
    struct cache_cursor pods = client_list(w->user, KIND_POD);
    for (int index = 0; cache_next(&pods); index++) {
        const struct pod *pod = pod_of(pods.object);
        char *want = mem_format("j-%d", index), *label = mem_format("%d", index);
        cr_expect_str_eq(text_s(pod->spec->hostname), want);
        cr_expect_eq(strncmp(name_of(pod), want, strlen(want)), 0, "%s", name_of(pod));
        cr_expect_str_eq(labels_get(pod->meta.labels, JOB_INDEX), label);
        cr_expect_str_eq(labels_get(pod->meta.annotations, JOB_INDEX), label);
        char *name = mem_format("pod/default/%s", name_of(pod));
        expect_field(w, name, "spec.containers.0.env.0.name", "JOB_COMPLETION_INDEX");
        free(name);
        free(want);
        free(label);
    }
    done(w);
}

Test(job, a_pod_that_lost_its_finalizer_is_not_counted_again)
{
    struct world *w = given_job(JOB("completions: 3, parallelism: 1", "good:1"));
    int32_t last = 0;
    for (double at = 0; at <= 60; at += 0.25) {
        until(w, at);
        const struct job *job = job_in(w);
        const uint32_t uncounted = job->uncounted != NULL ? job->uncounted->succeeded : 0;
        cr_expect_leq(job->succeeded + (int32_t)uncounted, 3, "at %g", at);
        cr_expect_geq(job->succeeded, last, "at %g", at);
        last = job->succeeded;
    }
    expect_job(w, "0 0 3 0 0 CompletionsReached", "three pods one after the other");
    cr_expect_eq(cache_count(w->user->cache, KIND_POD), 3);
    done(w);
}

Test(job, goes_so_long_after_its_end_as_it_says)
{
    struct world *w = given_job(JOB("ttlSecondsAfterFinished: 10", "good:1"));
    until(w, 15);
    expect_job(w, "0 0 1 0 0 CompletionsReached", "started in 1 s, ran for 5, counted 1 s later");
    until(w, 25);
    cr_expect_null(find(w, "job/default/j"));
    cr_expect_eq(cache_count(w->user->cache, KIND_POD), 0, "what it owned goes first");
    done(w);
}

Test(job, that_is_deleted_lets_its_pods_go)
{
    struct world *w = given_job(JOB("parallelism: 3", "good:1"));
    until(w, 3);
    cr_expect_eq(count_held(w), 3);
    delete_object(w, "job/default/j", PROPAGATE_ORPHAN);
    until(w, 4);
    cr_expect_eq(count_held(w), 0);
    cr_expect_eq(cache_count(w->user->cache, KIND_POD), 3);
    done(w);
}

Test(job, of_another_manager_is_left_alone)
{
    struct world *w = given_job(JOB("managedBy: example.com/queue", "good:1"));
    until(w, 10);
    cr_expect_eq(cache_count(w->user->cache, KIND_POD), 0);
    done(w);
}

/* ---- what selects its pods ---- */

static const struct {
    const char *why, *labels, *template_labels, *want;
} label_rows[] = {
    { "none of its own: those of its pods", "", "", "4" },
    { "the template's are its own, with what is added", "", "app: a, tier: b", "6" },
    { "its own stay", "labels: {team: x}", "app: a", "1" },
};

Test(job, has_the_labels_of_its_pods_unless_it_has_some)
{
    for (size_t i = 0; i < sizeof label_rows / sizeof *label_rows; i++) {
        char *text = mem_format(
            "{apiVersion: batch/v1, kind: Job, metadata: {name: j, %s}, spec: {template: "
            "{metadata: "
            "{labels: {%s}}, spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}",
            label_rows[i].labels, label_rows[i].template_labels);
        struct world *w = given_job(text);
        char *count = mem_format("%u", job_in(w)->meta.labels->count);
        char uid[UID_TEXT];
        cr_expect_str_eq(count, label_rows[i].want, "%s: %s", label_rows[i].why, count);
        cr_expect(selector_matches(job_in(w)->selector, labels_lookup, job_in(w)->template->labels),
                  "%s", label_rows[i].why);
        cr_expect_str_eq(labels_get(job_in(w)->template->labels, "controller-uid"),
                         uid_print(job_in(w)->meta.uid, uid), "%s", label_rows[i].why);
        done(w);
        free(count);
        free(text);
    }
}
