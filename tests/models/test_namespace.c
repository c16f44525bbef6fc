/* Deleting a namespace, as recorded from the real controller (the project's oracle,
 * controllers/ns-delete): pods after five seconds, the rest five seconds after the first report,
 * then every 15 / 2 + 1 seconds until a foreign finalizer has gone. */
#include <criterion/criterion.h>

#include "models/api/pod.h"
#include "models/controllers/controller.h"
#include "tests/support/world.h"

static const struct component *const only_controllers[] = { &controller_manager, NULL };

static const char manifests[] =
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop}, spec: {finalizers: [kubernetes]}}\n"
    "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: held, namespace: shop, finalizers: "
    "[example.com/hold]}}\n"
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: "
    "[{port: 80}]}}\n"
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: "
    "[{name: c, image: 'img:1'}], nodeName: n0, terminationGracePeriodSeconds: 30}}\n";

static bool let_go(struct object *object, void *context)
{
    (void)context;
    struct meta *meta = (struct meta *)object;
    finalizers_drop(meta->finalizers);
    meta->finalizers = NULL;
    return true;
}

/* What a kubelet does in the end. */
static void remove_pod(struct world *w, const char *name)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    client_delete(w->user, key_of(w, name), (struct delete_options){ .grace_seconds = 0 }, NULL);
}

Test(namespace, goes_when_its_content_is_gone)
{
    struct world *w = given_with(manifests, only_controllers, "");
    until(w, 1);
    delete_object(w, "ns/shop", PROPAGATE_DEFAULT);
    expect_field(w, "ns/shop", "status.phase", "Terminating");
    until(w, 6.1);
    expect_field(w, "pod/shop/a", "metadata.deletionGracePeriodSeconds", "30");
    cr_expect_not_null(find(w, "svc/shop/web"), "nothing else goes before the pods");
    expect_field(w, "ns/shop", "status.conditions.3.reason", "ContentRemoved");
    remove_pod(w, "pod/shop/a");
    until(w, 11.1);
    cr_expect_null(find(w, "svc/shop/web"));
    expect_field(w, "ns/shop", "status.conditions.3.message",
                 "Some resources are remaining: configmaps. has 1 resource instances");
    expect_field(w, "ns/shop", "status.conditions.4.message",
                 "Some content in the namespace has finalizers remaining: example.com/hold in 1 "
                 "resource instances");
    until(w, 18);
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "cm/shop/held"), let_go, NULL, NULL);
    forget(w);
    until(w, 60);
    /* Looked at in vain from 16.030, five seconds after the report, to 16.035; 8 s later nothing
     * is left. */
    expect_trace(w, "namespace/shop",
                 "  24.040 namespace/shop update-status\n"
                 "  24.045 namespace/shop remove\n");
    done(w);
}

Test(namespace, without_content_goes_at_the_first_look)
{
    struct world *w = given_with(manifests, only_controllers, "");
    until(w, 1);
    create(w, "{apiVersion: v1, kind: Namespace, metadata: {name: empty}, spec: {finalizers: "
              "[kubernetes]}}");
    delete_object(w, "ns/empty", PROPAGATE_DEFAULT);
    until(w, 7);
    cr_expect_null(find(w, "ns/empty"));
    cr_expect_not_null(find(w, "ns/shop"));
    done(w);
}
