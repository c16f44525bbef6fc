/* Cluster addresses of Services, and what their allocation refuses.
 *
 * Follows ValidateServiceClusterIPsRelatedFields() of pkg/apis/core/validation and
 * pkg/registry/core/service/storage for a cluster with IPv4 addresses alone. */
#include <string.h>

#include "models/api/validation/address.h"
#include "models/api/validation/service_private.h"

static const char *const family_policies[] = { "PreferDualStack", "RequireDualStack", "SingleStack",
                                               NULL };
static const char *const families[] = { "IPv4", "IPv6", NULL };

static void check_first_address(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    const char *first = text_at(spec, "clusterIP");
    const struct value *ips = value_get(spec, "clusterIPs");
    if (*first == '\0' && size_of(ips) > 0)
        field_invalid(errors, path, ips, "must be empty when `clusterIP` is not specified");
    else if (*first != '\0' && size_of(ips) == 0)
        field_required(errors, path, spec, "%s", "");
    else if (*first != '\0' && strcmp(value_text(ips->items[0], ""), first) != 0)
        field_invalid(errors, path, ips, "first value must match `clusterIP`");
}

static void check_families(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    const struct value *list = value_get(spec, "ipFamilies");
    const struct field_path *at = CHILD(path, "ipFamilies");
    for (size_t i = 0; i < size_of(list); i++) {
        if (!one_of(value_text(list->items[i], ""), families))
            field_unsupported(errors, ITEM(at, i), list->items[i], NULL, families);
        for (size_t j = 0; j < i; j++)
            if (value_equal(list->items[i], list->items[j]))
                field_duplicate(errors, ITEM(at, i), list->items[i], NULL);
    }
    check_choice(errors, spec, "ipFamilyPolicy", path, family_policies, OPTIONAL);
}

/* False when an address is none: families are not compared then. */
static bool check_address_texts(struct field_errors *errors, const struct value *ips,
                                const struct field_path *path)
{
    size_t faults = errors->count;
    for (size_t i = 0; i < size_of(ips); i++) {
        if (i > 0 || strcmp(value_text(ips->items[0], ""), "None") != 0)
            check_ip(errors, ips->items[i], ITEM(path, i));
        else if (ips->count > 1)
            field_invalid(errors, path, ips, "'None' must be the first and only value");
    }
    bool fit = errors->count == faults;
    if (size_of(ips) > 2)
        field_invalid(errors, path, ips, "may only hold up to 2 values");
    return fit;
}

static bool is_v6(const struct value *ip)
{
    struct address address;
    return address_parse(value_text(ip, ""), &address) && !address.is_v4;
}

static void check_address_families(struct field_errors *errors, const struct value *spec,
                                   const struct field_path *path)
{
    const struct value *ips = value_get(spec, "clusterIPs");
    const struct value *list = value_get(spec, "ipFamilies");
    bool v4 = false, v6 = false;
    for (size_t i = 0; i < size_of(ips); i++)
        *(is_v6(ips->items[i]) ? &v6 : &v4) = true;
    if (size_of(ips) > 1 && !(v4 && v6))
        field_invalid(errors, path, ips, "may specify no more than one IP for each IP family");
    for (size_t i = 0; i < size_of(ips) && i < size_of(list) && !service_is_headless(spec); i++) {
        const char *family = value_text(list->items[i], "");
        if (one_of(family, families) && is_v6(ips->items[i]) != (strcmp(family, "IPv6") == 0))
            field_invalid(errors, ITEM(path, i), ips->items[i],
                          "expected an %s value as indicated by `ipFamilies[%zu]`", family, i);
    }
}

void check_cluster_addresses(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    const struct field_path *at = CHILD(path, "clusterIPs");
    if (service_is(spec, "ExternalName"))
        return;
    check_first_address(errors, spec, at);
    check_families(errors, spec, path);
    if (check_address_texts(errors, value_get(spec, "clusterIPs"), at))
        check_address_families(errors, spec, at);
}

/* ── allocation ── */

/* A headless service that selects nothing may have families that the cluster lacks. */
static bool has_free_families(const struct value *spec)
{
    return service_is_headless(spec) && size_of(value_get(spec, "selector")) == 0;
}

/* One family, unless the policy allows two; addresses tell the families that are left open. */
static void check_policy(struct field_errors *errors, const struct value *spec,
                         const struct field_path *path)
{
    static const char *const lists[][2] = { { "clusterIPs", "cluster IPs" },
                                            { "ipFamilies", "IP families" } };
    const struct value *policy = value_get(spec, "ipFamilyPolicy");
    const struct value *ips = value_get(spec, "clusterIPs");
    const bool single = policy == NULL ? !has_free_families(spec)
                                       : strcmp(value_text(policy, ""), "SingleStack") == 0;
    for (size_t i = 0; i < 2 && single; i++)
        if (size_of(value_get(spec, lists[i][0])) == 2)
            field_invalid_printed(errors, CHILD(path, "ipFamilyPolicy"), policy, "\"SingleStack\"",
                                  "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
                                  "%s are specified",
                                  lists[i][1]);
    for (size_t i = size_of(value_get(spec, "ipFamilies")); i < size_of(ips); i++)
        if (is_v6(ips->items[i]))
            field_invalid(errors, ITEM(CHILD(path, "clusterIPs"), i), ips,
                          "IPv6 is not configured on this cluster");
}

/* The cluster has IPv4 addresses alone. */
static void check_single_stack(struct field_errors *errors, const struct value *spec,
                               const struct field_path *path)
{
    const struct value *list = value_get(spec, "ipFamilies");
    if (has_free_families(spec))
        return;
    if (strcmp(text_at(spec, "ipFamilyPolicy"), "RequireDualStack") == 0)
        field_invalid(errors, CHILD(path, "ipFamilyPolicy"), value_get(spec, "ipFamilyPolicy"),
                      "this cluster is not configured for dual-stack services");
    for (size_t i = 0; i < size_of(list); i++)
        if (strcmp(value_text(list->items[i], ""), "IPv6") == 0)
            field_invalid(errors, ITEM(CHILD(path, "ipFamilies"), i), list->items[i],
                          "not configured on this cluster");
}

/* 10.96.0.0/16 without its first and last address. */
static bool is_in_range(const uint8_t *bytes)
{
    const int host = bytes[2] << 8 | bytes[3];
    return bytes[0] == 10 && bytes[1] == 96 && host != 0 && host != 0xffff;
}

static void check_in_range(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    struct address address;
    const struct value *ips = value_get(spec, "clusterIPs");
    const char *first = size_of(ips) > 0 ? value_text(ips->items[0], "") : "";
    if (!address_parse(first, &address) || !address.is_v4)
        return;
    if (!is_in_range(address.bytes + 12))
        field_invalid(errors, CHILD(path, "clusterIPs"), ips,
                      "failed to allocate IP %s: the provided IP (%s) is not in the valid range. "
                      "The range of valid IPs is 10.96.0.0/16",
                      first, first);
}

/* A node port serves one port, in as many protocols as there are. */
static bool is_taken(const struct value *ports, size_t index)
{
    const struct value *port = ports->items[index];
    for (size_t i = 0; i < index; i++)
        if (number_at(ports->items[i], "nodePort") == number_at(port, "nodePort") &&
            number_at(ports->items[i], "port") != number_at(port, "port"))
            return true;
    return false;
}

static void check_node_ports(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    const struct value *ports = value_get(spec, "ports");
    if (!service_is(spec, "NodePort") && !service_is(spec, "LoadBalancer"))
        return;
    for (size_t i = 0; i < size_of(ports); i++)
        if (number_at(ports->items[i], "nodePort") != 0 && is_taken(ports, i)) {
            field_invalid(errors, CHILD(ITEM(CHILD(path, "ports"), i), "nodePort"),
                          value_get(ports->items[i], "nodePort"),
                          "provided port is already allocated");
            return;
        }
}

/* What allocation refuses, before any other rule is looked at: each step only when the last found
 * nothing. */
bool check_allocation(struct field_errors *errors, const struct value *spec)
{
    static void (*const steps[])(struct field_errors * errors, const struct value *spec,
                                 const struct field_path *path) = {
        check_cluster_addresses, check_policy, check_single_stack, check_in_range, check_node_ports
    };
    size_t faults = errors->count;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && errors->count == faults &&
                       !service_is(spec, "ExternalName");
         i++)
        steps[i](errors, spec, CHILD(NULL, "spec"));
    return errors->count == faults;
}

/* The first address and family of a service stay, unless it leaves the network. */
static void check_kept(struct field_errors *errors, const struct value *spec,
                       const struct value *before, const char *key, const struct field_path *path)
{
    const struct value *now = value_get(spec, key), *was = value_get(before, key);
    if (size_of(was) > 0 && size_of(now) == 0)
        field_invalid(errors, ITEM(CHILD(path, key), 0), now, "primary %s can not be unset",
                      strcmp(key, "clusterIPs") == 0 ? "clusterIP" : "ipFamily");
    for (size_t i = 0; i < size_of(was) && i < size_of(now); i++)
        if (!value_equal(was->items[i], now->items[i]) && (i == 0 || was->count == now->count))
            field_invalid(errors, ITEM(CHILD(path, key), i), now, "may not change once set");
}

void check_kept_addresses(struct field_errors *errors, const struct value *spec,
                          const struct value *before)
{
    const struct field_path *path = CHILD(NULL, "spec");
    bool headless = service_is_headless(spec), was_headless = service_is_headless(before);
    if (service_is(spec, "ExternalName") || service_is(before, "ExternalName"))
        return;
    if (!(headless && was_headless))
        check_kept(errors, spec, before, "clusterIPs", path);
    if (!headless && !was_headless)
        check_kept(errors, spec, before, "ipFamilies", path);
}
