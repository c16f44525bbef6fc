#include "models/api/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/schema_check.h"
#include "models/api/schema_print.h"
#include "tests/support/rows.h"

Test(schema, knows_kinds_by_group_and_version)
{
    cr_expect_eq(schema_kind_count(), 133 + 38 + 2,
                 "of Kubernetes, 19 of Chaos Mesh and one of KWOK with their lists");
    for (size_t i = 0; i < schema_kind_count(); i++) {
        const struct schema_kind *kind = schema_kind_at(i);
        char api_version[128];
        snprintf(api_version, sizeof api_version, "%s%s%s", kind->group, *kind->group ? "/" : "",
                 kind->version);
        cr_expect_eq(schema_kind(api_version, kind->kind), kind, "%s %s", api_version, kind->kind);
    }
    cr_expect_null(schema_kind("apps/v1", "Pod"));
    cr_expect_null(schema_kind("v1", "Deployment"));
    cr_expect_null(schema_kind("app", "Pod"));
    cr_expect_null(schema_kind(NULL, "Pod"));
}

Test(schema, keeps_fields_in_the_order_of_the_go_struct)
{
    const struct schema_type *pod = schema_kind("v1", "Pod")->type;
    const char *const order[] = { "kind", "apiVersion", "metadata", "spec", "status" };
    cr_assert_eq(pod->member_count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(pod->members[i]->json, order[i]);
    const struct schema_type *port = schema_follow(pod, "spec", "containers", "ports", NULL);
    cr_expect_str_eq(port->name, "core/v1.ContainerPort");
    const struct schema_field *protocol = schema_field(port, "protocol");
    cr_expect_str_eq(protocol->default_json, "\"TCP\"");
    cr_expect_str_eq(protocol->enumeration[0], "SCTP");
    cr_expect_str_eq(
        schema_field(schema_follow(pod, "spec", "containers", NULL), "ports")->patch_merge_key,
        "containerPort");
}

static const struct {
    const char *why, *kind, *document, *fault;
} faults[] = {
    { "a string is no number", "Deployment", "{\"spec\":{\"replicas\":\"3\"}}",
      "spec.replicas: expected integer, got string" },
    { "a number is no string", "Deployment", "{\"metadata\":{\"labels\":{\"a\":1}}}",
      "metadata.labels[a]: expected string, got number (put it in quotes)" },
    { "Go reads no 1.5 as integer", "Deployment", "{\"spec\":{\"replicas\":1.5}}",
      "spec.replicas: 1.5 is not a 32-bit integer" },
    { "null is absent", "Deployment", "{\"spec\":{\"replicas\":null}}", NULL },
    { "a quantity may be a number", "Deployment",
      "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":2}}}]"
      "}}}}",
      NULL },
    { "int or string", "Deployment",
      "{\"spec\":{\"strategy\":{\"rollingUpdate\":{\"maxSurge\":\"25%\",\"maxUnavailable\":1}}}}",
      NULL },
    { "a list item has its index", "Deployment",
      "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{},{\"image\":7}]}}}}",
      "spec.template.spec.containers[1].image: expected string, got number (put it in quotes)" },
    { "nearest name", "Deployment", "{\"spec\":{\"replica\":3}}",
      "spec.replica: unknown field (did you mean replicas?)" },
    { "nearest name without regard to case", "Deployment",
      "{\"spec\":{\"template\":{\"spec\":{\"HostNetwork\":true}}}}",
      "spec.template.spec.HostNetwork: unknown field (did you mean hostNetwork?)" },
    { "nothing near", "Deployment", "{\"spec\":{\"banana\":3}}", "spec.banana: unknown field" },
};

Test(schema, tells_faults_with_their_path)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct value *tree = rows_parse(faults[i].document);
        struct error_list list = { 0 };
        bool fits =
            schema_check(tree, schema_kind("apps/v1", faults[i].kind)->type, true, &list, &list);
        cr_expect_eq(fits, faults[i].fault == NULL, "%s", faults[i].why);
        cr_expect_eq(list.count, faults[i].fault != NULL, "%s", faults[i].why);
        if (list.count > 0 && faults[i].fault != NULL)
            cr_expect_str_eq(list.items[0].text, faults[i].fault, "%s", faults[i].why);
        error_list_close(&list);
        value_drop(tree);
    }
}

/* Every recorded 400 that the decoder gives. */
Test(schema, speaks_as_the_api_server_about_what_does_not_decode)
{
    struct rows *rows = rows_open("tests/oracle/api/validation.jsonl.gz");
    struct value *row;
    int compared = 0, agreed = 0;
    while ((row = rows_next(rows)) != NULL) {
        const struct value *request = value_get(row, "request");
        const char *want = value_text(value_path(row, "response", "message", NULL), "");
        const struct schema_kind *kind =
            schema_kind(value_text(value_get(request, "apiVersion"), ""),
                        value_text(value_get(request, "kind"), ""));
        char *got = kind ? schema_decode_error(request, kind, true) : NULL;
        if (strstr(want, "cannot be handled as a") == NULL)
            want = NULL;
        bool same = (got == NULL) == (want == NULL) && (got == NULL || strcmp(got, want) == 0);
        compared++;
        agreed += same;
        cr_expect(same, "%s:\n  want %s\n  got  %s", value_text(value_get(row, "id"), ""), want,
                  got);
        free(got);
        value_drop(row);
    }
    rows_close(rows);
    printf("decoding: %d of %d recorded bodies agree\n", agreed, compared);
}

Test(schema, prints_in_go_order_without_empty_fields)
{
    struct value *tree = rows_parse(
        "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"\",\"name\":\"a\"}]}},"
        "\"paused\":false,\"nope\":1},\"kind\":\"Deployment\",\"metadata\":{\"labels\":{}}}");
    struct value *printed = schema_print(tree, schema_kind("apps/v1", "Deployment")->type);
    char *text = rows_print(printed);
    cr_expect_str_eq(text, "{\"kind\":\"Deployment\",\"metadata\":{},\"spec\":{\"selector\":null,"
                           "\"template\":{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":"
                           "\"a\",\"resources\":{}}]}},\"strategy\":{}},\"status\":{}}");
    free(text);
    value_drop(printed);
    value_drop(tree);
}

Test(schema, prunes_what_a_type_lacks_and_shares_the_rest)
{
    struct value *tree = rows_parse("{\"spec\":{\"paused\":null,\"nope\":1},"
                                    "\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    struct value *pruned = schema_prune(tree, schema_kind("apps/v1", "Deployment")->type);
    char *text = rows_print(pruned);
    cr_expect_str_eq(text, "{\"spec\":{},\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    cr_expect_eq(value_get(pruned, "metadata"), value_get(tree, "metadata"));
    free(text);
    value_drop(pruned);
    value_drop(tree);
}

/* As the decoder of client-go v0.36.4 says it. */
static const struct {
    const char *why, *document, *want;
} decodings[] = {
    { "embedded structs are named on the way",
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"volumes\":[{\"name\":\"v\","
      "\"configMap\":"
      "{\"name\":5}}]}}",
      "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go "
      "struct "
      "field ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.LocalObjectReference.name "
      "of "
      "type string" },
    { "a type that reads itself ends the decoding",
      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":\"x\",\"spec\":{\"ports\":[{"
      "\"targetPort\":[]}]}}",
      "Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal array into "
      "Go "
      "struct field ServicePort.spec.ports.targetPort of type int32" },
};

Test(schema, words_what_does_not_decode_as_the_api_server)
{
    for (size_t i = 0; i < sizeof decodings / sizeof *decodings; i++) {
        struct value *document = rows_parse(decodings[i].document);
        const struct schema_kind *kind =
            schema_kind("v1", value_text(value_get(document, "kind"), ""));
        char *got = schema_decode_error(document, kind, false);
        cr_expect_str_eq(got, decodings[i].want, "%s: %s", decodings[i].why, got);
        free(got);
        value_drop(document);
    }
}
