/* ReplicaSets: the number of pods, whose they are, and what the status says. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/pod.h"
#include "models/controllers/replicaset_private.h"
#include "sim/base/memory.h"
#include "tests/support/controlled.h"

static void apply(struct controlled *c, const char *name, int replicas, const char *extra)
{
    char *json = mem_format(
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"ReplicaSet\", \"metadata\": {\"name\": \"%s\"},"
        " \"spec\": {\"replicas\": %d, %s \"selector\": {\"matchLabels\": {\"app\": \"%s\"}},"
        "  \"template\": {\"metadata\": {\"labels\": {\"app\": \"%s\"}},"
        "   \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"i\"}],"
        "    \"terminationGracePeriodSeconds\": 30}}}}",
        name, replicas, extra, name, name);
    controlled_apply(c, json);
    free(json);
}

static void apply_pod(struct controlled *c, const char *name, const char *app)
{
    char *json =
        mem_format("{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"%s\","
                   "  \"labels\": {\"app\": \"%s\"}},"
                   " \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"i\"}],"
                   "  \"terminationGracePeriodSeconds\": 30}}",
                   name, app);
    controlled_apply(c, json);
    free(json);
}

static const struct replicaset *set(const struct controlled *c, const char *name)
{
    return controlled_get(c, KIND_REPLICASET, name);
}

/* The pods in the order of their creation. */
struct pods {
    const struct pod *items[64];
    size_t count;
};

static void add_pod(void *context, const struct object *object)
{
    struct pods *pods = context;
    pods->items[pods->count++] = pod_of(object);
}

static struct pods pods_of(const struct controlled *c)
{
    struct pods pods = { 0 };
    store_each(c->cluster->store, KIND_POD, add_pod, &pods);
    return pods;
}

static bool is_controlled_by(const struct pod *pod, const struct replicaset *owner)
{
    const struct owner *controller = meta_controller(&pod->meta);
    return controller != NULL && owner != NULL && uid_equal(controller->uid, owner->meta.uid);
}

Test(replicaset, creates_pods_from_its_template)
{
    struct controlled *c = controlled_new();
    apply(c, "web", 5, "");
    controlled_wait(c, 0.5);
    const struct pods pods = pods_of(c);
    cr_assert_eq(pods.count, 5);
    for (size_t i = 0; i < pods.count; i++) {
        cr_expect(is_controlled_by(pods.items[i], set(c, "web")));
        cr_expect_str_eq(text_s(pods.items[i]->meta.generate_name), "web-");
        cr_expect_eq(pods.items[i]->meta.owners, pods.items[0]->meta.owners,
                     "all pods share one list of owners");
    }
    controlled_free(c);
}

Test(replicaset, counts_ready_pods_at_once_and_available_ones_after_min_ready_seconds)
{
    struct controlled *c = controlled_new();
    apply(c, "web", 2, "\"minReadySeconds\": 7,");
    controlled_wait(c, 7.999);
    cr_expect_eq(set(c, "web")->fully_labeled_replicas, 2);
    cr_expect_eq(set(c, "web")->ready_replicas, 2);
    cr_expect_eq(set(c, "web")->available_replicas, 0);
    controlled_wait(c, 0.001);
    cr_expect_eq(set(c, "web")->available_replicas, 2);
    controlled_free(c);
}

static bool fail(struct object *object, void *context)
{
    (void)context;
    ((struct pod *)object)->phase = POD_FAILED;
    return true;
}

Test(replicaset, replaces_a_failed_pod_and_leaves_it_there)
{
    struct controlled *c = controlled_new();
    apply(c, "web", 3, "");
    controlled_wait(c, 2);
    const struct pods before = pods_of(c);
    struct client *admin = &c->cluster->admin;
    client_begin(admin, (struct cause){ 0, 0 });
    client_patch(admin, object_key(&before.items[1]->meta.object), fail, NULL, NULL);
    controlled_wait(c, 2);
    cr_expect_eq(pods_of(c).count, 4);
    cr_expect_eq(set(c, "web")->status_replicas, 3);
    controlled_free(c);
}

Test(replicaset, scaling_down_lets_the_youngest_go_and_counts_them_while_they_stop)
{
    struct controlled *c = controlled_new();
    apply(c, "web", 2, "");
    controlled_wait(c, 100);
    apply(c, "web", 4, "");
    controlled_wait(c, 50); /* ready for 149 s and 49 s: not the same power of two */
    const struct pods before = pods_of(c);
    apply(c, "web", 2, "");
    controlled_wait(c, 0.5);
    cr_expect_eq(set(c, "web")->status_replicas, 2);
    cr_expect_eq(set(c, "web")->terminating_replicas, 2);
    for (size_t i = 0; i < 4; i++) {
        const struct pod *pod = pods_of(c).items[i];
        cr_expect_eq(pod->meta.deleting, i >= 2, "pod %zu of %zu", i, before.count);
    }
    controlled_wait(c, 2);
    cr_expect_eq(pods_of(c).count, 2);
    cr_expect_eq(set(c, "web")->terminating_replicas, 0);
    controlled_free(c);
}

Test(replicaset, adopts_orphans_that_match_before_it_makes_pods)
{
    struct controlled *c = controlled_new();
    apply_pod(c, "bare", "web");
    apply_pod(c, "other", "db");
    controlled_wait(c, 2);
    apply(c, "web", 2, "");
    controlled_wait(c, 2);
    cr_expect(is_controlled_by(controlled_get(c, KIND_POD, "bare"), set(c, "web")));
    cr_expect_null(
        meta_controller(&((const struct pod *)controlled_get(c, KIND_POD, "other"))->meta));
    cr_expect_eq(pods_of(c).count, 3);
    controlled_free(c);
}

static bool relabel(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    struct controlled *c = context;
    const struct labels *labels = labels_with(c->run->texts, meta->labels, "app", "quarantine");
    labels_drop(meta->labels);
    meta->labels = labels;
    return true;
}

static bool add_label(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    struct controlled *c = context;
    const struct labels *labels = labels_with(c->run->texts, meta->labels, "looked-at", "yes");
    labels_drop(meta->labels);
    meta->labels = labels;
    return true;
}

/* A template whose pods get another label from now on. */
static void apply_with_label(struct controlled *c, const char *name, int replicas)
{
    char *json = mem_format(
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"ReplicaSet\", \"metadata\": {\"name\": \"%s\"},"
        " \"spec\": {\"replicas\": %d, \"selector\": {\"matchLabels\": {\"app\": \"%s\"}},"
        "  \"template\": {\"metadata\": {\"labels\": {\"app\": \"%s\", \"tier\": \"front\"}},"
        "   \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"i\"}]}}}}",
        name, replicas, name, name);
    controlled_apply(c, json);
    free(json);
}

Test(replicaset, releases_a_pod_whose_labels_no_longer_match_and_makes_another)
{
    struct controlled *c = controlled_new();
    apply(c, "web", 2, "");
    controlled_wait(c, 2);
    const struct object_key key = object_key(&pods_of(c).items[0]->meta.object);
    struct client *admin = &c->cluster->admin;
    client_begin(admin, (struct cause){ 0, 0 });
    client_patch(admin, key, relabel, c, NULL);
    controlled_wait(c, 2);
    cr_expect_null(meta_controller(&pods_of(c).items[0]->meta));
    cr_expect_eq(pods_of(c).count, 3);
    cr_expect_eq(set(c, "web")->status_replicas, 2);
    controlled_free(c);
}

/* Pods that are as they were made are counted without looking at each. */
Test(replicaset, counts_pods_that_were_relabelled_or_made_by_hand_as_it_counts_its_own)
{
    struct controlled *c = controlled_new();
    struct client *admin = &c->cluster->admin;
    apply(c, "web", 3, "");
    controlled_wait(c, 2);
    cr_expect_eq(set(c, "web")->fully_labeled_replicas, 3);
    struct replica_counts counts;
    cr_expect(replicaset_count(admin, set(c, "web"), &counts), "all of them are its own");
    cr_expect_eq(counts.active, 3);
    cr_expect_eq(counts.ready, (size_t)set(c, "web")->ready_replicas);

    const struct object_key key = object_key(&pods_of(c).items[0]->meta.object);
    const struct labels *labels = pods_of(c).items[0]->meta.labels;
    client_begin(admin, (struct cause){ 0, 0 });
    client_patch(admin, key, add_label, c, NULL);
    controlled_wait(c, 2);
    cr_expect_neq(pods_of(c).items[0]->meta.labels, labels);
    cr_expect(replicaset_count(admin, set(c, "web"), &counts), "one more label changes nothing");
    cr_expect_eq(counts.active, 3);

    apply_with_label(c, "web", 3);
    controlled_wait(c, 2);
    cr_expect_eq(set(c, "web")->status_replicas, 3);
    cr_expect_eq(set(c, "web")->fully_labeled_replicas, 0, "none has the template's new label");
    cr_expect_not(replicaset_count(admin, set(c, "web"), &counts));

    apply(c, "db", 1, "");
    controlled_wait(c, 2);
    cr_expect(replicaset_count(admin, set(c, "db"), &counts));
    apply_pod(c, "stray", "db");
    controlled_wait(c, 2);
    cr_expect_eq(set(c, "db")->status_replicas, 1, "two were one too many");
    controlled_free(c);
}
