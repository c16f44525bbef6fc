/* Pods and NoExecute taints, by hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "tests/support/world.h"

#define POD(name, tolerations)                                                                     \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {nodeName: n0, "           \
    "terminationGracePeriodSeconds: 30, tolerations: [" tolerations                                \
    "], containers: [{name: c, image: x}]}}\n"
#define FOR(seconds)                                                                               \
    "{key: maint, operator: Exists, effect: NoExecute, tolerationSeconds: " seconds "}"
#define FOR_EVER "{key: maint, operator: Exists}"

static const struct component *const components[] = { &controller_manager, NULL };

static struct world *given_pods(const char *pods)
{
    struct world *w = given_with("{apiVersion: v1, kind: Node, metadata: {name: n0}}", components,
                                 "keep-events=true");
    distribution_free(w->cluster->settings.api_write);
    w->cluster->settings.api_write = distribution_new_constant(0);
    create(w, pods);
    until(w, 5);
    return w;
}

struct tainting {
    struct world *world;
    const char *value;
    bool remove;
};

static bool change_taint(struct object *object, void *context)
{
    const struct tainting *tainting = context;
    struct node *node = (struct node *)object;
    const struct taints *old = node->taints;
    struct cluster *cluster = tainting->world->cluster;
    node->taints = tainting->remove
                       ? taints_without(old, "maint", NO_EXECUTE)
                       : taints_with(old, (struct taint){ cluster_text(cluster, "maint"),
                                                          cluster_text(cluster, tainting->value),
                                                          NO_EXECUTE, false, 0 });
    taints_drop(old);
    return true;
}

static void taint(struct world *w, const char *value)
{
    struct tainting tainting = { w, value, false };
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "node/n0"), change_taint, &tainting, NULL);
}

static void untaint(struct world *w)
{
    struct tainting tainting = { w, NULL, true };
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "node/n0"), change_taint, &tainting, NULL);
}

static void expect_deletions(struct world *w, const char *text)
{
    char happened[1024] = "";
    for (size_t i = 0; i < w->line_count; i++)
        if (strstr(w->lines[i].text, "delete grace") != NULL)
            snprintf(happened + strlen(happened), sizeof happened - strlen(happened), "%g %s\n",
                     w->lines[i].at, w->lines[i].subject);
    cr_expect_str_eq(happened, text);
}

Test(taint_eviction, waits_as_long_as_each_pod_tolerates)
{
    struct world *w = given_pods(POD("none", "") POD("t4", FOR("4")) POD("forever", FOR_EVER)
                                     POD("both", FOR("20") "," FOR("3")));
    taint(w, "1");
    until(w, 100);
    /* The first toleration that matches is used. */
    expect_deletions(w, "5 pod/default/none\n9 pod/default/t4\n25 pod/default/both\n");
    done(w);
}

Test(taint_eviction, is_called_off_with_the_taint)
{
    struct world *w = given_pods(POD("t20", FOR("20")));
    taint(w, "1");
    until(w, 16);
    untaint(w);
    until(w, 100);
    expect_deletions(w, "");
    done(w);
}

Test(taint_eviction, does_not_begin_anew_while_a_taint_stays)
{
    struct world *w = given_pods(POD("t20", FOR("20")));
    taint(w, "1");
    until(w, 16);
    taint(w, "2");
    until(w, 100);
    expect_deletions(w, "25 pod/default/t20\n");
    done(w);
}

Test(taint_eviction, counts_from_a_pods_arrival_on_a_tainted_node)
{
    struct world *w = given_pods(POD("early", FOR("20")));
    taint(w, "1");
    until(w, 15);
    create(w, POD("late", FOR("20")));
    until(w, 100);
    expect_deletions(w, "25 pod/default/early\n35 pod/default/late\n");
    done(w);
}

Test(taint_eviction, forgets_pods_that_went_by_themselves)
{
    struct world *w = given_pods(POD("t20", FOR("20")));
    taint(w, "1");
    until(w, 10);
    struct delete_options now = delete_options_default();
    now.grace_seconds = 0;
    client_begin(w->user, (struct cause){ 0, 0 });
    client_delete(w->user, key_of(w, "pod/default/t20"), now, NULL);
    until(w, 12);
    create(w, POD("t20", FOR("20"))); /* the same name, another pod */
    until(w, 100);
    expect_deletions(w, "32 pod/default/t20\n");
    done(w);
}
