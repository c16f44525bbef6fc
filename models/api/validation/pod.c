/* Pods and pod templates: the spec as a whole, and what only a Pod must keep.
 *
 * Follows ValidatePodSpec(), ValidatePodCreate() and ValidatePodTemplateSpec() of
 * pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/writer.h"

enum { NAMESERVERS = 3, SEARCH_PATHS = 32, SEARCH_BYTES = 2048 };

static const char *const restart_policies[] = { "Always", "OnFailure", "Never", NULL };
static const char *const dns_policies[] = { "ClusterFirstWithHostNet", "ClusterFirst", "Default",
                                            "None", NULL };
static const char *const preemption_policies[] = { "PreemptLowerPriority", "Never", NULL };

/* On the host's network a container's port is the host's. */
static void check_host_network(struct pod_check *check, const struct field_path *path)
{
    const struct value *containers = value_get(check->spec, "containers");
    if (!truth_at(check->spec, "hostNetwork"))
        return;
    for (size_t c = 0; c < size_of(containers); c++) {
        const struct value *ports = value_get(containers->items[c], "ports");
        for (size_t i = 0; i < size_of(ports); i++) {
            int64_t host = number_at(ports->items[i], "hostPort");
            int64_t own = number_at(ports->items[i], "containerPort");
            if ((check->is_pod || host != 0) && host != own)
                field_invalid(check->errors,
                              CHILD(ITEM(CHILD(ITEM(path, c), "ports"), i), "hostPort"),
                              value_get(ports->items[i], "hostPort"),
                              "must match `containerPort` when `hostNetwork` is true");
        }
    }
}

static void check_searches(struct field_errors *errors, const struct value *searches,
                           const struct field_path *path)
{
    size_t bytes = 0;
    for (size_t i = 0; i < size_of(searches); i++)
        bytes += searches->items[i]->count + (i > 0);
    if (size_of(searches) > SEARCH_PATHS)
        field_invalid(errors, path, searches, "must not have more than %d search paths",
                      SEARCH_PATHS);
    if (bytes > SEARCH_BYTES)
        field_invalid(errors, path, searches,
                      "must not have more than %d characters (including spaces) in the search list",
                      SEARCH_BYTES);
    for (size_t i = 0; i < size_of(searches); i++) {
        const char *text = value_text(searches->items[i], "");
        size_t length = strlen(text);
        if (strcmp(text, ".") == 0)
            continue;
        struct value *bare = value_new_text(text, length - (length > 0 && text[length - 1] == '.'));
        bare->at = searches->items[i]->at;
        check_text(errors, bare, ITEM(path, i), text_dns_subdomain_underscore);
        value_drop(bare);
    }
}

static void check_dns(struct field_errors *errors, const struct value *spec,
                      const struct field_path *path)
{
    const struct value *dns = value_get(spec, "dnsConfig");
    const struct value *servers = value_get(dns, "nameservers");
    const struct value *options = value_get(dns, "options");
    bool none = strcmp(text_at(spec, "dnsPolicy"), "None") == 0;
    if (none && size_of(servers) == 0) {
        if (value_is_null(dns))
            field_required(errors, path, spec, "must provide `dnsConfig` when `dnsPolicy` is None");
        else
            field_required(errors, CHILD(path, "nameservers"), dns,
                           "must provide at least one DNS nameserver when `dnsPolicy` is None");
        return;
    }
    if (size_of(servers) > NAMESERVERS)
        field_invalid(errors, CHILD(path, "nameservers"), servers,
                      "must not have more than %d nameservers", NAMESERVERS);
    for (size_t i = 0; i < size_of(servers); i++)
        check_ip(errors, servers->items[i], ITEM(CHILD(path, "nameservers"), i));
    check_searches(errors, value_get(dns, "searches"), CHILD(path, "searches"));
    for (size_t i = 0; i < size_of(options); i++)
        if (*text_at(options->items[i], "name") == '\0')
            field_required(errors, ITEM(CHILD(path, "options"), i), options->items[i],
                           "must not be empty");
}

static void check_host_users(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    static const char *const shared[][2] = { { "hostNetwork", "hostNetwork" },
                                             { "hostPID", "HostPID" },
                                             { "hostIPC", "HostIPC" } };
    if (value_truth(value_get(spec, "hostUsers"), true))
        return;
    for (size_t i = 0; i < 3; i++)
        if (truth_at(spec, shared[i][0]))
            field_forbidden(errors, CHILD(path, shared[i][1]), value_get(spec, shared[i][0]),
                            "when `pod.Spec.HostUsers` is false");
}

static void check_host_aliases(struct field_errors *errors, const struct value *aliases,
                               const struct field_path *path)
{
    for (size_t i = 0; i < size_of(aliases); i++) {
        const struct value *names = value_get(aliases->items[i], "hostnames");
        check_ip(errors, value_get(aliases->items[i], "ip"), CHILD(ITEM(path, i), "ip"));
        for (size_t j = 0; j < size_of(names); j++)
            check_text(errors, names->items[j], ITEM(CHILD(ITEM(path, i), "hostnames"), j),
                       text_dns_subdomain);
    }
}

static void check_claim_name(struct field_errors *errors, const struct value *claims, size_t index,
                             const struct field_path *path)
{
    const struct value *claim = claims->items[index];
    for (size_t i = 0; i < index; i++)
        if (*text_at(claim, "name") != '\0' &&
            strcmp(text_at(claims->items[i], "name"), text_at(claim, "name")) == 0) {
            field_duplicate(errors, CHILD(path, "name"), value_get(claim, "name"), NULL);
            return;
        }
    check_required_text(errors, claim, "name", path, text_dns_label);
}

static void check_resource_claims(struct field_errors *errors, const struct value *claims,
                                  const struct field_path *path)
{
    static const char *const type = "core/v1.PodResourceClaim";
    for (size_t i = 0; i < size_of(claims); i++) {
        const struct value *claim = claims->items[i];
        const struct field_path *item = ITEM(path, i);
        bool by_name = has(claim, "resourceClaimName");
        bool by_template = has(claim, "resourceClaimTemplateName");
        check_claim_name(errors, claims, i, item);
        if (by_name && by_template)
            invalid_struct(errors, claim, type, item,
                           "at most one of `resourceClaimName` or `resourceClaimTemplateName` may "
                           "be specified");
        if (!by_name && !by_template)
            invalid_struct(errors, claim, type, item,
                           "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
        if (by_name)
            check_text(errors, value_get(claim, "resourceClaimName"),
                       CHILD(item, "resourceClaimName"), text_dns_subdomain);
        if (by_template)
            check_text(errors, value_get(claim, "resourceClaimTemplateName"),
                       CHILD(item, "resourceClaimTemplateName"), text_dns_subdomain);
    }
}

static void check_readiness_gates(struct field_errors *errors, const struct value *gates,
                                  const struct field_path *path)
{
    for (size_t i = 0; i < size_of(gates); i++)
        check_text(errors, value_get(gates->items[i], "conditionType"),
                   CHILD(ITEM(path, i), "conditionType"), text_label_key);
}

/* Members with a shape of their own, in the API server's order. */
static void check_names(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path)
{
    check_optional_text(errors, spec, "serviceAccountName", path, text_dns_subdomain);
    check_optional_text(errors, spec, "nodeName", path, text_dns_subdomain);
    check_range(errors, spec, "activeDeadlineSeconds", path, 1, INT32_MAX);
    check_optional_text(errors, spec, "hostname", path, text_dns_label);
    check_optional_text(errors, spec, "subdomain", path, text_dns_label);
    check_tolerations(errors, value_get(spec, "tolerations"), CHILD(path, "tolerations"));
    check_host_aliases(errors, value_get(spec, "hostAliases"), CHILD(path, "hostAliases"));
    check_optional_text(errors, spec, "priorityClassName", path, text_dns_subdomain);
    if (has(spec, "runtimeClassName"))
        check_text(errors, value_get(spec, "runtimeClassName"), CHILD(path, "runtimeClassName"),
                   text_dns_subdomain);
    if (has(spec, "preemptionPolicy"))
        check_choice(errors, spec, "preemptionPolicy", path, preemption_policies, REQUIRED);
}

/* The overhead is checked as the limits of a container. */
static void check_overhead(struct pod_check *check, const struct field_path *path)
{
    struct value *limits = value_new_map();
    if (has(check->spec, "overhead"))
        value_set(limits, "limits", value_hold(value_get(check->spec, "overhead")));
    check_resources(check, limits, path, false);
    value_drop(limits);
}

static void check_placement(struct pod_check *check, const struct field_path *path)
{
    struct field_errors *errors = check->errors;
    const struct value *spec = check->spec;
    check_affinity(errors, value_get(spec, "affinity"), CHILD(path, "affinity"));
    check_dns(errors, spec, CHILD(path, "dnsConfig"));
    check_readiness_gates(errors, value_get(spec, "readinessGates"), CHILD(path, "readinessGates"));
    check_scheduling_gates(errors, value_get(spec, "schedulingGates"),
                           CHILD(path, "schedulingGates"));
    check_topology_spread(errors, value_get(spec, "topologySpreadConstraints"),
                          CHILD(path, "topologySpreadConstraints"));
    check_host_process(errors, spec, path);
    check_host_users(errors, spec, path);
}

void check_pod_spec(struct field_errors *errors, const struct value *spec, const char *pod_name,
                    bool is_pod, const struct field_path *path)
{
    struct pod_check check = {
        .errors = errors,
        .spec = spec,
        .is_pod = is_pod,
        .pod_name = pod_name,
        .grace = value_get(spec, "terminationGracePeriodSeconds"),
        .host_users = value_truth(value_get(spec, "hostUsers"), true),
    };
    if (check.grace == NULL)
        field_required(errors, CHILD(path, "terminationGracePeriodSeconds"), spec, "%s", "");
    check_volumes(&check, CHILD(path, "volumes"));
    check_resource_claims(errors, value_get(spec, "resourceClaims"), CHILD(path, "resourceClaims"));
    check_containers(&check, CHILD(path, "containers"));
    check_init_containers(&check, CHILD(path, "initContainers"));
    check_ephemeral_containers(&check, CHILD(path, "ephemeralContainers"));
    check_pod_resources(&check, CHILD(path, "resources"));
    check_host_network(&check, CHILD(path, "containers"));
    check_choice(errors, spec, "restartPolicy", path, restart_policies, REQUIRED);
    check_choice(errors, spec, "dnsPolicy", path, dns_policies, REQUIRED);
    check_labels(errors, value_get(spec, "nodeSelector"), CHILD(path, "nodeSelector"));
    check_pod_security(errors, spec, CHILD(path, "securityContext"));
    check_placement(&check, path);
    check_names(errors, spec, path);
    check_overhead(&check, CHILD(path, "overhead"));
    check_os(errors, spec, path);
    free(check.volumes);
}

/* A token is made for a service account: a pod without one can have none. */
static void check_tokens(struct field_errors *errors, const struct value *spec,
                         const struct field_path *path)
{
    const struct value *volumes = value_get(spec, "volumes");
    for (size_t v = 0; v < size_of(volumes); v++) {
        const struct value *sources = value_path(volumes->items[v], "projected", "sources", NULL);
        const struct field_path *at = CHILD(CHILD(ITEM(path, v), "projected"), "sources");
        for (size_t i = 0; i < size_of(sources); i++)
            if (has(sources->items[i], "serviceAccountToken"))
                field_forbidden(errors, CHILD(ITEM(at, i), "serviceAccountToken"),
                                sources->items[i],
                                "must not be specified when serviceAccountName is not set");
    }
}

void check_pod_meta_and_spec(struct field_errors *errors, const struct value *pod)
{
    const struct value *meta = value_get(pod, "metadata"), *spec = value_get(pod, "spec");
    const struct field_path *at_meta = CHILD(NULL, "metadata"), *at_spec = CHILD(NULL, "spec");
    check_meta(errors, meta, at_meta, (struct meta_rules){ true, text_dns_subdomain });
    check_pod_annotations(errors, value_get(meta, "annotations"), spec,
                          CHILD(at_meta, "annotations"));
    check_pod_spec(errors, spec, text_at(meta, "name"), true, at_spec);
    if (*text_at(spec, "serviceAccountName") == '\0')
        check_tokens(errors, spec, CHILD(at_spec, "volumes"));
    check_images_for_pod(errors, value_get(spec, "containers"), CHILD(at_spec, "containers"));
    check_images_for_pod(errors, value_get(spec, "initContainers"),
                         CHILD(at_spec, "initContainers"));
    check_images_for_pod(errors, value_get(spec, "ephemeralContainers"),
                         CHILD(at_spec, "ephemeralContainers"));
}

void check_pod_create(struct field_errors *errors, const struct value *pod)
{
    const struct value *spec = value_get(pod, "spec");
    const struct field_path *at = CHILD(NULL, "spec");
    check_pod_meta_and_spec(errors, pod);
    if (size_of(value_get(spec, "ephemeralContainers")) > 0)
        field_forbidden(errors, CHILD(at, "ephemeralContainers"),
                        value_get(spec, "ephemeralContainers"), "cannot be set on create");
    if (*text_at(spec, "nodeName") != '\0' && size_of(value_get(spec, "schedulingGates")) > 0)
        field_forbidden(errors, CHILD(at, "nodeName"), value_get(spec, "nodeName"),
                        "cannot be set until all schedulingGates have been cleared");
    check_profile_annotations(errors, value_path(pod, "metadata", "annotations", NULL), spec, at);
}

void check_pod_template(struct field_errors *errors, const struct value *template,
                        const struct field_path *path)
{
    const struct value *meta = value_get(template, "metadata");
    const struct value *spec = value_get(template, "spec");
    const struct field_path *at = CHILD(path, "spec");
    check_labels(errors, value_get(meta, "labels"), CHILD(path, "labels"));
    check_annotations(errors, value_get(meta, "annotations"), CHILD(path, "annotations"));
    check_pod_annotations(errors, value_get(meta, "annotations"), spec, CHILD(path, "annotations"));
    check_pod_spec(errors, spec, NULL, false, at);
    check_profile_annotations(errors, value_get(meta, "annotations"), spec, at);
    if (size_of(value_get(spec, "ephemeralContainers")) > 0)
        field_forbidden(errors, CHILD(at, "ephemeralContainers"),
                        value_get(spec, "ephemeralContainers"),
                        "ephemeral containers not allowed in pod template");
}
