/* What the API server fills in: every recorded object, and what recordings cannot show. */
#include "models/api/defaults.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "tests/support/rows.h"
#include "tests/support/tables.h"

Test(defaults, recorded_objects_are_stored_as_the_api_server_stores_them)
{
    struct table_counts counts;
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/api/defaults.jsonl.gz", &counts, &details));
    printf("defaults: %zu of %zu recorded objects agree\n", counts.agreed, counts.compared);
    cr_expect_eq(counts.compared, 173);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    writer_close(&details);
}

static const struct {
    const char *why, *document, *path, *want;
} rows[] = {
    { "a template has defaults though it says nothing",
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"}", "spec.template.spec.restartPolicy",
      "\"Always\"" },
    { "requests are not taken from limits in a template",
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":"
      "{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]}}}}",
      "spec.template.spec.containers.0.resources.requests", NULL },
    { "in a Pod they are",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"initContainers\":[{"
      "\"resources\":{\"limits\":{\"cpu\":\"1\"},\"requests\":{\"memory\":1}}}]}}",
      "spec.initContainers.0.resources.requests", "{\"memory\":1,\"cpu\":\"1\"}" },
    { "amounts below a thousandth are rounded up",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"resources\":{"
      "\"requests\":{"
      "\"cpu\":\"1500u\"}}}]}}",
      "spec.containers.0.resources.requests.cpu", "\"2m\"" },
    { "a structural default of a pointer is set though it is empty",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"livenessProbe\":{"
      "\"grpc\":{"
      "\"port\":5}}}]}}",
      "spec.containers.0.livenessProbe.grpc.service", "\"\"" },
    { "the old name of the service account counts",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"serviceAccount\":\"a\"}}",
      "spec.serviceAccountName", "\"a\"" },
    { "an image by digest is not the latest",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"image\":\"h:5000/a/"
      "b@sha256:"
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}}",
      "spec.containers.0.imagePullPolicy", "\"IfNotPresent\"" },
    { "a port is no tag",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"image\":"
      "\"h:5000/a/b\"}]}}",
      "spec.containers.0.imagePullPolicy", "\"Always\"" },
    { "what is no reference has no tag",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{"
      "\"image\":\"a__-b\"}]}}",
      "spec.containers.0.imagePullPolicy", "\"IfNotPresent\"" },
    { "a service on external addresses has an external policy",
      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"spec\":{\"externalIPs\":[\"1.2.3.4\"]}}",
      "spec.externalTrafficPolicy", "\"Cluster\"" },
    { "a pod with limits of its own requests what its containers and sidecars do",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"resources\":{\"limits\":{\"cpu\":\"4\"}}"
      ","
      "\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"1\"}}}],\"initContainers\":[{"
      "\"restartPolicy\":\"Always\",\"resources\":{\"requests\":{\"cpu\":\"250m\"}}},{"
      "\"resources\":{"
      "\"requests\":{\"cpu\":\"500m\"}}}]}}",
      "spec.resources.requests.cpu", "\"1250m\"" },
};

static struct value *apply(const struct value *document)
{
    return defaults_apply(document, schema_kind(value_text(value_get(document, "apiVersion"), NULL),
                                                value_text(value_get(document, "kind"), NULL)));
}

/* Follows keys and indexes: "spec.containers.0.image". */
static const struct value *follow(const struct value *node, const char *path)
{
    char *copy = strdup(path), *rest = copy;
    for (char *step; node != NULL && (step = strsep(&rest, ".")) != NULL;)
        node = node->type == VALUE_LIST ? value_at(node, strtoul(step, NULL, 10))
                                        : value_get(node, step);
    free(copy);
    return node;
}

Test(defaults, hold_where_no_recording_looks)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *document = rows_parse(rows[i].document), *filled = apply(document);
        const struct value *node = follow(filled, rows[i].path);
        char *text = node ? json_text(node, (struct json_style){ 0 }) : NULL;
        cr_expect_eq(text == NULL, rows[i].want == NULL, "%s", rows[i].why);
        if (text != NULL && rows[i].want != NULL)
            cr_expect_str_eq(text, rows[i].want, "%s", rows[i].why);
        free(text);
        value_drop(filled);
        value_drop(document);
    }
}

Test(defaults, applied_twice_change_nothing_and_share_everything)
{
    struct rows *file = rows_open("tests/oracle/api/defaults.jsonl.gz");
    struct value *row;
    while ((row = rows_next(file)) != NULL) {
        const struct value *request = value_get(row, "request");
        const struct schema_kind *kind =
            schema_kind(value_text(value_get(request, "apiVersion"), ""),
                        value_text(value_get(request, "kind"), ""));
        struct value *once = kind ? defaults_apply(request, kind) : value_hold(request);
        struct value *twice = kind ? defaults_apply(once, kind) : value_hold(once);
        cr_expect(value_equal(once, twice), "%s", value_text(value_get(row, "id"), ""));
        value_drop(twice);
        value_drop(once);
        value_drop(row);
    }
    rows_close(file);
}

Test(defaults, leave_the_document_they_are_given_as_it_is)
{
    struct value *document = rows_parse(rows[2].document), *before = value_copy(document);
    value_drop(apply(document));
    cr_expect(value_equal(document, before));
    value_drop(before);
    value_drop(document);
}
