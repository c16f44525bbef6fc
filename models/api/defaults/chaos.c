/* Kinds of Chaos Mesh: what its webhooks fill in.
 *
 * Follows Default() of api/v1alpha1 of Chaos Mesh 2.7. */
#include "models/api/defaults/defaults_private.h"

/* A selector that names neither namespaces nor pods means the experiment's own namespace. */
static void default_selector(struct value **holder, const char *space)
{
    const struct value *selector = value_get(*holder, "selector");
    const struct value *spaces = value_get(selector, "namespaces");
    if (value_is_null(selector) || selector->type != VALUE_MAP ||
        (!value_is_null(spaces) && spaces->count > 0) || *space == '\0')
        return;
    struct value *own = value_new_list();
    value_add(own, value_new_string(space));
    value_put(holder, own, "selector", "namespaces", NULL);
}

static const char *space_of(const struct value *document)
{
    return value_text(value_path(document, "metadata", "namespace", NULL), "");
}

void default_chaos(struct value **node)
{
    const struct value *spec = value_get(*node, "spec");
    if (value_is_null(spec) || spec->type != VALUE_MAP)
        return;
    default_selector(value_slot(value_own(node), "spec"), space_of(*node));
}

void default_network_chaos(struct value **node)
{
    const struct value *spec = value_get(*node, "spec");
    if (value_is_null(spec) || spec->type != VALUE_MAP)
        return;
    default_chaos(node);
    struct value **own = value_slot(value_own(node), "spec");
    default_text(own, "direction", "to");
    if (!value_is_null(value_get(*own, "target")))
        default_selector(value_slot(value_own(own), "target"), space_of(*node));
}

void default_delay(struct value **node)
{
    default_text(node, "jitter", "0ms");
    if (value_is_null(value_get(*node, "correlation")))
        value_set(value_own(node), "correlation", value_new_string("0"));
}

void default_status_check(struct value **node)
{
    default_count(node, "timeoutSeconds", 1);
    default_count(node, "intervalSeconds", 10);
    default_count(node, "failureThreshold", 3);
    default_count(node, "successThreshold", 1);
    default_count(node, "recordsHistoryLimit", 100);
}
