/* The stage-table kubelet: what the README.md of the recordings says of their fake kubelet. */
#include <criterion/criterion.h>

#include "models/api/machine.h"
#include "models/api/pod.h"
#include "models/kubelet/stages.h"
#include "tests/support/kubelet_stories.h"

#define MANAGED(name)                                                                              \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {oracle-managed: "       \
    "'yes'}}}\n"
#define STAGED(labels, annotations, spec)                                                          \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {" labels                        \
    "}, annotations: {" annotations "}}, spec: {nodeName: n0, " spec ONE("") "}}\n"

static struct world *given_stages(const char *manifests)
{
    static const struct component *const parts[] = { &stage_kubelet, NULL };
    struct world *world = given_with("", parts, "stage-kubelet=true");
    set_time(&world->cluster->settings.api_write, 0);
    create(world, manifests);
    return world;
}

/* What becomes of a pod that is made at 0 and, with `deleted`, deleted at 10. */
static const struct {
    const char *why, *pod;
    bool deleted;
    const char *trace;
} rows[] = {
    { "a second until it is ready", STAGED("", "", ""), false,
      "   1.000 pod/default/p patch Running, ready\n" },
    { "the annotation says how long", STAGED("", "oracle/ready-delay: 3s", ""), false,
      "   3.000 pod/default/p patch Running, ready\n" },
    { "never ready", STAGED("oracle-ready: never", "", ""), false,
      "   1.000 pod/default/p patch Running\n" },
    { "nothing ever happens", STAGED("oracle-ready: pending", "", ""), false, "" },
    { "two seconds of work", STAGED("", "", "restartPolicy: Never, "), false,
      "   1.000 pod/default/p patch Running, ready\n"
      "   3.000 pod/default/p patch Succeeded, not ready\n" },
    { "work that fails",
      STAGED("oracle-exit: '1'", "oracle/run-time: 6s", "restartPolicy: OnFailure, "), false,
      "   1.000 pod/default/p patch Running, ready\n"
      "   7.000 pod/default/p patch Failed, not ready\n" },
    { "work that fails by its index",
      STAGED("", "oracle/fail-indexes: '0,12,3', batch.kubernetes.io/job-completion-index: '12'",
             "restartPolicy: Never, "),
      false,
      "   1.000 pod/default/p patch Running, ready\n"
      "   3.000 pod/default/p patch Failed, not ready\n" },
    { "another index",
      STAGED("", "oracle/fail-indexes: '0,12,3', batch.kubernetes.io/job-completion-index: '2'",
             "restartPolicy: Never, "),
      false,
      "   1.000 pod/default/p patch Running, ready\n"
      "   3.000 pod/default/p patch Succeeded, not ready\n" },
    { "a server that is stopped succeeds", STAGED("", "", ""), true,
      "   1.000 pod/default/p patch Running, ready\n"
      "  10.000 pod/default/p delete grace 30s\n"
      "  11.000 pod/default/p patch Succeeded, not ready\n"
      "  11.000 pod/default/p remove\n" },
    { "work that is stopped fails",
      STAGED("oracle-exit: never", "oracle/term-delay: 4s", "restartPolicy: Never, "), true,
      "   1.000 pod/default/p patch Running, ready\n"
      "  10.000 pod/default/p delete grace 30s\n"
      "  14.000 pod/default/p patch Failed, not ready\n"
      "  14.000 pod/default/p remove\n" },
    { "what is over goes at once", STAGED("", "", "restartPolicy: Never, "), true,
      "   1.000 pod/default/p patch Running, ready\n"
      "   3.000 pod/default/p patch Succeeded, not ready\n"
      "  10.000 pod/default/p remove\n" },
};

Test(stages, do_what_the_recorded_kubelet_did)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = given_stages(MANAGED("n0"));
        create(w, rows[i].pod);
        until(w, 0);
        const size_t made = w->line_count;
        until(w, 10);
        if (rows[i].deleted)
            delete_object(w, "pod/default/p", PROPAGATE_BACKGROUND);
        until(w, 60);
        struct world rest = *w;
        rest.lines += made;
        rest.line_count -= made;
        expect_trace(&rest, "pod/", rows[i].trace);
        done(w);
    }
}

Test(stages, exit_codes_and_conditions_are_those_recorded)
{
    struct world *w = given_stages(MANAGED("n0"));
    create(w, STAGED("oracle-exit: '42'", "", "restartPolicy: Never, "));
    until(w, 60);
    expect_field(w, "pod/default/p", "status.containerStatuses.0.state.terminated.exitCode", "42");
    const struct pod *pod = pod_of(find(w, "pod/default/p"));
    cr_expect_str_eq(pod_condition_reason(pod, POD_READY), "PodFailed");
    cr_expect_str_eq(pod_condition_reason(pod, POD_CONTAINERS_READY), "PodFailed");
    cr_expect(pod_condition_is_true(pod, POD_INITIALIZED));
    cr_expect_not(pod_condition_is_true(pod, POD_READY_TO_START_CONTAINERS));
    done(w);
}

static bool label_node(struct object *object, void *world)
{
    struct meta *meta = (struct meta *)object;
    struct texts *texts = ((struct world *)world)->run->texts;
    const char *now = labels_get(meta->labels, "oracle-managed");
    const struct labels *labels =
        labels_with(texts, meta->labels, "oracle-managed", now ? NULL : "yes");
    labels_drop(meta->labels);
    meta->labels = labels;
    return true;
}

static void toggle_label(struct world *w)
{
    client_begin(w->user, (struct cause){ 0 });
    cr_assert_eq(client_patch(w->user, key_of(w, "node/n0"), label_node, w, NULL), REPLY_OK);
}

Test(stages, a_node_without_its_label_is_dead)
{
    struct world *w = given_stages(MANAGED("n0"));
    until(w, 7);
    toggle_label(w);
    create(w, STAGED("", "", ""));
    until(w, 50);
    const struct lease *lease = (const struct lease *)find(w, "lease/kube-node-lease/n0");
    cr_expect_eq(lease_renew_time(lease, 50 * SIM_SECOND), 6 * SIM_SECOND);
    toggle_label(w);
    until(w, 60);
    expect_trace(w, "pod/",
                 "   7.000 pod/default/p create\n"
                 "  51.000 pod/default/p patch Running, ready\n");
    done(w);
}
