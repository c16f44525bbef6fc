/* Documents on their way to records: what admission adds, and what it keeps. */
#include <criterion/criterion.h>

#include "models/api/pod.h"
#include "models/api/workloads.h"
#include "models/api/yaml.h"
#include "tests/support/world.h"

static const struct component *const nobody[] = { NULL };

#define DEPLOYMENT(class)                                                                          \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: "        \
    "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {" class          \
        "containers: [{name: c, image: img}]}}}}\n"

static const struct deployment *web(struct world *w)
{
    return (const struct deployment *)find(w, "deploy/default/web");
}

Test(admit, fills_in_what_was_left_out)
{
    struct world *w = given_with(DEPLOYMENT(""), nobody, "");
    expect_field(w, "deploy/default/web", "spec.replicas", "1");
    expect_field(w, "deploy/default/web", "spec.strategy.rollingUpdate.maxSurge", "25%");
    expect_field(w, "deploy/default/web", "spec.template.spec.containers.0.imagePullPolicy",
                 "Always");
    done(w);
}

/* What pods get is admitted; what is printed and hashed is what was written. */
Test(admit, knows_what_the_pods_of_a_template_will_have)
{
    struct world *w =
        given_with("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: "
                   "high}, value: 7}\n" DEPLOYMENT("priorityClassName: high, "),
                   nobody, "");
    const struct pod_spec *spec = web(w)->template->spec;
    cr_expect_eq(spec->priority, 7);
    cr_expect_eq(spec->toleration_count, 2, "not-ready and unreachable for 300 s");
    cr_expect_eq(spec->tolerations[0].seconds, 300);
    expect_field(w, "deploy/default/web", "spec.template.spec.tolerations", NULL);
    expect_field(w, "deploy/default/web", "spec.template.spec.priority", NULL);
    done(w);
}

/* Read one document and admit it in the place of a stored object. */
static struct object *admit(struct world *w, const char *text, const struct object *stored)
{
    struct documents documents = { 0 };
    struct error_list errors = { 0 }, warnings = { 0 };
    documents_read(&documents, text, strlen(text), "test", &errors);
    struct object *object =
        cluster_admit_update(w->cluster, documents.items[0], stored, &errors, &warnings);
    cr_assert_eq(errors.count + warnings.count, 0);
    documents_close(&documents);
    return object;
}

Test(admit, keeps_status_and_identity_of_what_an_update_replaces)
{
    struct world *w = given_with(DEPLOYMENT(""), nobody, "");
    struct deployment *status = (struct deployment *)client_edit(find(w, "deploy/default/web"));
    status->ready_replicas = 1;
    client_update_status(w->user, &status->meta.object, NULL);
    const struct uid uid = web(w)->meta.uid;
    struct object *object =
        admit(w, DEPLOYMENT("hostNetwork: false, terminationGracePeriodSeconds: 5, "),
              find(w, "deploy/default/web"));
    cr_assert_not_null(object);
    cr_expect_eq(client_update(w->user, object, NULL), REPLY_OK);
    cr_expect_eq(web(w)->template->spec->termination_grace_seconds, 5);
    cr_expect_eq(web(w)->ready_replicas, 1);
    cr_expect_eq(web(w)->meta.generation, 2);
    cr_expect_eq(web(w)->meta.uid.low, uid.low);
    done(w);
}

Test(admit, of_the_same_document_again_changes_nothing)
{
    struct world *w = given_with(DEPLOYMENT(""), nobody, "");
    const struct object *stored = find(w, "deploy/default/web");
    client_update(w->user, admit(w, DEPLOYMENT(""), stored), NULL);
    cr_expect_eq(web(w)->meta.generation, 1);
    cr_expect_eq(find(w, "deploy/default/web"), stored, "nothing was written");
    done(w);
}

Test(admit, of_another_label_keeps_the_template)
{
    struct world *w = given_with(DEPLOYMENT(""), nobody, "");
    struct error_list errors = { 0 }, warnings = { 0 };
    struct value *document = cluster_print(w->cluster, find(w, "deploy/default/web"));
    const struct pod_template *template = web(w)->template;
    value_put(&document, value_new_string("blue"), "metadata", "labels", "colour", NULL);
    struct object *object = cluster_admit_update(w->cluster, document,
                                                 find(w, "deploy/default/web"), &errors, &warnings);
    value_drop(document);
    cr_expect_eq(client_update(w->user, object, NULL), REPLY_OK);
    expect_field(w, "deploy/default/web", "metadata.labels.colour", "blue");
    cr_expect_eq(web(w)->template, template);
    cr_expect_eq(web(w)->meta.generation, 1);
    done(w);
}

Test(admit, gives_services_addresses_of_their_own)
{
    struct world *w = given_with(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: NodePort, ports: "
        "[{port: 80, name: http}, {port: 81, name: admin}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: c}, spec: {clusterIP: None, ports: "
        "[{port: 80}]}}",
        nobody, "");
    expect_field(w, "svc/default/a", "spec.clusterIP", "10.96.1.0");
    expect_field(w, "svc/default/b", "spec.clusterIP", "10.96.1.1");
    expect_field(w, "svc/default/b", "spec.ports.0.nodePort", "30000");
    expect_field(w, "svc/default/b", "spec.ports.1.nodePort", "30001");
    expect_field(w, "svc/default/c", "spec.clusterIP", "None");
    done(w);
}
