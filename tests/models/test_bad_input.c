/* Broken inputs: each gives one line per fault, with its place and what to do about it, and
 * nothing else happens. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/cluster/admission.h"
#include "models/cluster/scenario.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/files.h"

/* ── reading as the program does ── */

static bool open_nothing(void *context, const char *path, struct scenario_input *input,
                         struct error *error)
{
    (void)context, (void)input;
    return error_set(error, (struct place){ 0 }, "%s: No such file or directory", path);
}

static void admit(const struct value *document, struct error_list *faults,
                  struct error_list *warnings)
{
    const struct admission admission = { .default_namespace = "default" };
    struct refusal refusal = { 0 };
    value_drop(admit_create(&admission, document, &refusal, faults, warnings));
    refusal_close(&refusal);
}

static void read_input(const char *bytes, size_t length, struct error_list *faults)
{
    static const struct scenario_opener opener = { .open = open_nothing };
    struct error_list warnings = { 0 };
    struct scenario scenario;
    scenario_init(&scenario);
    if (scenario_is_one(bytes, length))
        scenario_load(&scenario, bytes, length, "in.yaml", &opener, false, faults, &warnings);
    else
        manifest_load(&scenario.objects, bytes, length, "in.yaml", false, faults, &warnings);
    for (size_t i = 0; i < scenario.objects.count; i++)
        admit(scenario.objects.items[i].document, faults, &warnings);
    for (size_t i = 0; i < scenario.nodes.count; i++)
        admit(scenario.nodes.items[i], faults, &warnings);
    error_list_close(&warnings);
    scenario_close(&scenario);
}

/* The lines of all faults, without the name of the file. */
static char *faults_of(const char *bytes, size_t length)
{
    struct error_list faults = { 0 };
    struct writer out = { 0 };
    read_input(bytes, length, &faults);
    for (size_t i = 0; i < faults.count; i++) {
        char *line = error_print(&faults.items[i]);
        cr_expect_null(strchr(line, '\n'), "one line for each fault: %s", line);
        cr_expect_eq(strncmp(line, "in.yaml:", 8), 0, "its place is told: %s", line);
        writer_format(&out, "%s\n", line + 8);
        free(line);
    }
    error_list_close(&faults);
    return writer_take(&out);
}

struct row {
    const char *why, *text, *want;
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = faults_of(rows[i].text, strlen(rows[i].text));
        cr_expect_str_eq(got, rows[i].want, "%s: got\n%s", rows[i].why, got);
        free(got);
    }
}

#define POD      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
#define SCENARIO "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"

static const struct row texts[] = {
    { "truncated in a flow list",
      "apiVersion: v1\n"
      "kind: [Pod\n",
      "3:1: did not find expected ',' or ']' while parsing a flow sequence that begins in line "
      "2\n" },
    { "truncated in a quoted text",
      "apiVersion: v1\n"
      "kind: \"Pod\n",
      "3:1: found unexpected end of stream while scanning a quoted scalar that begins in line "
      "2\n" },
    { "truncated in a key",
      "apiVersion: v1\n"
      "kin",
      "3:1: could not find expected ':' while scanning a simple key that begins in line 2\n" },
    { "truncated JSON", "{\"apiVersion\": \"v1\", \"kind\": \"Po",
      "1:33: unexpected end of JSON input in string literal\n" },
    { "a comma too much in JSON", "{\"apiVersion\": \"v1\",}x",
      "1:1: an object without kind (is it a Kubernetes manifest?)\n" },
    { "bytes that are no UTF-8",
      "apiVersion: v1\n"
      "kind: \377\n",
      "2:7: invalid leading UTF-8 octet\n" },
    { "a control character",
      "apiVersion: v1\n"
      "kind: P\001d\n",
      "2:8: control characters are not allowed\n" },
    { "a tab as indentation",
      "apiVersion: v1\n"
      "metadata:\n"
      "\tname: p\n",
      "3:1: found character that cannot start any token (indent with blanks, not with tabs)\n" },
    { "a template that was not rendered",
      "apiVersion: v1\n"
      "kind: {{ .Values.kind }}\n",
      "2:8: invalid map key: a map (a Helm template? read what `helm template` prints)\n" },
    { "wrong indentation",
      "apiVersion: v1\n"
      "  kind: Pod\n",
      "2:7: mapping values are not allowed in this context\n" },
    { "a text without quotes that needs them",
      "apiVersion: v1\n"
      "kind: @Pod\n",
      "2:7: found character that cannot start any token\n" },
    { "an unknown escape", "kind: \"\\q\"\n", "1:8: found unknown escape character\n" },
    { "an anchor nobody set", "kind: *pod\n", "1:7: unknown anchor 'pod' referenced\n" },
    { "a cyclic anchor", "metadata: &m {name: p, labels: *m}\n",
      "1:32: anchor 'm' value contains itself\n" },
    { "a merge of a text",
      "<<: Pod\n"
      "kind: Pod\n",
      "1:5: map merge requires map or sequence of maps as the value\n" },
    { "a list as a key", "[a, b]: c\n", "1:1: invalid map key: a list\n" },
    { "a key that stands twice", POD "kind: Pod\n",
      "4:1: key \"kind\" already set in map at line 2\n" },
    { "a bad separator", POD "--- Pod\n", "4:1: invalid Yaml document separator: Pod\n" },
    { "an infinite number", "a: .inf\n", "1:4: json: unsupported value: +Inf\n" },
    { "not what its tag says", "a: !!int x\n", "1:4: cannot decode !!str `x` as a !!int\n" },
    { "bad base64 in the YAML", "a: !!binary '*'\n",
      "1:4: !!binary value contains invalid base64 data\n" },
};

Test(bad_input, what_is_no_text_of_YAML_or_JSON)
{
    expect_rows(texts, sizeof texts / sizeof *texts);
}

static const struct row documents[] = {
    { "a list at the top", "- apiVersion: v1\n",
      "1:1: an object is a map with apiVersion, kind and metadata\n" },
    { "a text at the top", "hello\n",
      "1:1: an object is a map with apiVersion, kind and metadata\n" },
    { "no kind",
      "apiVersion: v1\n"
      "metadata: {name: p}\n",
      "1:1: an object without kind (is it a Kubernetes manifest?)\n" },
    { "no apiVersion",
      "kind: Pod\n"
      "metadata: {name: p}\n",
      "1:1: an object without apiVersion (is it a Kubernetes manifest?)\n" },
    { "a number as kind",
      "apiVersion: v1\n"
      "kind: 5\n",
      "2:7: kind is no text\n" },
    { "an empty kind",
      "apiVersion: v1\n"
      "kind: ''\n",
      "1:1: an object without kind (is it a Kubernetes manifest?)\n" },
    { "Helm values instead of a manifest",
      "replicaCount: 3\n"
      "image: {tag: x}\n",
      "1:1: an object without apiVersion (is it a Kubernetes manifest?)\n" },
    { "metadata that is no map",
      "apiVersion: example.com/v1\n"
      "kind: Widget\n"
      "metadata: [a]\n",
      "3:11: metadata is no map\n" },
    { "a list with an item that is none",
      "apiVersion: v1\n"
      "kind: List\n"
      "items: [5]\n",
      "3:9: an object is a map with apiVersion, kind and metadata\n" },
    { "a kind of ours that does not exist",
      "apiVersion: seatrial.dev/v1alpha1\n"
      "kind: Scenari\n"
      "metadata: {name: p}\n",
      "2:7: seatrial.dev has no kind Scenari (did you mean Scenario?)\n" },
};

Test(bad_input, what_is_no_object)
{
    expect_rows(documents, sizeof documents / sizeof *documents);
}

static const struct row objects[] = {
    { "a text for a number",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  replicas: three\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:13: Deployment web: spec.replicas: expected integer, got string\n" },
    { "a fraction for a number",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  replicas: 1.5\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:13: Deployment web: spec.replicas: 1.5 is not a 32-bit integer\n" },
    { "a number out of range",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  replicas: 9999999999\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:13: Deployment web: spec.replicas: 9999999999 is not a 32-bit integer\n" },
    { "negative replicas",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  replicas: -3\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:13: spec.replicas: Invalid value: -3: must be greater than or equal to 0\n" },
    { "a boolean for a text", POD "spec: {nodeName: yes}\n",
      "4:18: Pod p: spec.nodeName: expected string, got boolean (put it in quotes)\n" },
    { "a number for a label",
      "apiVersion: v1\n"
      "kind: Pod\n"
      "metadata: {name: p, labels: {version: 1.10}}\n"
      "spec: {containers: [{name: c, image: i}]}\n",
      "3:30: Pod p: metadata.labels[version]: expected string, got number (put it in quotes)\n" },
    { "a map for a list", POD "spec: {containers: {name: c}}\n",
      "4:20: Pod p: spec.containers: expected list, got map\n" },
    { "no quantity",
      POD "spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 4x}}}]}\n",
      "4:64: Pod p: spec.containers[0].resources.requests[cpu]: quantities must match the regular "
      "expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'\n" },
    { "more requested than the limit",
      POD "spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 2}, limits: {cpu: "
          "1}}}]}\n",
      "4:69: spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or "
      "equal to cpu limit of 1\n" },
    { "a negative quantity",
      POD "spec: {containers: [{name: c, image: i, resources: {requests: {memory: -1Gi}}}]}\n",
      "4:72: spec.containers[0].resources.requests[memory]: Invalid value: \"-1Gi\": must be "
      "greater than or equal to 0\n" },
    { "no containers", POD "spec: {}\n", "4:7: spec.containers: Required value\n" },
    { "a name with capitals",
      "apiVersion: v1\n"
      "kind: Pod\n"
      "metadata: {name: Web}\n"
      "spec: {containers: [{name: c, image: i}]}\n",
      "3:18: metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of "
      "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
      "character (e.g. 'example.com', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n" },
    { "no name",
      "apiVersion: v1\n"
      "kind: ConfigMap\n"
      "data: {a: b}\n",
      "1:1: metadata.name: Required value: name or generateName is required\n" },
    { "a selector that misses its template",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: x}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "7:24: spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not "
      "match template `labels`\n" },
    { "no selector",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:3: spec.selector: Required value\n"
      "6:24: spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not "
      "match template `labels`\n" },
    { "a percentage that is none",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  strategy: {rollingUpdate: {maxSurge: 25 percent}}\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:40: spec.strategy.rollingUpdate.maxSurge: Invalid value: \"25 percent\": a valid percent "
      "string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used "
      "for validation is '[0-9]+%')\n" },
    { "nothing may move",
      "apiVersion: apps/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web}\n"
      "spec:\n"
      "  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n"
      "  selector: {matchLabels: {app: web}}\n"
      "  template:\n"
      "    metadata: {labels: {app: web}}\n"
      "    spec: {containers: [{name: c, image: i}]}\n",
      "5:59: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
      "`maxSurge` is 0\n" },
    { "a port out of range",
      "apiVersion: v1\n"
      "kind: Service\n"
      "metadata: {name: s}\n"
      "spec: {ports: [{port: 70000}]}\n",
      "4:23: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive\n"
      "4:23: spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, "
      "inclusive\n" },
    { "no time",
      "apiVersion: v1\n"
      "kind: Pod\n"
      "metadata: {name: p, creationTimestamp: yesterday}\n",
      "3:40: Pod p: metadata.creationTimestamp: parsing time \"yesterday\" as "
      "\"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"\n" },
    { "no base64 in a Secret",
      "apiVersion: v1\n"
      "kind: Secret\n"
      "metadata: {name: s}\n"
      "data: {k: '***'}\n",
      "4:8: Secret s: data[k]: illegal base64 data at input byte 0\n" },
    { "a quota of something that nobody counts",
      "apiVersion: v1\n"
      "kind: ResourceQuota\n"
      "metadata: {name: q}\n"
      "spec:\n"
      "  hard: {pods: -1, podz: 5}\n",
      "5:16: spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0\n"
      "5:26: spec.hard[podz]: Invalid value: \"podz\": must be a standard resource type or fully "
      "qualified\n"
      "5:26: spec.hard[podz]: Invalid value: \"podz\": must be a standard resource for quota\n" },
    { "a quota of cpu for pods that ask for none",
      "apiVersion: v1\n"
      "kind: ResourceQuota\n"
      "metadata: {name: q}\n"
      "spec:\n"
      "  hard: {cpu: 1}\n"
      "  scopes: [BestEffort]\n",
      "6:11: spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to "
      "resource\n" },
    { "a scope without its values",
      "apiVersion: v1\n"
      "kind: ResourceQuota\n"
      "metadata: {name: q}\n"
      "spec:\n"
      "  hard: {pods: 1}\n"
      "  scopeSelector:\n"
      "    matchExpressions: [{scopeName: PriorityClass, operator: In}]\n",
      "7:24: spec.scopeSelector.matchExpressions.values: Required value: must be at least one "
      "value "
      "when `operator` is 'In' or 'NotIn' for scope selector\n" },
    { "limits the wrong way round",
      "apiVersion: v1\n"
      "kind: LimitRange\n"
      "metadata: {name: l}\n"
      "spec:\n"
      "  limits:\n"
      "  - {type: Pod, min: {cpu: 2}, max: {cpu: 1}, default: {cpu: 1}}\n",
      "6:56: spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'\n"
      "6:28: spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value "
      "1\n" },
    { "a Secret that lacks what its type promises",
      "apiVersion: v1\n"
      "kind: Secret\n"
      "metadata: {name: s}\n"
      "type: kubernetes.io/tls\n"
      "stringData: {tls.crt: x}\n",
      "1:1: data[tls.key]: Required value\n" },
    { "no schedule of a cron job",
      "apiVersion: batch/v1\n"
      "kind: CronJob\n"
      "metadata: {name: c}\n"
      "spec:\n"
      "  schedule: 61 * * * *\n"
      "  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, "
      "image: "
      "i}]}}}}\n",
      "5:13: spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): "
      "61\n" },
    { "a limit for each index without indexes",
      "apiVersion: batch/v1\n"
      "kind: Job\n"
      "metadata: {name: j}\n"
      "spec:\n"
      "  backoffLimitPerIndex: 1\n"
      "  template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}\n",
      "5:25: spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode\n" },
    { "a claim that says not how it is used",
      "apiVersion: v1\n"
      "kind: PersistentVolumeClaim\n"
      "metadata: {name: p}\n"
      "spec: {resources: {requests: {storage: 1Gi}}}\n",
      "4:7: spec.accessModes: Required value: at least 1 access mode is required\n" },
    { "a policy that is none",
      "apiVersion: storage.k8s.io/v1\n"
      "kind: StorageClass\n"
      "metadata: {name: s}\n"
      "provisioner: a.b/c\n"
      "reclaimPolicy: Burn\n",
      "5:16: reclaimPolicy: Unsupported value: \"Burn\": supported values: \"Delete\", "
      "\"Retain\"\n" },
};

Test(bad_input, objects_that_cannot_be)
{
    expect_rows(objects, sizeof objects / sizeof *objects);
}

static const struct row scenarios[] = {
    { "an impossible duration", SCENARIO "  duration: 1 fortnight\n",
      "5:13: spec.duration: \"1 fortnight\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)\n" },
    { "a negative duration", SCENARIO "  duration: -1h\n",
      "5:13: spec.duration: \"-1h\" is negative\n" },
    { "a duration beyond all time", SCENARIO "  duration: 1000000d\n",
      "5:13: spec.duration: \"1000000d\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)\n" },
    { "a list for a duration", SCENARIO "  duration: [1h]\n",
      "5:13: spec.duration: expected a duration, got a list (try 90s, 1h30m or 30d)\n" },
    { "a mistyped field", SCENARIO "  duraton: 1h\n",
      "5:3: spec.duraton: unknown field (did you mean duration?)\n" },
    { "a negative seed", SCENARIO "  seed: -1\n",
      "5:9: spec.seed: -1 is not between 0 and 9007199254740991\n" },
    { "no date", SCENARIO "  startTime: 2026-02-30\n",
      "5:14: spec.startTime: \"2026-02-30\" is no time (try 2026-01-01T00:00:00Z)\n" },
    { "a missing file", SCENARIO "  manifests: [nowhere.yaml]\n",
      "5:15: nowhere.yaml: No such file or directory\n" },
    { "no nodes at all", SCENARIO "  nodes: [{count: 0}]\n",
      "5:19: spec.nodes[0].count: 0 is not between 1 and 100000\n" },
    { "a million nodes", SCENARIO "  nodes: 1000000x1cpu,1Gi\n",
      "5:10: \"1000000x1cpu,1Gi\" does not describe nodes (try 6, 6x8cpu,32Gi or "
      "6x8cpu,32Gi,3zones; in quotes inside [])\n" },
    { "nodes that nobody understands", SCENARIO "  nodes: six\n",
      "5:10: \"six\" does not describe nodes (try 6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones; in quotes "
      "inside [])\n" },
    { "a capacity that is none", SCENARIO "  nodes: [{capacity: {cpu: many}}]\n",
      "5:28: spec.nodes[0].capacity.cpu: \"many\" is not a quantity (try 4, 500m or 2Gi)\n" },
    { "a taint that is none", SCENARIO "  nodes: [{taints: [dedicated=web]}]\n",
      "5:21: \"dedicated=web\" is no taint (try dedicated=web:NoSchedule; effects are NoSchedule, "
      "PreferNoSchedule and NoExecute)\n" },
    { "a label that may not be", SCENARIO "  nodes: [{labels: {'a b': c}}]\n",
      "5:21: metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric "
      "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
      "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
      "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\n" },
    { "an unknown timing model", SCENARIO "  timing: {containerstart: 1s}\n",
      "5:28: spec.timing: there is no timing model \"containerstart\" (did you mean "
      "\"containerStart\"?)\n" },
    { "an unknown distribution", SCENARIO "  timing: {apiWrite: {exponentail: {mean: 1s}}}\n",
      "5:23: spec.timing: apiWrite: unknown distribution \"exponentail\" (try exponential)\n" },
    { "a parameter out of range", SCENARIO "  timing: {apiWrite: {exponential: {mean: 0s}}}\n",
      "5:43: spec.timing: apiWrite: exponential: mean must be more than 0\n" },
    { "an unknown setting", SCENARIO "  settings: {node-monitor-grace: 10s}\n",
      "5:34: spec.settings: there is no setting \"node-monitor-grace\" (did you mean "
      "\"node-monitor-period\"?)\n" },
    { "a scheduler configuration of another kind",
      SCENARIO "  schedulerConfiguration: {kind: Pod}\n",
      "5:27: no KubeSchedulerConfiguration (it begins with apiVersion: "
      "kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration)\n" },
    { "a scheduler configuration with an unknown field",
      SCENARIO "  schedulerConfiguration:\n"
               "    apiVersion: kubescheduler.config.k8s.io/v1\n"
               "    kind: KubeSchedulerConfiguration\n"
               "    profile: []\n",
      "8:5: profile: unknown field (did you mean profiles?)\n" },
    { "a scheduler configuration that is not there", SCENARIO "  schedulerConfiguration: my.yaml\n",
      "5:27: my.yaml: No such file or directory\n" },
    { "a setting out of range", SCENARIO "  settings: {kube-api-burst: -1}\n",
      "5:30: spec.settings: kube-api-burst: \"-1\" is not between 1 and 2147483647\n" },
    { "a load of nobody", SCENARIO "  load: [{cpu: 1}]\n",
      "5:10: load: what it is of is missing (workload, service, pods, object or external)\n" },
    { "a load of two", SCENARIO "  load: [{service: a, pods: ''}]\n",
      "5:10: load: it is of several things (choose one of workload, service, pods, object and "
      "external)\n" },
    { "a load of no workload", SCENARIO "  load: [{workload: pod/a}]\n",
      "5:21: load: pod is no kind of workload (try deployment)\n" },
    { "a selector that is none", SCENARIO "  load: [{pods: 'a=b=c', cpu: 1}]\n",
      "5:17: load: pods: found '=', expected: ',' or 'end of string'\n" },
    { "a load that is no quantity", SCENARIO "  load: [{pods: '', cpu: 1x}]\n",
      "5:26: load: cpu: \"1x\" is not a quantity (try 4, 500m or 2Gi)\n" },
    { "a day with a night below nothing",
      SCENARIO "  load: [{pods: '', cpu: {diurnal: {mean: 1, amplitude: 1500m, peak: 2h}}}]\n",
      "5:57: load: cpu: diurnal: amplitude is above the mean, so that the value would be "
      "negative\n" },
    { "spikes that last too long",
      SCENARIO "  load: [{pods: '', perPod: {memory: {spikes: {height: 1Gi, at: 0s, lasts: 1m, "
               "every: 1m}}}}]\n",
      "5:87: load: memory: spikes: every must be longer than lasts\n" },
    { "a load from a file that is not there",
      SCENARIO "  load: [{pods: '', cpu: {sum: [1, {file: {path: gone.csv}}]}}]\n",
      "5:50: load: cpu: sum: file: gone.csv: No such file or directory\n" },
    { "a metric without a name", SCENARIO "  load: [{external: [{value: 1}]}]\n",
      "5:22: spec.load[0].external[0].name: is missing (of the metric)\n" },
    { "CPU of an object", SCENARIO "  load: [{object: ingress/a, cpu: 1}]\n",
      "5:35: load: cpu of an object means nothing\n" },
    { "a mistyped field of a load", SCENARIO "  load: [{pods: '', cpus: 1}]\n",
      "5:21: spec.load[0].cpus: unknown field (did you mean cpu?)\n" },
    { "a signal nested without end",
      SCENARIO "  load: [{pods: '', cpu: {sum: [{sum: [{sum: [{sum: [{sum: [{sum: [{sum: [{sum: "
               "[{sum: [{sum: [{sum: [{sum: [{sum: [{sum: [{sum: [{sum: [{sum: [1]}]}]}]}]}]}]}]}"
               "]}]}]}]}]}]}]}]}]}}]\n",
      "5:144: load: cpu: sum: sum: sum: sum: sum: sum: sum: sum: sum: sum: sum: sum: sum: sum: "
      "sum: sum: sum: is nested too deeply\n" },
    { "a driver without a name", SCENARIO "  storage: {drivers: [{volumesPerNode: 3}]}\n",
      "5:23: spec.storage.drivers[0].name: is missing (of the driver, as classes name their "
      "provisioner)\n" },
    { "a driver of a name that may not be", SCENARIO "  storage: {drivers: [{name: 'a b'}]}\n",
      "5:23: storage: driver \"a b\": a lowercase RFC 1123 subdomain must consist of lower case "
      "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
      "(e.g. 'example.com', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n" },
    { "two drivers of one name", SCENARIO "  storage: {drivers: [{name: d}, {name: d}]}\n",
      "5:34: storage: two drivers have the name \"d\"\n" },
    { "no volume may be attached",
      SCENARIO "  storage: {drivers: [{name: d, volumesPerNode: 0}]}\n",
      "5:49: spec.storage.drivers[0].volumesPerNode: 0 is not between 1 and 2147483647\n" },
    { "a chance that is none", SCENARIO "  settings: {volume-attach-failures: 2}\n",
      "5:38: spec.settings: volume-attach-failures: \"2\" is not between 0 and 1\n" },
    { "traffic to no Service", SCENARIO "  traffic: [{rate: 5}]\n",
      "5:13: spec.traffic[0].service: is missing (the Service the requests are for)\n" },
    { "two sources of one name",
      SCENARIO "  traffic:\n  - {service: web, rate: 5}\n  - {service: web, rate: 6}\n",
      "7:5: traffic: a second source is called \"web\" (the first stands in line 6): give one a "
      "name of its own\n" },
    { "traffic without a rate", SCENARIO "  traffic: [{service: web}]\n",
      "5:13: traffic: there is neither a rate nor a list of arrival times\n" },
    { "a negative rate", SCENARIO "  traffic: [{service: web, rate: -5}]\n",
      "5:34: traffic: rate: must not be negative\n" },
    { "a rate that is no number", SCENARIO "  traffic: [{service: web, rate: many}]\n",
      "5:34: traffic: rate: is not a number\n" },
    { "a mistyped signal", SCENARIO "  traffic: [{service: web, rate: {stepps: []}}]\n",
      "5:35: traffic: rate: unknown signal \"stepps\" (try steps)\n" },
    { "arrivals nobody knows", SCENARIO "  traffic: [{service: web, rate: 5, arrivals: evenly}]\n",
      "5:47: traffic: arrivals: no arrivals are called \"evenly\" (try even)\n" },
    { "a rate of given times",
      SCENARIO "  traffic: [{service: web, rate: 5, arrivals: {times: [1s]}}]\n",
      "5:34: traffic: arrivals at given times have no rate: leave one out\n" },
    { "times that descend", SCENARIO "  traffic: [{service: web, arrivals: {times: [2s, 1s]}}]\n",
      "5:51: traffic: arrivals: times: times must not descend\n" },
    { "bursts of more than all",
      SCENARIO "  traffic: [{service: web, rate: 5, arrivals: {bursts: {factor: 9, lasts: 10s, "
               "every: 1m}}}]\n",
      "5:65: traffic: arrivals: bursts: factor must be at most every / lasts, or more would come "
      "in bursts than come at all\n" },
    { "a file of arrivals that is not there",
      SCENARIO "  traffic: [{service: web, arrivals: {file: {path: gone.csv}}}]\n",
      "5:52: traffic: arrivals: file: gone.csv: No such file or directory\n" },
    { "a file of a rate that is not there",
      SCENARIO "  traffic: [{service: web, rate: {file: {path: gone.csv}}}]\n",
      "5:48: traffic: rate: file: gone.csv: No such file or directory\n" },
    { "too many retries", SCENARIO "  traffic: [{service: web, rate: 5, retries: 6}]\n",
      "5:46: spec.traffic[0].retries: 6 is not between 0 and 5\n" },
    { "no time for an answer", SCENARIO "  traffic: [{service: web, rate: 5, timeout: 0s}]\n",
      "5:46: traffic: timeout must be more than 0\n" },
    { "a back-off beyond all time",
      SCENARIO "  traffic: [{service: web, rate: 5, backoff: 400d}]\n",
      "5:13: traffic: backoff and timeout are at most a day\n" },
    { "a shutdown nobody knows",
      SCENARIO "  traffic: [{service: web, rate: 5, shutdown: gently}]\n",
      "5:47: spec.traffic[0].shutdown: \"gently\" is none of drain, reset, ignore\n" },
    { "a queue that is not drawn",
      SCENARIO "  traffic: [{service: web, rate: 5, concurrency: 2}]\n",
      "5:50: traffic: a pod of limited concurrency is a queue, whose requests are counted one by "
      "one (say mode: requests)\n" },
    { "a mistyped distribution",
      SCENARIO "  traffic: [{service: web, rate: 5, serviceTime: {exponental: {mean: 1s}}}]\n",
      "5:51: spec.traffic[0].serviceTime: unknown distribution \"exponental\" (try "
      "exponential)\n" },
    { "an unknown failure", SCENARIO "  failures: [{kind: node-crsh, at: 1h}]\n",
      "5:21: \"node-crsh\" is no kind of failure (did you mean node-crash?)\n" },
    { "a failure at no time", SCENARIO "  failures: [{kind: node-crash}]\n",
      "5:14: failure: node-crash says neither `at` nor `every`\n" },
    { "a failure that never ends, again and again",
      SCENARIO "  failures: [{kind: node-crash, every: 1d}]\n",
      "5:14: failure: node-crash happens again and again (`every`), but never ends: it has no "
      "`lasts`\n" },
    { "a bad release of nothing", SCENARIO "  failures: [{kind: bad-release, at: 1h}]\n",
      "5:14: failure: bad-release has no `image`\n" },
    { "an image that uses less than nothing",
      SCENARIO "  images: [{name: web, memory: -1Gi, memoryPerHour: lots}]\n",
      "5:32: spec.images[0].memory: -1Gi is negative\n"
      "5:53: spec.images[0].memoryPerHour: \"lots\" is not a quantity (try 4, 500m or 2Gi)\n" },
    { "an action at no time", SCENARIO "  timeline: [{cordon: n1}]\n",
      "5:14: spec.timeline[0].at: is missing (when, since the start)\n" },
    { "an action without a verb", SCENARIO "  timeline: [{at: 1h}]\n",
      "5:14: timeline: an entry without a verb (apply, scale, setImage, ...)\n" },
    { "two verbs at once", SCENARIO "  timeline: [{at: 1h, cordon: a, drain: b}]\n",
      "5:14: timeline: cordon and drain in one entry (give each its own)\n" },
    { "a mistyped verb", SCENARIO "  timeline: [{at: 1h, cordn: n1}]\n",
      "5:23: spec.timeline[0].cordn: unknown field (did you mean cordon?)\n" },
    { "negative replicas in an action",
      SCENARIO "  timeline: [{at: 1h, scale: {target: deployment/web, replicas: -1}}]\n",
      "5:65: spec.timeline[0].scale.replicas: -1 is not between 0 and 1000000\n" },
    { "a command that changes nothing", SCENARIO "  timeline: [{at: 1h, kubectl: get pods}]\n",
      "5:32: kubectl: \"get\" is no command that changes a cluster (did you mean set?)\n" },
    { "an open quote in a command", SCENARIO "  timeline: [{at: 1h, kubectl: \"delete pod 'a\"}]\n",
      "5:32: kubectl: a quote or backslash has no other half\n" },
    { "a bad document on standard input",
      SCENARIO "  timeline: [{at: 1h, kubectl: apply -f -, stdin: '{a'}]\n",
      "5:51: stdin: line 2: did not find expected ',' or '}' while parsing a flow mapping that "
      "begins in line 1\n" },
    { "an object without a kind in an action",
      SCENARIO "  timeline: [{at: 1h, apply: {apiVersion: v1}}]\n",
      "5:30: spec.timeline[0].apply: an object has apiVersion and kind\n" },
    { "two Scenarios",
      SCENARIO "  duration: 1h\n"
               "---\n" SCENARIO "  duration: 2h\n",
      "7:1: a second Scenario (the first begins in line 1)\n" },
    { "a spec that is a list",
      "apiVersion: seatrial.dev/v1alpha1\n"
      "kind: Scenario\n"
      "metadata: {name: t}\n"
      "spec: []\n",
      "4:7: spec: expected a map, got a list\n" },
    { "no spec",
      "apiVersion: seatrial.dev/v1alpha1\n"
      "kind: Scenario\n"
      "metadata: {name: t}\n",
      "1:1: spec: is missing (the scenario)\n" },
    { "a version to come",
      "apiVersion: seatrial.dev/v2\n"
      "kind: Scenario\n"
      "metadata: {name: t}\n"
      "spec:\n"
      "  duration: 1h\n",
      "1:13: apiVersion: \"seatrial.dev/v2\" is none of seatrial.dev/v1alpha1\n" },
};

Test(bad_input, scenarios_that_cannot_be)
{
    expect_rows(scenarios, sizeof scenarios / sizeof *scenarios);
}

/* ── what is too much ── */

static void expect_fault(struct writer *text, const char *want)
{
    char *got = faults_of(text->bytes, text->length);
    cr_expect_str_eq(got, want, "got %.300s", got);
    free(got);
    writer_close(text);
}

Test(bad_input, a_scalar_of_a_hundred_megabytes)
{
    struct writer text = { 0 };
    writer_add(&text, POD "spec: {nodeName: ");
    char *letters = mem_new(1 << 20);
    memset(letters, 'x', 1 << 20);
    for (int i = 0; i < 100; i++)
        writer_add_bytes(&text, letters, 1 << 20);
    free(letters);
    writer_add(&text, "}\n");
    expect_fault(&text, "4:1: a line is longer than 8 MiB\n");
}

Test(bad_input, a_bomb_of_aliases)
{
    struct writer text = { 0 };
    writer_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
        writer_format(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            writer_format(&text, "%s*a%d", j > 0 ? ", " : "", i - 1);
        writer_add(&text, "]\n");
    }
    expect_fault(&text, "6:45: aliases stand for more than 1000000 nodes\n");
}

Test(bad_input, lists_without_end)
{
    struct writer text = { 0 };
    for (int i = 0; i < 100000; i++)
        writer_add(&text, "[");
    expect_fault(&text, "1:501: maps and lists are nested more than 500 deep\n");
}

Test(bad_input, nothing_but_zeros)
{
    struct writer text = { 0 };
    for (int i = 0; i < 1000; i++)
        writer_add_bytes(&text, "\0\0\0\0", 4);
    expect_fault(&text, "1:1: control characters are not allowed\n");
}

/* ── files ── */

static void expect_error(struct error *error, const char *want)
{
    char *got = error_print(error);
    cr_expect_str_eq(got, want);
    free(got);
    error_close(error);
}

Test(bad_input, a_file_that_is_not_there)
{
    struct error error = { 0 };
    size_t length;
    cr_expect_null(file_read("no/such/file.yaml", &length, &error));
    expect_error(&error, "no/such/file.yaml: No such file or directory");
}

Test(bad_input, a_directory_where_a_file_should_be)
{
    struct error error = { 0 };
    size_t length;
    cr_expect_null(file_read("tests", &length, &error));
    expect_error(&error, "tests: Is a directory");
}

Test(bad_input, a_directory_with_no_manifest_in_it)
{
    char path[] = "/tmp/seatrial-empty-XXXXXX";
    cr_assert_not_null(mkdtemp(path));
    struct file_list files = { 0 };
    struct error error = { 0 };
    cr_expect_not(file_list_add(&files, path, true, &error));
    char *want = mem_format("%s: no *.yaml, *.yml or *.json file in this directory", path);
    expect_error(&error, want);
    free(want);
    file_list_close(&files);
    rmdir(path);
}
