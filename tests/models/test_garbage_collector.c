/* Garbage collection as it was recorded from the real controllers (the project's oracle,
 * controllers/gc-ownerrefs): the same trees of ConfigMaps, the same deletions, the same order. */
#include <criterion/criterion.h>

#include "models/controllers/controller.h"
#include "tests/support/world.h"

static const struct component *const only_controllers[] = { &controller_manager, NULL };

/* A child of a ConfigMap; its uid is that of the stored owner. */
static void child(struct world *w, const char *name, const char *owner, const char *more)
{
    char text[1024], uid[UID_TEXT], path[128];
    snprintf(path, sizeof path, "cm/default/%s", owner);
    uid_print(meta_of(find(w, path))->uid, uid);
    snprintf(
        text, sizeof text,
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, ownerReferences: [{apiVersion: "
        "v1, kind: ConfigMap, name: %s, uid: %s%s}]}}",
        name, owner, uid, more);
    create(w, text);
}

/* root <- child1 (controller, blocks) <- grand (blocks); root <- child2 */
static struct world *family(const char *settings)
{
    struct world *w = given_with("{apiVersion: v1, kind: ConfigMap, metadata: {name: root}}",
                                 only_controllers, settings);
    until(w, 5); /* every namespace has its ConfigMap by now */
    forget(w);
    child(w, "child1", "root", ", controller: true, blockOwnerDeletion: true");
    child(w, "child2", "root", ", controller: false, blockOwnerDeletion: false");
    child(w, "grand", "child1", ", controller: false, blockOwnerDeletion: true");
    until(w, 10);
    expect_trace(w, "ConfigMap/",
                 "   5.000 ConfigMap/default/child1 create\n"
                 "   5.000 ConfigMap/default/child2 create\n"
                 "   5.000 ConfigMap/default/grand create\n");
    forget(w);
    return w;
}

Test(garbage_collector, background_deletes_the_root_first)
{
    struct world *w = family("");
    delete_object(w, "cm/default/root", PROPAGATE_BACKGROUND);
    until(w, 20);
    expect_trace(w, "ConfigMap/",
                 "  10.000 ConfigMap/default/root remove\n"
                 "  10.005 ConfigMap/default/child1 remove\n"
                 "  10.005 ConfigMap/default/child2 remove\n"
                 "  10.010 ConfigMap/default/grand remove\n");
    done(w);
}

/* The same with one worker, which is busy until its call has ended... */
Test(garbage_collector, one_worker_makes_one_call_at_a_time)
{
    struct world *w = family("concurrent-gc-syncs=1");
    delete_object(w, "cm/default/root", PROPAGATE_BACKGROUND);
    until(w, 20);
    expect_trace(w, "ConfigMap/",
                 "  10.000 ConfigMap/default/root remove\n"
                 "  10.005 ConfigMap/default/child1 remove\n"
                 "  10.010 ConfigMap/default/child2 remove\n"
                 "  10.015 ConfigMap/default/grand remove\n");
    done(w);
}

/* ... and with one call a second after the first. */
Test(garbage_collector, keeps_the_rate_limit_of_its_client)
{
    struct world *w = family("kube-api-qps=1 kube-api-burst=1");
    delete_object(w, "cm/default/root", PROPAGATE_BACKGROUND);
    until(w, 20);
    expect_trace(w, "ConfigMap/",
                 "  10.000 ConfigMap/default/root remove\n"
                 "  10.005 ConfigMap/default/child1 remove\n"
                 "  11.005 ConfigMap/default/child2 remove\n"
                 "  12.005 ConfigMap/default/grand remove\n");
    done(w);
}

Test(garbage_collector, foreground_deletes_the_root_after_those_that_block_it)
{
    struct world *w = family("");
    delete_object(w, "cm/default/root", PROPAGATE_FOREGROUND);
    until(w, 20);
    expect_trace(w, "ConfigMap/default/root",
                 "  10.000 ConfigMap/default/root delete waits for foregroundDeletion\n"
                 "  10.020 ConfigMap/default/root remove\n");
    expect_trace(w, "ConfigMap/default/child1",
                 "  10.005 ConfigMap/default/child1 delete waits for foregroundDeletion\n"
                 "  10.015 ConfigMap/default/child1 remove\n");
    expect_trace(w, "ConfigMap/default/grand", "  10.010 ConfigMap/default/grand remove\n");
    expect_trace(w, "ConfigMap/default/child2", "  10.005 ConfigMap/default/child2 remove\n");
    done(w);
}

Test(garbage_collector, orphans_keep_nothing_of_their_owner)
{
    struct world *w = family("");
    delete_object(w, "cm/default/root", PROPAGATE_ORPHAN);
    until(w, 20);
    expect_trace(w, "ConfigMap/",
                 "  10.000 ConfigMap/default/root delete waits for orphan\n"
                 "  10.005 ConfigMap/default/child1 patch\n"
                 "  10.005 ConfigMap/default/child2 patch\n"
                 "  10.010 ConfigMap/default/root remove\n");
    expect_field(w, "cm/default/child1", "metadata.ownerReferences", NULL);
    expect_field(w, "cm/default/grand", "metadata.ownerReferences.0.name", "child1");
    done(w);
}

Test(garbage_collector, what_it_does_has_the_cause_of_the_deletion)
{
    struct world *w = family("");
    const struct cause cause = run_root(w->run, run_now(w->run), "delete", "root");
    struct delete_options options = delete_options_default();
    options.propagation = PROPAGATE_ORPHAN;
    client_begin(w->user, cause);
    client_delete(w->user, key_of(w, "cm/default/root"), options, NULL);
    const uint64_t asked = find(w, "cm/default/root")->cause.id;
    until(w, 20);
    const struct cause orphaned = find(w, "cm/default/child1")->cause;
    cr_expect_str_eq(run_root_of(w->run, orphaned)->name->s, "delete/root");
    cr_expect(cause.id < asked && asked < orphaned.id, "each write is a link of the chain");
    cr_expect_eq(find(w, "cm/default/grand")->cause.root, 0, "nothing has touched it since");
    done(w);
}

Test(garbage_collector, an_object_lives_as_long_as_one_of_its_owners)
{
    struct world *w = given_with("{apiVersion: v1, kind: ConfigMap, metadata: {name: o1}}\n---\n"
                                 "{apiVersion: v1, kind: ConfigMap, metadata: {name: o2}}",
                                 only_controllers, "");
    char first[UID_TEXT], second[UID_TEXT], text[1024];
    snprintf(text, sizeof text,
             "{apiVersion: v1, kind: ConfigMap, metadata: {name: shared, ownerReferences: "
             "[{apiVersion: v1, kind: ConfigMap, name: o1, uid: %s},"
             " {apiVersion: v1, kind: ConfigMap, name: o2, uid: %s}]}}",
             uid_print(meta_of(find(w, "cm/default/o1"))->uid, first),
             uid_print(meta_of(find(w, "cm/default/o2"))->uid, second));
    create(w, text);
    until(w, 1);
    delete_object(w, "cm/default/o1", PROPAGATE_DEFAULT);
    until(w, 2);
    expect_field(w, "cm/default/shared", "metadata.ownerReferences.0.name", "o2");
    expect_field(w, "cm/default/shared", "metadata.ownerReferences.1", NULL);
    delete_object(w, "cm/default/o2", PROPAGATE_DEFAULT);
    until(w, 3);
    cr_expect_null(find(w, "cm/default/shared"));
    done(w);
}

Test(garbage_collector, an_owner_that_never_was_is_no_owner)
{
    struct world *w = given_with(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: ghost, ownerReferences: [{apiVersion: "
        "v1, kind: ConfigMap, name: nope, uid: 11111111-2222-4333-8444-555555555555}]}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept, ownerReferences: [{apiVersion: "
        "example.com/v1, kind: Widget, name: w, uid: 11111111-2222-4333-8444-555555555555}]}}",
        only_controllers, "");
    until(w, 1);
    cr_expect_null(find(w, "cm/default/ghost"));
    cr_expect_not_null(find(w, "cm/default/kept"), "kinds we do not know are taken to exist");
    done(w);
}

static bool let_go(struct object *object, void *context)
{
    (void)context;
    struct meta *meta = (struct meta *)object;
    finalizers_drop(meta->finalizers);
    meta->finalizers = NULL;
    return true;
}

Test(garbage_collector, a_root_waits_for_a_child_that_is_held)
{
    struct world *w = given_with("{apiVersion: v1, kind: ConfigMap, metadata: {name: root}}",
                                 only_controllers, "");
    child(w, "held", "root",
          ", blockOwnerDeletion: true}], finalizers: [example.com/hold], managedFields: [{manager: "
          "test");
    until(w, 1);
    delete_object(w, "cm/default/root", PROPAGATE_FOREGROUND);
    until(w, 4);
    expect_field(w, "cm/default/held", "metadata.deletionTimestamp", "1970-01-01T00:00:01Z");
    cr_expect_not_null(find(w, "cm/default/root"));
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "cm/default/held"), let_go, NULL, NULL);
    until(w, 5);
    cr_expect_null(find(w, "cm/default/held"));
    cr_expect_null(find(w, "cm/default/root"));
    done(w);
}
