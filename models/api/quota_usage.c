/* What pods, claims, Services and everything else use of a quota.
 *
 * Follows pkg/quota/v1/evaluator/core (pods.go, persistent_volume_claims.go, services.go) and
 * k8s.io/apiserver pkg/quota/v1/generic/evaluator.go of the release named in docs/fidelity.md. Device
 * claims (ResourceClaims) are counted as objects only. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quota.h"
#include "models/api/service.h"
#include "models/api/storage.h"
#include "sim/base/memory.h"

#define CLASS_SUFFIX ".storageclass.storage.k8s.io/"

bool quota_counts_kind(enum kind kind)
{
    return kind != KIND_EVENT && (kind == KIND_OTHER || kind_infos[kind].namespaced);
}

/* ── names ── */

/* Kinds that were counted before there was "count/". */
static const char *alias_of(enum kind kind)
{
    switch (kind) {
    case KIND_CONFIGMAP:
    case KIND_SECRET:
    case KIND_RESOURCEQUOTA:
    case KIND_REPLICATIONCONTROLLER:
    case KIND_PERSISTENTVOLUMECLAIM:
    case KIND_SERVICE:
        return kind_infos[kind].plural;
    default:
        return NULL;
    }
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

char *quota_resource(const char *group, size_t group_length, const char *kind, size_t length)
{
    char *singular = mem_text(kind, length);
    for (char *c = singular; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    const bool in_s = ends_in(singular, "s"), in_y = ends_in(singular, "y");
    char *resource = mem_format("%.*s%s%s%.*s", (int)(length - in_y), singular,
                                in_s   ? "es"
                                : in_y ? "ies"
                                       : "s",
                                group_length > 0 ? "." : "", (int)group_length, group);
    free(singular);
    return resource;
}

/* An object of a kind without a row is named "group/Kind/name". */
static const struct text *count_of_other(const struct codec *codec, const char *name)
{
    const size_t group = strcspn(name, "/");
    const char *kind = name[group] != '\0' ? name + group + 1 : name;
    char *resource = quota_resource(name, group, kind, strcspn(kind, "/"));
    const struct text *text = text_format(codec->texts, "count/%s", resource);
    free(resource);
    return text;
}

/* "count/deployments.apps"; a new reference. */
static const struct text *count_name(const struct codec *codec, const struct object *object)
{
    const struct kind_info *info = &kind_infos[object->kind];
    if (object->kind == KIND_OTHER)
        return count_of_other(codec, name_of(object));
    const char *slash = strchr(info->api_version, '/');
    const int group = slash != NULL ? (int)(slash - info->api_version) : 0;
    return text_format(codec->texts, "count/%s%s%.*s", info->plural, group > 0 ? "." : "", group,
                       info->api_version);
}

/* ── pods ── */

sim_time quota_pod_expires(const struct pod *pod)
{
    if (!pod->meta.deleting)
        return SIM_FOREVER;
    return sim_time_after(pod->meta.deletion, pod->meta.deletion_grace_seconds * SIM_SECOND);
}

/* QuotaV1Pod(). */
static bool pod_counts(const struct pod *pod, sim_time now)
{
    return !pod_is_terminal(pod) && now <= quota_pod_expires(pod);
}

static void add_pod(struct amounts *to, const struct pod *pod, sim_time now)
{
    if (!pod_counts(pod, now))
        return;
    const struct amounts *usage = pod_spec_usage(pod->spec);
    for (size_t i = 0; i < usage->count; i++)
        amounts_set(to, usage->items[i].name, usage->items[i].quantity);
}

static bool begins_with(const char *name, const char *beginning)
{
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

static bool is_pod_resource(const char *name)
{
    static const char *const names[] = {
        "cpu",          "memory",          "ephemeral-storage",
        "requests.cpu", "requests.memory", "requests.ephemeral-storage",
        "limits.cpu",   "limits.memory",   "limits.ephemeral-storage",
        "pods",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return begins_with(name, "hugepages-") || begins_with(name, "requests.hugepages-") ||
           (begins_with(name, "requests.") && strchr(name, '/') != NULL &&
            strstr(name, "kubernetes.io/") == NULL);
}

/* ── claims ── */

/* The larger of what is asked for and what the provisioner has allocated, in whole bytes. */
static const struct quantity *claimed_storage(const struct value *document, struct quantity *amount)
{
    const struct value *asked =
        value_path(document, "spec", "resources", "requests", "storage", NULL);
    const struct value *allocated =
        value_path(document, "status", "allocatedResources", "storage", NULL);
    struct quantity other;
    if (asked == NULL || !quantity_load(asked, amount, NULL))
        return NULL;
    if (allocated != NULL && quantity_load(allocated, &other, NULL) &&
        quantity_compare(other, *amount) > 0)
        *amount = other;
    if (amount->exponent == 0 && amount->nano % 1000000000 != 0)
        *amount = quantity_of_units(quantity_value(*amount), amount->format);
    return amount;
}

static void add_claim(struct usage *usage, const struct codec *codec,
                      const struct persistent_volume_claim *claim)
{
    const struct quantity one = quantity_of_units(1, QUANTITY_DECIMAL_SI);
    struct quantity amount;
    const struct quantity *storage = claimed_storage(claim->meta.document, &amount);
    if (storage != NULL)
        amounts_set(&usage->amounts, "requests.storage", *storage);
    if (claim->class_name == NULL)
        return;
    usage->class_count =
        text_format(codec->texts, "%s" CLASS_SUFFIX "persistentvolumeclaims", claim->class_name->s);
    amounts_set(&usage->amounts, usage->class_count->s, one);
    if (storage == NULL)
        return;
    usage->class_storage =
        text_format(codec->texts, "%s" CLASS_SUFFIX "requests.storage", claim->class_name->s);
    amounts_set(&usage->amounts, usage->class_storage->s, *storage);
}

static bool is_claim_resource(const char *name)
{
    return strcmp(name, "requests.storage") == 0 ||
           ends_in(name, CLASS_SUFFIX "persistentvolumeclaims") ||
           ends_in(name, CLASS_SUFFIX "requests.storage");
}

/* ── Services ── */

static int64_t ports_of(const struct value *ports, bool given_only)
{
    int64_t count = 0;
    for (size_t i = 0; ports != NULL && i < ports->count; i++)
        count += !given_only || value_int(value_get(ports->items[i], "nodePort"), 0) != 0;
    return count;
}

static void add_service(struct amounts *to, const struct value *spec)
{
    const char *type = value_text(value_get(spec, "type"), "");
    const bool balanced = strcmp(type, "LoadBalancer") == 0;
    const bool given_only =
        balanced && !value_truth(value_get(spec, "allocateLoadBalancerNodePorts"), true);
    const int64_t ports = balanced || strcmp(type, "NodePort") == 0
                              ? ports_of(value_get(spec, "ports"), given_only)
                              : 0;
    amounts_set(to, "services.loadbalancers", quantity_of_units(balanced, QUANTITY_DECIMAL_SI));
    amounts_set(to, "services.nodeports", quantity_of_units(ports, QUANTITY_DECIMAL_SI));
}

/* ── all of them ── */

struct usage usage_of(const struct codec *codec, const struct object *object, sim_time now)
{
    const struct quantity one = quantity_of_units(1, QUANTITY_DECIMAL_SI);
    struct usage usage = { .count = count_name(codec, object) };
    const char *alias = alias_of(object->kind);
    amounts_set(&usage.amounts, usage.count->s, one);
    if (alias != NULL)
        amounts_set(&usage.amounts, alias, one);
    if (object->kind == KIND_POD)
        add_pod(&usage.amounts, pod_of(object), now);
    else if (object->kind == KIND_SERVICE)
        add_service(&usage.amounts, value_get(meta_of(object)->document, "spec"));
    else if (object->kind == KIND_PERSISTENTVOLUMECLAIM)
        add_claim(&usage, codec, claim_of(object));
    return usage;
}

void usage_close(struct usage *usage)
{
    amounts_close(&usage->amounts);
    text_drop(usage->count);
    text_drop(usage->class_count);
    text_drop(usage->class_storage);
}

bool quota_tracks(const struct codec *codec, const struct object *object, const char *name)
{
    if (strncmp(name, "count/", strlen("count/")) == 0) {
        const struct text *count = count_name(codec, object);
        const bool same = strcmp(count->s, name) == 0;
        text_drop(count);
        return same;
    }
    const char *alias = alias_of(object->kind);
    if (alias != NULL && strcmp(alias, name) == 0)
        return true;
    switch (object->kind) {
    case KIND_POD:
        return is_pod_resource(name);
    case KIND_PERSISTENTVOLUMECLAIM:
        return is_claim_resource(name);
    case KIND_SERVICE:
        return strcmp(name, "services.nodeports") == 0 ||
               strcmp(name, "services.loadbalancers") == 0;
    default:
        return false;
    }
}
