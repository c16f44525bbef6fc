/* EndpointSlices.
 *
 * Follows ValidateEndpointSlice() of pkg/apis/discovery/validation. */
#include <string.h>

#include "models/api/validation/address.h"
#include "models/api/validation/validation_private.h"

enum { ADDRESSES = 100, PORTS = 20000, ENDPOINTS = 1000, HINTS = 8 };

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };

static void check_domain_name(struct field_errors *errors, const struct value *name,
                              const struct field_path *path)
{
    const char *text = value_text(name, "");
    size_t length = strlen(text);
    if (length == 0) {
        field_required(errors, path, name, "%s", "");
        return;
    }
    struct value *bare = value_new_text(text, length - (text[length - 1] == '.'));
    bare->at = name->at;
    if (!text_fits(bare->text, text_dns_subdomain))
        check_text(errors, bare, path, text_dns_subdomain);
    else if (strchr(bare->text, '.') == NULL)
        field_invalid(errors, path, bare,
                      "should be a domain with at least two segments separated by dots");
    value_drop(bare);
}

static void check_address(struct field_errors *errors, const struct value *text, const char *type,
                          const struct field_path *list, size_t index)
{
    struct address address;
    if (strcmp(type, "FQDN") == 0) {
        check_domain_name(errors, text, ITEM(list, index));
    } else if (!address_parse(value_text(text, ""), &address)) {
        check_ip(errors, text, ITEM(list, index));
    } else {
        if (address.is_v4 != (strcmp(type, "IPv4") == 0))
            field_invalid(errors, list, text, "must be an %s address", type);
        check_ordinary_ip(errors, text, ITEM(list, index));
    }
}

/* The names of one list of hints: each once, and a good one. */
static void check_hints(struct field_errors *errors, const struct value *list,
                        const struct field_path *path, text_rule *rule)
{
    if (size_of(list) > HINTS) {
        field_too_many(errors, path, list, list->count, HINTS);
        return;
    }
    for (size_t i = 0; i < size_of(list); i++) {
        const struct value *name = value_get(list->items[i], "name");
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= value_equal(value_get(list->items[j], "name"), name);
        if (again)
            field_duplicate(errors, CHILD(ITEM(path, i), "name"), name, NULL);
        check_text(errors, name, CHILD(ITEM(path, i), "name"), rule);
    }
}

static void check_endpoint(struct field_errors *errors, const struct value *endpoint,
                           const char *type, const struct field_path *path)
{
    static const char *const known[] = { "IPv4", "IPv6", "FQDN", NULL };
    const struct value *addresses = value_get(endpoint, "addresses");
    const struct field_path *at = CHILD(path, "addresses");
    if (size_of(addresses) == 0)
        field_required(errors, at, endpoint, "must contain at least 1 address");
    else if (addresses->count > ADDRESSES)
        field_too_many(errors, at, addresses, addresses->count, ADDRESSES);
    for (size_t i = 0; i < size_of(addresses) && one_of(type, known); i++)
        check_address(errors, addresses->items[i], type, at, i);
    if (has(endpoint, "nodeName"))
        check_text(errors, value_get(endpoint, "nodeName"), CHILD(path, "nodeName"),
                   text_dns_subdomain);
    check_labels(errors, value_get(endpoint, "deprecatedTopology"),
                 CHILD(path, "deprecatedTopology"));
    if (has(endpoint, "hostname"))
        check_text(errors, value_get(endpoint, "hostname"), CHILD(path, "hostname"),
                   text_dns_label);
    const struct value *hints = value_get(endpoint, "hints");
    const struct field_path *at_hints = CHILD(path, "hints");
    check_hints(errors, value_get(hints, "forZones"), CHILD(at_hints, "forZones"),
                text_label_value);
    check_hints(errors, value_get(hints, "forNodes"), CHILD(at_hints, "forNodes"),
                text_dns_subdomain);
}

static void check_endpoint_ports(struct field_errors *errors, const struct value *ports,
                                 const struct field_path *path)
{
    if (size_of(ports) > PORTS) {
        field_too_many(errors, path, ports, ports->count, PORTS);
        return;
    }
    for (size_t i = 0; i < size_of(ports); i++) {
        const struct value *port = ports->items[i];
        const struct field_path *item = ITEM(path, i);
        bool again = false;
        check_optional_text(errors, port, "name", item, text_dns_label);
        for (size_t j = 0; j < i; j++)
            again |= strcmp(text_at(ports->items[j], "name"), text_at(port, "name")) == 0;
        if (again)
            field_duplicate(errors, CHILD(item, "name"), value_get(port, "name"), NULL);
        if (has(port, "port"))
            check_port(errors, value_get(port, "port"), CHILD(item, "port"));
        check_choice(errors, port, "protocol", item, protocols, REQUIRED);
        if (has(port, "appProtocol"))
            check_text(errors, value_get(port, "appProtocol"), CHILD(item, "appProtocol"),
                       text_label_key);
    }
}

void check_endpoint_slice(struct field_errors *errors, const struct value *slice)
{
    static const char *const types[] = { "FQDN", "IPv4", "IPv6", NULL };
    const struct value *endpoints = value_get(slice, "endpoints");
    const struct field_path *path = CHILD(NULL, "endpoints");
    check_choice(errors, slice, "addressType", NULL, types, REQUIRED);
    if (size_of(endpoints) > ENDPOINTS)
        field_too_many(errors, path, endpoints, endpoints->count, ENDPOINTS);
    else
        for (size_t i = 0; i < size_of(endpoints); i++)
            check_endpoint(errors, endpoints->items[i], text_at(slice, "addressType"),
                           ITEM(path, i));
    check_endpoint_ports(errors, value_get(slice, "ports"), CHILD(NULL, "ports"));
}

void check_endpoint_slice_update(struct field_errors *errors, const struct value *now,
                                 const struct value *before)
{
    check_endpoint_slice(errors, now);
    check_immutable(errors, value_get(now, "addressType"), value_get(before, "addressType"),
                    CHILD(NULL, "addressType"), NULL);
}
