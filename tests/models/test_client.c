/* What the API server does with the writes of a client. The messages are those of the recordings
 * in the project's oracle (api/lists.jsonl, scenarios delete and update-conflicts). */
#include <criterion/criterion.h>

#include "models/api/pod.h"
#include "models/api/workloads.h"
#include "tests/support/world.h"

static const struct component *const nobody[] = { NULL };

static struct world *quiet(const char *manifests)
{
    return given_with(manifests, nobody, "");
}

#define CONFIG_MAP(name, more)                                                                     \
    "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: " name more "}}\n"
#define POD(name, more)                                                                            \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: "             \
    "[{name: c, image: 'img:1'}], terminationGracePeriodSeconds: 30" more "}}\n"
#define DEPLOYMENT(name)                                                                           \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: " name                          \
    "}, spec: {replicas: 1, "                                                                      \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: 'img:1'}]}}}}\n"

Test(create, gives_what_the_api_server_gives)
{
    struct world *w = quiet(POD("a", ""));
    until(w, 2.5);
    create(w, DEPLOYMENT("web"));
    const struct meta *a = meta_of(find(w, "pod/default/a"));
    const struct meta *web = meta_of(find(w, "deploy/default/web"));
    cr_expect_eq(web->generation, 1);
    cr_expect_eq(web->created, 5 * SIM_SECOND / 2);
    cr_expect(web->object.version > a->object.version, "versions rise over all kinds");
    cr_expect(web->uid.low != a->uid.low && web->uid.high != a->uid.high);
    expect_field(w, "deploy/default/web", "metadata.creationTimestamp", "1970-01-01T00:00:02Z");
    done(w);
}

static struct object *pod_of_set(struct world *w)
{
    struct object *pod = client_edit(find(w, "pod/default/a"));
    text_assign(&pod->name, NULL);
    text_assign(&((struct meta *)pod)->generate_name, text_intern(w->run->texts, "web-5d4f-"));
    return pod;
}

Test(create, generates_names_that_depend_on_the_prefix_alone)
{
    const char *names[2][3];
    struct world *worlds[2];
    for (int i = 0; i < 2; i++) {
        struct world *w = worlds[i] = quiet(POD("a", ""));
        if (i == 1)
            create(w, DEPLOYMENT("another"));
        for (int j = 0; j < 3; j++) {
            const struct object *stored;
            cr_assert_eq(client_create(w->user, pod_of_set(w), &stored, NULL), REPLY_CREATED);
            names[i][j] = name_of(stored);
            cr_expect_eq(strlen(names[i][j]), strlen("web-5d4f-") + 5);
        }
        cr_expect_str_neq(names[i][0], names[i][1]);
    }
    for (int j = 0; j < 3; j++)
        cr_expect_str_eq(names[0][j], names[1][j], "another object does not rename these");
    done(worlds[0]);
    done(worlds[1]);
}

Test(create, refuses_a_name_that_is_taken)
{
    struct world *w = quiet(CONFIG_MAP("a", "") CONFIG_MAP("fin", ", finalizers: [a.b/c]"));
    struct error error = { 0 };
    cr_expect_eq(client_create(w->user, client_edit(find(w, "cm/default/a")), NULL, &error),
                 REPLY_ALREADY_EXISTS);
    cr_expect_str_eq(error.text, "configmaps \"a\" already exists");
    error_close(&error);
    delete_object(w, "cm/default/fin", PROPAGATE_DEFAULT);
    cr_expect_eq(client_create(w->user, client_edit(find(w, "cm/default/fin")), NULL, &error),
                 REPLY_ALREADY_EXISTS);
    cr_expect_str_eq(error.text, "object is being deleted: configmaps \"fin\" already exists");
    error_close(&error);
    done(w);
}

Test(create, needs_a_namespace_that_stays)
{
    struct world *w = quiet(
        CONFIG_MAP("a", "") "---\n"
                            "{apiVersion: v1, kind: Namespace, metadata: {name: going}, spec: "
                            "{finalizers: [kubernetes]}}");
    static const struct {
        const char *space;
        enum reply reply;
        const char *message;
    } rows[] = {
        { "nowhere", REPLY_NOT_FOUND, "namespaces \"nowhere\" not found" },
        { "going", REPLY_FORBIDDEN,
          "configmaps \"a\" is forbidden: unable to create new content in namespace going because "
          "it is being terminated" },
    };
    delete_object(w, "ns/going", PROPAGATE_DEFAULT);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct object *object = client_edit(find(w, "cm/default/a"));
        struct error error = { 0 };
        text_assign(&object->space, text_intern(w->run->texts, rows[i].space));
        cr_expect_eq(client_create(w->user, object, NULL, &error), rows[i].reply);
        cr_expect_str_eq(error.text, rows[i].message);
        error_close(&error);
    }
    done(w);
}

Test(update, refuses_a_stale_version_by_the_name_of_the_resource)
{
    struct world *w = quiet(DEPLOYMENT("web"));
    struct deployment *first = (struct deployment *)client_edit(find(w, "deploy/default/web"));
    struct deployment *second = (struct deployment *)client_edit(find(w, "deploy/default/web"));
    struct error error = { 0 };
    first->replicas = 3;
    second->replicas = 5;
    cr_expect_eq(client_update(w->user, &first->meta.object, NULL), REPLY_OK);
    cr_expect_eq(client_update(w->user, &second->meta.object, &error), REPLY_CONFLICT);
    cr_expect_str_eq(
        error.text,
        "Operation cannot be fulfilled on deployments.apps \"web\": the object has been "
        "modified; please apply your changes to the latest version and try again");
    error_close(&error);
    expect_field(w, "deploy/default/web", "spec.replicas", "3");
    expect_field(w, "deploy/default/web", "metadata.generation", "2");
    done(w);
}

Test(update, writes_one_half_and_keeps_the_other)
{
    struct world *w = quiet(DEPLOYMENT("web"));
    struct deployment *status = (struct deployment *)client_edit(find(w, "deploy/default/web"));
    status->replicas = 7;
    status->ready_replicas = 2;
    cr_expect_eq(client_update_status(w->user, &status->meta.object, NULL), REPLY_OK);
    expect_field(w, "deploy/default/web", "spec.replicas", "1");
    expect_field(w, "deploy/default/web", "status.readyReplicas", "2");
    expect_field(w, "deploy/default/web", "metadata.generation", "1");

    struct deployment *spec = (struct deployment *)client_edit(find(w, "deploy/default/web"));
    spec->replicas = 7;
    spec->ready_replicas = 4;
    cr_expect_eq(client_update(w->user, &spec->meta.object, NULL), REPLY_OK);
    expect_field(w, "deploy/default/web", "spec.replicas", "7");
    expect_field(w, "deploy/default/web", "status.readyReplicas", "2");
    expect_field(w, "deploy/default/web", "metadata.generation", "2");
    done(w);
}

static bool touch(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    const struct labels *labels = labels_with(context, meta->labels, "app", "web");
    labels_drop(meta->labels);
    meta->labels = labels;
    return true;
}

Test(update, that_changes_nothing_writes_nothing)
{
    struct world *w = quiet(DEPLOYMENT("web"));
    const struct object_key key = key_of(w, "deploy/default/web");
    cr_expect_eq(client_patch(w->user, key, touch, w->run->texts, NULL), REPLY_OK);
    const struct object *labelled = find(w, "deploy/default/web");
    cr_expect_eq(client_patch(w->user, key, touch, w->run->texts, NULL), REPLY_OK);
    cr_expect_eq(find(w, "deploy/default/web"), labelled, "equal labels are no change");
    expect_field(w, "deploy/default/web", "metadata.generation", "1");
    done(w);
}

Test(delete, of_what_is_not_there)
{
    struct world *w = quiet(CONFIG_MAP("c2", ""));
    const struct uid wrong = { 1, 2 };
    struct delete_options options = delete_options_default();
    struct error error = { 0 };
    cr_expect_eq(delete_object(w, "deploy/default/c2", PROPAGATE_DEFAULT), REPLY_NOT_FOUND);
    cr_expect_str_eq(w->last_error, "deployments.apps \"c2\" not found");
    options.uid = &wrong;
    cr_expect_eq(client_delete(w->user, key_of(w, "cm/default/c2"), options, &error),
                 REPLY_CONFLICT);
    cr_expect(strstr(error.text,
                     "Operation cannot be fulfilled on ConfigMap \"c2\": the UID in the "
                     "precondition (00000000-0000-0001-0000-000000000002) does not "
                     "match the UID in record (") == error.text,
              "%s", error.text);
    error_close(&error);
    options = (struct delete_options){ .grace_seconds = -1, .version = 1 };
    cr_expect_eq(client_delete(w->user, key_of(w, "cm/default/c2"), options, &error),
                 REPLY_CONFLICT);
    cr_expect(strstr(error.text, "The object might have been modified") != NULL);
    error_close(&error);
    done(w);
}

Test(delete, waits_for_finalizers)
{
    struct world *w = quiet(CONFIG_MAP("fin", ", finalizers: [a.b/c]") DEPLOYMENT("web"));
    until(w, 1);
    delete_object(w, "cm/default/fin", PROPAGATE_DEFAULT);
    expect_field(w, "cm/default/fin", "metadata.deletionTimestamp", "1970-01-01T00:00:01Z");
    expect_field(w, "cm/default/fin", "metadata.deletionGracePeriodSeconds", "0");
    delete_object(w, "deploy/default/web", PROPAGATE_FOREGROUND);
    expect_field(w, "deploy/default/web", "metadata.finalizers", "[\"foregroundDeletion\"]");
    expect_field(w, "deploy/default/web", "metadata.generation", "2");
    until(w, 1);
    delete_object(w, "deploy/default/web", PROPAGATE_ORPHAN);
    expect_field(w, "deploy/default/web", "metadata.finalizers", "[\"orphan\"]");
    expect_field(w, "deploy/default/web", "metadata.generation", "2");
    until(w, 1);
    delete_object(w, "deploy/default/web", PROPAGATE_BACKGROUND);
    cr_expect_null(find(w, "deploy/default/web"));
    done(w);
}

static bool bind_to_n0(struct object *object, void *texts)
{
    ((struct pod *)object)->node_name = text_intern(texts, "n0");
    return true;
}

static bool run_to_the_end(struct object *object, void *context)
{
    (void)context;
    ((struct pod *)object)->phase = POD_SUCCEEDED;
    return true;
}

Test(delete, gives_pods_grace_only_while_they_run)
{
    struct world *w = quiet(POD("unscheduled", "") POD("running", "") POD("finished", ""));
    struct delete_options options = delete_options_default();
    client_patch(w->user, key_of(w, "pod/default/running"), bind_to_n0, w->run->texts, NULL);
    client_patch(w->user, key_of(w, "pod/default/finished"), bind_to_n0, w->run->texts, NULL);
    client_patch(w->user, key_of(w, "pod/default/finished"), run_to_the_end, NULL, NULL);
    delete_object(w, "pod/default/unscheduled", PROPAGATE_DEFAULT);
    delete_object(w, "pod/default/finished", PROPAGATE_DEFAULT);
    cr_expect_null(find(w, "pod/default/unscheduled"));
    cr_expect_null(find(w, "pod/default/finished"));

    delete_object(w, "pod/default/running", PROPAGATE_DEFAULT);
    expect_field(w, "pod/default/running", "metadata.deletionTimestamp", "1970-01-01T00:00:30Z");
    until(w, 2);
    options.grace_seconds = 60;
    client_begin(w->user, (struct cause){ 0, 0 });
    client_delete(w->user, key_of(w, "pod/default/running"), options, NULL);
    expect_field(w, "pod/default/running", "metadata.deletionGracePeriodSeconds", "30");
    options.grace_seconds = 5;
    client_delete(w->user, key_of(w, "pod/default/running"), options, NULL);
    expect_field(w, "pod/default/running", "metadata.deletionGracePeriodSeconds", "5");
    expect_field(w, "pod/default/running", "metadata.deletionTimestamp", "1970-01-01T00:00:07Z");
    options.grace_seconds = 0;
    client_delete(w->user, key_of(w, "pod/default/running"), options, NULL);
    cr_expect_null(find(w, "pod/default/running"));
    done(w);
}

Test(bind, gives_the_pod_its_node_and_the_zone_of_the_node)
{
    struct world *w = quiet(
        POD("a", "") POD("b", "") "---\n{apiVersion: v1, kind: Node, metadata: {name: n0, labels: "
                                  "{topology.kubernetes.io/zone: z1}}}\n");
    const struct text *n0 = text_find(w->run->texts, "n0");
    struct error error = { 0 };
    cr_expect_eq(client_bind(w->user, key_of(w, "pod/default/a"), n0, NULL, NULL), REPLY_CREATED);
    cr_expect_eq(client_bind(w->user, key_of(w, "pod/default/b"), n0, NULL, NULL), REPLY_CREATED);
    expect_field(w, "pod/default/a", "spec.nodeName", "n0");
    expect_field(w, "pod/default/a", "metadata.labels", "{\"topology.kubernetes.io/zone\":\"z1\"}");
    cr_expect_eq(meta_of(find(w, "pod/default/a"))->labels,
                 meta_of(find(w, "pod/default/b"))->labels, "equal label sets are shared");
    cr_expect_eq(client_bind(w->user, key_of(w, "pod/default/a"), n0, NULL, &error),
                 REPLY_CONFLICT);
    cr_expect_str_eq(error.text, "Operation cannot be fulfilled on pods/binding \"a\": pod a is "
                                 "already assigned to node \"n0\"");
    error_close(&error);
    done(w);
}

Test(bind, hands_the_annotations_of_the_binding_on_to_the_pod)
{
    struct world *w =
        quiet("{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {kept: k, gpu: old}}, "
              "spec: {containers: [{name: c, image: i}]}}\n"
              "---\n{apiVersion: v1, kind: Node, metadata: {name: n0}}\n");
    const struct labels *annotations = labels_with(w->run->texts, NULL, "gpu", "2-3");
    client_bind(w->user, key_of(w, "pod/default/a"), text_find(w->run->texts, "n0"), annotations,
                NULL);
    expect_field(w, "pod/default/a", "metadata.annotations", "{\"gpu\":\"2-3\",\"kept\":\"k\"}");
    labels_drop(annotations);
    done(w);
}

Test(client, takes_time_for_calls_and_waits_for_tokens)
{
    struct world *w = quiet(CONFIG_MAP("a", ""));
    struct client client;
    const struct object_key key = key_of(w, "cm/default/a");
    client_init(&client, w->cluster, "test", 10, 2, NULL);
    client_begin(&client, (struct cause){ 0, 0 });
    /* 5 ms a call; the third token is there 0.1 s after the bucket ran empty at 0.005 s. */
    static const double wanted[] = { 0.005, 0.010, 0.105, 0.205 };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        client_patch(&client, key, touch, w->run->texts, NULL);
        cr_expect_float_eq(sim_time_to_seconds(client.now), wanted[i], 1e-9, "call %zu at %g", i,
                           sim_time_to_seconds(client.now));
    }
    client_close(&client);
    done(w);
}

Test(client, calls_of_a_batch_run_side_by_side)
{
    struct world *w = quiet(CONFIG_MAP("a", ""));
    struct client client;
    client_init(&client, w->cluster, "test", 0, 0, NULL);
    client_begin(&client, (struct cause){ 0, 0 });
    struct batch batch = client_batch(&client);
    for (int i = 0; i < 10; i++) {
        client_batch_next(&client, &batch);
        client_patch(&client, key_of(w, "cm/default/a"), touch, w->run->texts, NULL);
    }
    client_batch_end(&client, &batch);
    cr_expect_eq(client.now, 5 * SIM_MILLISECOND);
    client_close(&client);
    done(w);
}
