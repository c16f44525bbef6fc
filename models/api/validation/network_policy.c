/* NetworkPolicies.
 *
 * Follows ValidateNetworkPolicy() of pkg/apis/networking/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/address.h"
#include "models/api/validation/validation_private.h"

static void check_end_port(struct field_errors *errors, const struct value *port,
                           const struct field_path *path)
{
    const struct value *first = value_get(port, "port"), *last = value_get(port, "endPort");
    int64_t number, end;
    if (value_is_null(last))
        return;
    if (value_is_null(first)) {
        field_invalid(errors, CHILD(path, "endPort"), last,
                      "may not be specified when `port` is not specified");
    } else if (!value_as_int(first, &number)) {
        field_invalid(errors, CHILD(path, "endPort"), last,
                      "may not be specified when `port` is non-numeric");
    } else {
        if (value_as_int(last, &end) && end < number)
            field_invalid(errors, CHILD(path, "endPort"), first,
                          "must be greater than or equal to `port`");
        check_port(errors, last, CHILD(path, "endPort"));
    }
}

static void check_policy_port(struct field_errors *errors, const struct value *port,
                              const struct field_path *path)
{
    static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
    const struct value *first = value_get(port, "port");
    const bool named = !value_is_null(first) && first->type == VALUE_STRING;
    check_choice(errors, port, "protocol", path, protocols, OPTIONAL);
    if (named)
        check_end_port(errors, port, path);
    if (!value_is_null(first))
        check_port_or_name(errors, first, CHILD(path, "port"));
    if (!named)
        check_end_port(errors, port, path);
}

/* Are all addresses of one range in the other, and fewer? */
static bool is_strict_subset(const char *inner, const char *outer)
{
    struct address in, out;
    const char *in_slash = strchr(inner, '/'), *out_slash = strchr(outer, '/');
    if (!cidr_parse(inner, &in) || !cidr_parse(outer, &out) || in.is_v4 != out.is_v4)
        return false;
    const int in_bits = atoi(in_slash + 1), out_bits = atoi(out_slash + 1);
    const int from = in.is_v4 ? 96 : 0;
    for (int bit = from; bit < from + out_bits; bit++)
        if ((in.bytes[bit / 8] ^ out.bytes[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    return in_bits > out_bits;
}

static void check_ip_block(struct field_errors *errors, const struct value *block,
                           const struct field_path *path)
{
    const struct value *cidr = value_get(block, "cidr"), *except = value_get(block, "except");
    const size_t faults = errors->count;
    if (*value_text(cidr, "") == '\0')
        field_required(errors, CHILD(path, "cidr"), block, "%s", "");
    else
        check_cidr(errors, cidr, cidr->text, CHILD(path, "cidr"));
    if (errors->count > faults)
        return;
    for (size_t i = 0; i < size_of(except); i++) {
        const struct value *range = except->items[i];
        const struct field_path *at = ITEM(CHILD(path, "except"), i);
        const size_t before = errors->count;
        check_cidr(errors, range, value_text(range, ""), at);
        if (errors->count == before && !is_strict_subset(value_text(range, ""), cidr->text))
            field_invalid(errors, at, range, "must be a strict subset of `cidr`");
    }
}

static void check_peer(struct field_errors *errors, const struct value *peer,
                       const struct field_path *path)
{
    static const char *const selectors[] = { "podSelector", "namespaceSelector" };
    const struct value *block = value_get(peer, "ipBlock");
    int peers = !value_is_null(block);
    for (size_t i = 0; i < 2; i++) {
        const struct value *selector = value_get(peer, selectors[i]);
        peers += !value_is_null(selector);
        check_label_selector(errors, selector, CHILD(path, selectors[i]));
    }
    if (!value_is_null(block))
        check_ip_block(errors, block, CHILD(path, "ipBlock"));
    if (peers == 0)
        field_required(errors, path, peer, "must specify a peer");
    else if (peers > 1 && !value_is_null(block))
        field_forbidden(errors, path, peer, "may not specify both ipBlock and another peer");
}

static void check_rules(struct field_errors *errors, const struct value *spec, const char *key,
                        const char *peers, const struct field_path *path)
{
    const struct value *rules = value_get(spec, key);
    for (size_t i = 0; i < size_of(rules); i++) {
        const struct value *ports = value_get(rules->items[i], "ports");
        const struct value *list = value_get(rules->items[i], peers);
        const struct field_path *rule = ITEM(CHILD(path, key), i);
        for (size_t j = 0; j < size_of(ports); j++)
            check_policy_port(errors, ports->items[j], ITEM(CHILD(rule, "ports"), j));
        for (size_t j = 0; j < size_of(list); j++)
            check_peer(errors, list->items[j], ITEM(CHILD(rule, peers), j));
    }
}

void check_network_policy(struct field_errors *errors, const struct value *policy)
{
    static const char *const types[] = { "Ingress", "Egress", NULL };
    const struct value *spec = value_get(policy, "spec"), *given = value_get(spec, "policyTypes");
    const struct field_path *path = CHILD(NULL, "spec"), *at = CHILD(path, "policyTypes");
    check_label_selector(errors, value_get(spec, "podSelector"), CHILD(path, "podSelector"));
    check_rules(errors, spec, "ingress", "from", path);
    check_rules(errors, spec, "egress", "to", path);
    if (size_of(given) > 2) {
        field_invalid(errors, at, given, "may not specify more than two policyTypes");
        return;
    }
    for (size_t i = 0; i < size_of(given); i++)
        if (!one_of(value_text(given->items[i], ""), types))
            field_unsupported(errors, ITEM(at, i), given->items[i], NULL, types);
}
