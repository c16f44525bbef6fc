/* What admission adds to documents, and what an update keeps of the object it replaces. */
#include "models/cluster/admission.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/schema_print.h"
#include "sim/base/memory.h"
#include "tests/support/rows.h"

/* ── a cluster to ask ── */

/* Two classes, "high" and the global default "usual"; addresses and ports that count. */
struct answers {
    int addresses, ports;
};

static bool find_class(void *context, const char *name, struct priority_class *found)
{
    (void)context;
    *found = (struct priority_class){ "usual", 5, true };
    if (name != NULL && strcmp(name, "high") == 0)
        *found = (struct priority_class){ "high", 1000, false };
    return name == NULL || strcmp(name, "high") == 0;
}

static bool has_account(void *context, const char *space, const char *name,
                        const struct object **found)
{
    (void)context;
    *found = NULL;
    return strcmp(space, "shop") == 0 && strcmp(name, "default") == 0;
}

static bool has_runtime(void *context, const char *name, const struct object **found)
{
    (void)context;
    *found = NULL;
    return strcmp(name, "sandbox") == 0;
}

static char *give_address(void *context)
{
    return mem_format("10.96.9.%d", ++((struct answers *)context)->addresses);
}

static int give_port(void *context, const char *protocol)
{
    (void)protocol;
    return 30000 + ++((struct answers *)context)->ports;
}

/* A document as the API server shows it. */
static char *shown(const struct value *stored)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(stored, "apiVersion"), ""),
                                                 value_text(value_get(stored, "kind"), ""));
    struct value *printed = schema_print(stored, kind->type);
    char *text = json_text(printed, (struct json_style){ 0 });
    value_drop(printed);
    return text;
}

/* The document as it is stored, or the message of its refusal. */
static char *admitted_over(const char *text, const struct value *old)
{
    struct answers answers = { 0 };
    const struct admission admission = { .default_namespace = "shop",
                                         .find_priority_class = find_class,
                                         .find_service_account = has_account,
                                         .find_runtime_class = has_runtime,
                                         .allocate_ip = give_address,
                                         .allocate_node_port = give_port,
                                         .context = &answers };
    struct value *document = rows_parse(text);
    struct refusal refusal = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct value *stored =
        old != NULL ? admit_update(&admission, document, old, &refusal, &faults, &warnings)
                    : admit_create(&admission, document, &refusal, &faults, &warnings);
    char *result =
        stored != NULL ? shown(stored) : mem_text(refusal.message, strlen(refusal.message));
    value_drop(stored);
    value_drop(document);
    refusal_close(&refusal);
    error_list_close(&faults);
    error_list_close(&warnings);
    return result;
}

static char *admitted(const char *text)
{
    return admitted_over(text, NULL);
}

static void expect_parts(char *text, const char *const *parts)
{
    for (; *parts != NULL; parts++)
        cr_expect(strstr(text, *parts) != NULL, "no %s in %s", *parts, text);
    free(text);
}
#define EXPECT_PARTS(text, ...) expect_parts(text, (const char *const[]){ __VA_ARGS__, NULL })

#define POD(spec)                                                                                  \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{" spec        \
    "\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}"
#define SERVICE(spec)                                                                              \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":"      \
    "\"shop\"},\"spec\":{" spec "}}"

/* ── new objects ── */

Test(admission, gives_a_pod_the_default_class)
{
    EXPECT_PARTS(admitted(POD("")), "\"namespace\":\"shop\"", "\"priorityClassName\":\"usual\"",
                 "\"priority\":5", "\"preemptionPolicy\":\"PreemptLowerPriority\"");
}

Test(admission, computes_the_priority_of_a_named_class)
{
    EXPECT_PARTS(admitted(POD("\"priorityClassName\":\"high\",")), "\"priority\":1000",
                 "\"preemptionPolicy\":\"Never\"");
    EXPECT_PARTS(admitted(POD("\"priorityClassName\":\"none\",")),
                 "pods \"p\" is forbidden: no PriorityClass with name none was found");
    EXPECT_PARTS(admitted(POD("\"priority\":7,")),
                 "pods \"p\" is forbidden: the integer value of priority (7) must not be provided "
                 "in pod spec; priority admission controller computed 5 from the given "
                 "PriorityClass name");
}

Test(admission, lets_a_pod_wait_for_a_lost_node)
{
    EXPECT_PARTS(admitted(POD("\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\","
                              "\"operator\":\"Exists\",\"effect\":\"NoExecute\","
                              "\"tolerationSeconds\":7}],")),
                 "\"tolerationSeconds\":7", "\"key\":\"node.kubernetes.io/unreachable\"",
                 "\"tolerationSeconds\":300");
}

Test(admission, mounts_the_token_of_the_service_account)
{
    EXPECT_PARTS(admitted(POD("")), "\"serviceAccountName\":\"default\"",
                 "\"name\":\"kube-api-access-",
                 "\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"",
                 "\"expirationSeconds\":3607");
    EXPECT_PARTS(admitted(POD("\"serviceAccountName\":\"robot\",")),
                 "pods \"p\" is forbidden: error looking up service account shop/robot: "
                 "serviceaccount \"robot\" not found");
}

Test(admission, gives_label_keys_their_values)
{
    EXPECT_PARTS(
        admitted("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"labels\":{"
                 "\"v\":\"1\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}],"
                 "\"topologySpreadConstraints\":[{\"maxSkew\":1,\"topologyKey\":\"z\","
                 "\"whenUnsatisfiable\":\"DoNotSchedule\",\"labelSelector\":{},"
                 "\"matchLabelKeys\":[\"v\",\"w\"]}],"
                 "\"affinity\":{\"podAntiAffinity\":{"
                 "\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"topologyKey\":\"z\","
                 "\"labelSelector\":{},\"mismatchLabelKeys\":[\"v\"]}]}}}}"),
        "\"labelSelector\":{\"matchExpressions\":[{\"key\":\"v\",\"operator\":\"In\","
        "\"values\":[\"1\"]}]},\"matchLabelKeys\":[\"v\",\"w\"]",
        "\"operator\":\"NotIn\",\"values\":[\"1\"]");
}

Test(admission, knows_runtime_classes)
{
    EXPECT_PARTS(admitted(POD("\"runtimeClassName\":\"sandbox\",")),
                 "\"runtimeClassName\":\"sandbox\"");
    EXPECT_PARTS(admitted(POD("\"runtimeClassName\":\"none\",")),
                 "pods \"p\" is forbidden: pod rejected: RuntimeClass \"none\" not found");
    EXPECT_PARTS(admitted(POD("\"overhead\":{\"cpu\":\"1m\"},")),
                 "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding "
                 "RuntimeClass defined Overhead");
}

Test(admission, allows_one_default_class)
{
    EXPECT_PARTS(admitted("{\"apiVersion\":\"scheduling.k8s.io/v1\",\"kind\":\"PriorityClass\","
                          "\"metadata\":{\"name\":\"x\"},\"value\":1,\"globalDefault\":true}"),
                 "priorityclasses.scheduling.k8s.io \"x\" is forbidden: PriorityClass usual is "
                 "already marked as default. Only one default can exist");
}

Test(admission, allocates_addresses_and_ports_of_a_service)
{
    EXPECT_PARTS(admitted(SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"a\",\"port\":80},"
                                  "{\"name\":\"b\",\"port\":443}]")),
                 "\"clusterIP\":\"10.96.9.1\"", "\"clusterIPs\":[\"10.96.9.1\"]",
                 "\"nodePort\":30001", "\"nodePort\":30002", "\"ipFamilies\":[\"IPv4\"]");
}

/* ── updates ── */

#define STORED                                                                                     \
    SERVICE("\"type\":\"NodePort\",\"clusterIP\":\"10.96.0.7\",\"clusterIPs\":[\"10.96.0.7\"],"    \
            "\"ports\":[{\"name\":\"a\",\"port\":80,\"nodePort\":31000,\"protocol\":\"TCP\"},"     \
            "{\"name\":\"b\",\"port\":443,\"nodePort\":31001,\"protocol\":\"TCP\"}]")

static char *replaced(const char *text)
{
    struct value *old = rows_parse(STORED);
    char *result = admitted_over(text, old);
    value_drop(old);
    return result;
}

Test(admission, keeps_what_was_allocated)
{
    EXPECT_PARTS(replaced(SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"b\",\"port\":81},"
                                  "{\"name\":\"c\",\"port\":82}]")),
                 "\"clusterIPs\":[\"10.96.0.7\"]",
                 "\"port\":81,\"targetPort\":81,\"nodePort\":31001",
                 "\"port\":82,\"targetPort\":82,\"nodePort\":30001");
}

Test(admission, takes_no_node_port_that_another_port_asks_for)
{
    EXPECT_PARTS(replaced(SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"b\",\"port\":81},"
                                  "{\"name\":\"c\",\"port\":82,\"nodePort\":31001}]")),
                 "\"port\":81,\"targetPort\":81,\"nodePort\":30001",
                 "\"port\":82,\"targetPort\":82,\"nodePort\":31001");
}

Test(admission, refuses_another_address)
{
    EXPECT_PARTS(replaced(SERVICE("\"clusterIP\":\"10.96.0.8\",\"ports\":[{\"port\":80}]")),
                 "Service \"s\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.96.0.8\"]: "
                 "may not change once set");
}

Test(admission, drops_what_a_new_type_has_no_use_for)
{
    char *text = replaced(
        SERVICE("\"type\":\"ExternalName\",\"externalName\":\"a.b\",\"clusterIP\":\"10.96.0.7\","
                "\"clusterIPs\":[\"10.96.0.7\"],\"ports\":[{\"name\":\"a\",\"port\":80,"
                "\"nodePort\":31000},{\"name\":\"b\",\"port\":443,\"nodePort\":31001}]"));
    cr_expect(strstr(text, "clusterIP") == NULL && strstr(text, "nodePort") == NULL, "%s", text);
    free(text);
}

Test(admission, refuses_to_change_an_identity)
{
    struct value *old =
        rows_parse("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\","
                   "\"namespace\":\"shop\",\"uid\":\"u-1\"}}");
    EXPECT_PARTS(admitted_over("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
                               "\"name\":\"m\",\"namespace\":\"shop\",\"uid\":\"u-2\","
                               "\"deletionGracePeriodSeconds\":3}}",
                               old),
                 "metadata.uid: Invalid value: \"u-2\": field is immutable",
                 "metadata.deletionGracePeriodSeconds: Invalid value: 3: field is immutable");
    value_drop(old);
}
