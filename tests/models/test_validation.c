/* What the API server refuses, and how: every recorded refusal, rules that no recording looks at,
 * and what may not change. */
#include "models/api/validation.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/admission.h"
#include "tests/support/rows.h"
#include "tests/support/tables.h"

Test(validation, recorded_refusals_name_the_same_fields_for_the_same_reasons)
{
    struct table_counts counts;
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/api/validation.jsonl.gz", &counts, &details));
    printf("validation: %zu of %zu recorded answers agree, %zu of them in equal words\n",
           counts.agreed, counts.compared, counts.agreed - counts.remarks);
    cr_expect_eq(counts.compared, 295);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    writer_close(&details);
}

/* ── new objects ── */

#define POD(spec)                                                                                  \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"},"   \
    "\"spec\":{" spec "}}"
#define CONTAINER(rest) "\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"" rest "}]"
#define SERVICE(spec)                                                                              \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"      \
    "\"n\"},"                                                                                      \
    "\"spec\":{" spec "}}"
#define DEPLOYMENT(spec)                                                                           \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\","            \
    "\"namespace\":\"n\"},\"spec\":{" spec "}}"
#define AUTOSCALER(spec)                                                                           \
    "{\"apiVersion\":\"autoscaling/"                                                               \
    "v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{\"name\":"                            \
    "\"h\",\"namespace\":\"n\"},\"spec\":{\"maxReplicas\":3," spec "}}"
#define SCALES(version)                                                                            \
    "\"scaleTargetRef\":{\"apiVersion\":\"" version "\",\"kind\":\"Deployment\",\"name\":\"d\"}"
#define METRIC(metric) AUTOSCALER(SCALES("apps/v1") ",\"metrics\":[{" metric "}]")
#define SELECTED(labels)                                                                           \
    "\"selector\":{\"matchLabels\":{" labels "}},\"template\":{\"metadata\":{\"labels\":{" labels  \
    "}},\"spec\":{" CONTAINER("") "}}"

static const struct {
    const char *document, *faults; /* "path: text" each, joined by "; " */
} creates[] = {
    { POD(CONTAINER("")), "" },
    { POD(CONTAINER(",\"ports\":[{\"containerPort\":70000,\"protocol\":\"X\"}]")),
      "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and "
      "65535, "
      "inclusive; spec.containers[0].ports[0].protocol: Unsupported value: \"X\": supported "
      "values: "
      "\"SCTP\", \"TCP\", \"UDP\"" },
    { POD(CONTAINER(
          ",\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/a\",\"subPath\":\"../b\"}]")),
      "spec.containers[0].volumeMounts[0].name: Not found: \"v\"; spec.containers[0].volumeMounts."
      "subPath: Invalid value: \"../b\": must not contain '..'" },
    { POD(CONTAINER(",\"envFrom\":[{}]")),
      "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or "
      "`secretRef`" },
    { POD(CONTAINER(",\"env\":[{\"name\":\"A=B\",\"value\":\"x\",\"valueFrom\":{\"secretKeyRef\":{"
                    "\"name\":\"s\",\"key\":\"\"}}}]")),
      "spec.containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name "
      "must "
      "consist only of printable ASCII characters other than '='; spec.containers[0].env[0]."
      "valueFrom.secretKeyRef.key: Required value; spec.containers[0].env[0].valueFrom: Invalid "
      "value: \"\": may not be specified when `value` is not empty" },
    { POD(CONTAINER(",\"readinessProbe\":{\"tcpSocket\":{\"port\":80},\"periodSeconds\":-1,"
                    "\"terminationGracePeriodSeconds\":5}")),
      "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or "
      "equal to 0; spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: "
      "5: must not be set for readinessProbes" },
    { POD(CONTAINER(",\"resources\":{\"limits\":{\"cpu\":\"-1\"}}")),
      "spec.containers[0].resources.limits[cpu]: Invalid value: \"-1\": must be greater than or "
      "equal to 0; spec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be "
      "greater than or equal to 0" },
    { POD(CONTAINER("") ",\"volumes\":[{\"name\":\"A\",\"emptyDir\":{}},{\"name\":\"b\",\"nfs\":{"
                        "\"server\":\"s\",\"path\":\"x\"}}]"),
      "spec.volumes[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of "
      "lower "
      "case alphanumeric characters or '-', and must start and end with an alphanumeric character "
      "(e.g. 'my-name',  or '123-abc', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?'); "
      "spec.volumes[1].nfs.path: Invalid value: \"x\": must be an absolute path" },
    { POD(CONTAINER("") ",\"topologySpreadConstraints\":[{\"maxSkew\":1,\"topologyKey\":\"z\","
                        "\"whenUnsatisfiable\":\"ScheduleAnyway\",\"minDomains\":2}]"),
      "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if "
      "whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway" },
    { POD(CONTAINER("") ",\"hostNetwork\":true,\"hostUsers\":false"),
      "spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false" },
    { SERVICE("\"ports\":[{\"port\":1},{\"port\":2,\"name\":\"b\"}]"),
      "spec.ports[0].name: Required value" },
    { SERVICE(""), "spec.ports: Required value" },
    { SERVICE("\"ports\":[{\"port\":1}],\"clusterIP\":\"x\""),
      "spec.clusterIPs[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or "
      "2001:db8::ffff)" },
    { SERVICE("\"ports\":[{\"port\":1}],\"type\":\"LoadBalancer\",\"loadBalancerSourceRanges\":"
              "[\"10.0.0.0\"]"),
      "spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.0\": must be a valid CIDR value, "
      "(e.g. 10.9.8.0/24 or 2001:db8::/64)" },
    { DEPLOYMENT(SELECTED("\"a\":\"b\"") ",\"strategy\":{\"rollingUpdate\":{\"maxSurge\":0,"
                                         "\"maxUnavailable\":\"0%\"}}"),
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when "
      "`maxSurge` is 0" },
    { "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":"
      "\"b\"}},\"spec\":{" CONTAINER(
          "") ",\"topologySpreadConstraints\":[{\"maxSkew\":1,"
              "\"topologyKey\":\"z\",\"whenUnsatisfiable\":\"DoNotSchedule\",\"labelSelector\":{"
              "\"matchLabels\":{\"a\":\"b\"}},\"matchLabelKeys\":[\"a\"]}]}}",
      "spec.topologySpreadConstraints[0][0]: Invalid value: \"a\": exists in both matchLabelKeys "
      "and "
      "labelSelector" },
    { POD("\"containers\":[null]"),
      "spec.containers[0].name: Required value; spec.containers[0].image: Required value" },
    { POD(CONTAINER("") ",\"resourceClaims\":[{\"name\":\"a\",\"resourceClaimName\":\"x\"},{"
                        "\"name\":\"a\",\"resourceClaimName\":\"y\"}]"),
      "spec.resourceClaims[1].name: Duplicate value: \"a\"" },
    { POD(CONTAINER(",\"resources\":{\"claims\":[{\"name\":\"b\"}]}") ",\"resourceClaims\":[{"
                                                                      "\"name\":\"a\","
                                                                      "\"resourceClaimName\":"
                                                                      "\"x\"}]"),
      "spec.containers[0].resources.claims[0]: Not found: \"b\": must be one of the names in "
      "pod.spec.resourceClaims: a" },
    { SERVICE("\"ports\":[{\"port\":1}],\"clusterIP\":\"fd00::1\""),
      "spec.clusterIPs[0]: Invalid value: [\"fd00::1\"]: IPv6 is not configured on this cluster" },
    { SERVICE("\"ports\":[{\"port\":1}],\"ipFamilies\":[\"IPv4\",\"IPv6\"]"),
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or "
      "'PreferDualStack' when multiple IP families are specified" },
    { SERVICE("\"type\":\"ExternalName\",\"externalName\":\"a.b\",\"clusterIP\":\"10.96.0.7\""),
      "spec.clusterIPs: Forbidden: may not be set for ExternalName services" },
    { SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"a\",\"port\":1,\"nodePort\":30001},{"
              "\"name\":\"b\",\"port\":2,\"protocol\":\"UDP\",\"nodePort\":30001}]"),
      "spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated" },
    { SERVICE("\"ports\":[{\"name\":\"a\"},{\"name\":\"b\"}]"),
      "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive; "
      "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive; "
      "spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive; "
      "spec.ports[1].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive; "
      "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,"
      "\"Port\":0,\"TargetPort\":0,\"NodePort\":0}" },
    { "{\"apiVersion\":\"scheduling.k8s.io/"
      "v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":\"x\"},"
      "\"value\":1000000001}",
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000" },
    { "{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":\"a/"
      "b\"},"
      "\"spec\":{}}",
      "metadata.name: Invalid value: \"a/b\": may not contain '/'" },
    { "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"labels\":[1]}}",
      "the metadata do not fit: labels: expected map, got list" },
    { METRIC("\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"a\"},\"target\":{\"type\":"
             "\"AverageValue\","
             "\"averageValue\":\"1\"}},\"resource\":{\"name\":\"\"}"),
      "spec.metrics[0].resource: Forbidden: must populate the given metric source only" },
    { METRIC(
          "\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"a/b\"},\"target\":{\"type\":"
          "\"Value\",\"averageValue\":\"1\",\"value\":\"0\"}}"),
      "spec.metrics[0].external.metric.name: Invalid value: \"a/b\": may not contain '/'; "
      "spec.metrics[0].external.target.value: Invalid value: \"0\": must be positive; "
      "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for "
      "metric "
      "and a per-pod target" },
    { METRIC("\"type\":\"Object\",\"object\":{\"describedObject\":{\"kind\":\"Service\",\"name\":"
             "\"s\","
             "\"apiVersion\":\"a/b/c\"},\"metric\":{\"name\":\"m\"},\"target\":{}}"),
      "spec.metrics[0].object.describedObject.apiVersion: Invalid value: \"a/b/c\": unexpected "
      "GroupVersion string: a/b/c; spec.metrics[0].object.target.type: Required value: must "
      "specify "
      "a metric target type; spec.metrics[0].object.target.type: Invalid value: \"\": must be "
      "either "
      "Utilization, Value, or AverageValue; spec.metrics[0].object.target.averageValue: Required "
      "value: must set either a target value or averageValue" },
    { METRIC(
          "\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"gpu\",\"container\":"
          "\"C\","
          "\"target\":{\"type\":\"Utilization\",\"averageUtilization\":5,\"averageValue\":\"2\"}}"),
      "spec.metrics[0].containerResource.name: Invalid value: \"gpu\": must be a standard resource "
      "type or fully qualified; spec.metrics[0].containerResource.name: Invalid value: \"gpu\": "
      "must "
      "be a standard resource for containers; spec.metrics[0].containerResource.container: Invalid "
      "value: \"C\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
      "or "
      "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
      "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'); "
      "spec.metrics[0].containerResource.target.averageValue: Forbidden: may not set both a target "
      "raw value and a target utilization" },
    { AUTOSCALER("\"scaleTargetRef\":{\"apiVersion\":\"v1\",\"kind\":\"ReplicationController\","
                 "\"name\":\"r\"}"),
      "" },
    { AUTOSCALER(
          SCALES("apps/v1") ",\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":3601},"
                            "\"scaleDown\":{\"stabilizationWindowSeconds\":-1}}"),
      "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or "
      "equal to 3600; spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must "
      "be "
      "greater than or equal to zero" },
    { "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":null}",
      "metadata.name: Required value: name or generateName is required" },
    { "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\","
      "\"finalizers\":[\"any.name\"]}}",
      "" },
    { "{\"apiVersion\":\"example.com/"
      "v1\",\"kind\":\"Widget\",\"metadata\":{\"labels\":{\"a\":\"-\"}}}",
      "metadata.name: Required value: name or generateName is required; metadata.labels: Invalid "
      "value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, "
      "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
      "'my_value',  or '12345', regex used for validation is "
      "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')" },
};

static const struct admission any_cluster = { .default_namespace = "n" };

/* What is wrong, as one text. */
static char *faults_of(const struct refusal *refusal)
{
    struct writer text = { 0 };
    for (size_t i = 0; i < refusal->fields.count; i++)
        writer_format(&text, "%s%s: %s", i > 0 ? "; " : "", refusal->fields.items[i].path,
                      refusal->fields.items[i].text);
    if (refusal->code != 0 && refusal->fields.count == 0)
        writer_add(&text, refusal->message);
    return writer_take(&text);
}

static struct value *admitted(const char *text, const struct value *old, char **faults)
{
    struct value *document = rows_parse(text);
    struct refusal refusal = { 0 };
    struct error_list list = { 0 }, warnings = { 0 };
    struct value *result =
        old ? admit_update(&any_cluster, document, old, &refusal, &list, &warnings)
            : admit_create(&any_cluster, document, &refusal, &list, &warnings);
    *faults = faults_of(&refusal);
    error_list_close(&list);
    error_list_close(&warnings);
    refusal_close(&refusal);
    value_drop(document);
    return result;
}

Test(validation, refuses_what_no_recording_shows)
{
    for (size_t i = 0; i < sizeof creates / sizeof *creates; i++) {
        char *faults;
        struct value *stored = admitted(creates[i].document, NULL, &faults);
        cr_expect_str_eq(faults, creates[i].faults, "%s", creates[i].document);
        cr_expect_eq(stored == NULL, *creates[i].faults != '\0');
        free(faults);
        value_drop(stored);
    }
}

/* ── updates ── */

static const struct {
    const char *before, *after, *faults;
} updates[] = {
    { AUTOSCALER(SCALES("apps/v1")), AUTOSCALER(SCALES("v1")),
      "spec.scaleTargetRef.apiVersion: Invalid value: \"v1\": apiVersion must specify API group" },
    { AUTOSCALER(SCALES("apps/v1")), AUTOSCALER(SCALES("apps/v1") ",\"minReplicas\":0"),
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1; spec.metrics: "
      "Forbidden: must specify at least one Object or External metric to support scaling to zero "
      "replicas" },
    { POD(CONTAINER("")), POD("\"containers\":[{\"name\":\"c\",\"image\":\"i:2\"}]"), "" },
    { DEPLOYMENT(SELECTED("\"a\":\"b\"")), DEPLOYMENT(SELECTED("\"a\":\"c\"")),
      "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable" },
    { DEPLOYMENT(SELECTED("\"a\":\"b\"")), DEPLOYMENT(SELECTED("\"a\":\"b\"") ",\"replicas\":7"),
      "" },
    { SERVICE("\"ports\":[{\"port\":1}],\"clusterIP\":\"10.96.0.7\""),
      SERVICE("\"ports\":[{\"port\":2}],\"clusterIP\":\"10.96.0.8\""),
      "spec.clusterIPs[0]: Invalid value: [\"10.96.0.8\"]: may not change once set" },
    { SERVICE("\"ports\":[{\"port\":1}],\"clusterIP\":\"10.96.0.7\""),
      SERVICE("\"ports\":[{\"port\":2}]"), "" },
    { "{\"apiVersion\":\"scheduling.k8s.io/"
      "v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":\"x\"},"
      "\"value\":1}",
      "{\"apiVersion\":\"scheduling.k8s.io/"
      "v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":\"x\"},"
      "\"value\":2,\"preemptionPolicy\":\"Never\"}",
      "value: Forbidden: may not be changed in an update.; preemptionPolicy: Invalid value: "
      "\"Never\": field is immutable" },
    { "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"x\"},\"spec\":{"
      "\"providerID\":"
      "\"a\",\"podCIDR\":\"10.0.0.0/24\"}}",
      "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"x\"},\"spec\":{"
      "\"providerID\":"
      "\"b\"}}",
      "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid; "
      "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to "
      "valid" },
};

Test(validation, keeps_what_may_not_change)
{
    for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
        char *faults;
        struct value *before = admitted(updates[i].before, NULL, &faults);
        cr_assert_str_eq(faults, "");
        free(faults);
        /* What admission gave the stored object stays in what replaces it. */
        struct value *change = rows_parse(updates[i].after), *merged = value_hold(before);
        const struct value *spec = value_get(change, "spec");
        for (size_t j = 0; spec != NULL && j < spec->count; j++)
            if (strcmp(spec->entries[j].key, "containers") != 0)
                value_put(&merged, value_hold(spec->entries[j].value), "spec", spec->entries[j].key,
                          NULL);
        char *text = json_text(strstr(updates[i].after, "\"Pod\"") ? merged : change,
                               (struct json_style){ 0 });
        struct value *stored = admitted(text, before, &faults);
        cr_expect_str_eq(faults, updates[i].faults, "%s", updates[i].after);
        free(faults);
        free(text);
        value_drop(stored);
        value_drop(merged);
        value_drop(change);
        value_drop(before);
    }
}

/* A pod as it is stored, with one member of its spec replaced. */
static char *faults_of_pod_with(const char *member, struct value *value)
{
    char *faults;
    struct value *before = admitted(POD(CONTAINER("")), NULL, &faults);
    struct value *after = value_hold(before);
    free(faults);
    if (value != NULL)
        value_put(&after, value, "spec", member, NULL);
    char *text = json_text(after, (struct json_style){ 0 });
    value_drop(admitted(text, before, &faults));
    free(text);
    value_drop(after);
    value_drop(before);
    return faults;
}

Test(validation, lets_a_pod_change_little)
{
    static const struct {
        const char *member, *value, *faults;
    } rows[] = {
        { "activeDeadlineSeconds", "9", "" },
        { "priority", "5",
          "spec: Forbidden: pod updates may not change fields other than "
          "`spec.containers[*].image`,"
          "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
          "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be "
          "set to 1 if it was previously negative)\n@@" },
        { "tolerations", "[]",
          "spec.tolerations: Forbidden: existing toleration can not be modified except its "
          "tolerationSeconds" },
        { "containers", "[]",
          "spec.containers: Required value; spec.containers: Forbidden: pod updates may not add or "
          "remove containers" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *value = rows_parse(rows[i].value);
        char *faults = faults_of_pod_with(rows[i].member, value);
        const size_t length = strlen(rows[i].faults);
        const bool differs = strstr(faults, "@@") != NULL; /* what, is told line by line after it */
        cr_expect(strncmp(faults, rows[i].faults, length) == 0 &&
                      (differs || faults[length] == '\0'),
                  "%s: %s", rows[i].member, faults);
        free(faults);
    }
}
