/* What a cluster is made of: namespaces, nodes, volumes, limits, classes, secrets.
 *
 * Follows pkg/apis/core/v1/defaults.go, pkg/apis/scheduling/v1/defaults.go and
 * pkg/apis/storage/v1/defaults.go. */
#include <stdlib.h>
#include <string.h>

#include "models/api/base64.h"
#include "models/api/defaults/defaults_private.h"

void default_namespace(struct value **node)
{
    const struct value *name = value_path(*node, "metadata", "name", NULL);
    if (*value_text(name, "") != '\0')
        value_put(node, value_new_string(name->text), "metadata", "labels",
                  "kubernetes.io/metadata.name", NULL);
}

void default_namespace_status(struct value **node)
{
    default_text(node, "phase", "Active");
}

/* One range of addresses and the list of them say the same (pkg/apis/core/v1/conversion.go). */
void default_node_spec(struct value **node)
{
    const struct value *one = value_get(*node, "podCIDR"), *list = value_get(*node, "podCIDRs");
    const bool listed = list != NULL && list->count > 0;
    if (one == NULL && listed) {
        value_set(value_own(node), "podCIDR", value_hold(list->items[0]));
    } else if (one != NULL && !listed) {
        struct value *ranges = value_new_list();
        value_add(ranges, value_hold(one));
        value_set(value_own(node), "podCIDRs", ranges);
    }
}

/* A node that does not say what may be used of it lets all be used. */
void default_node_status(struct value **node)
{
    const struct value *capacity = value_get(*node, "capacity");
    if (capacity != NULL && value_is_null(value_get(*node, "allocatable")))
        value_set(value_own(node), "allocatable", value_hold(capacity));
}

/* What was written as text is kept as bytes (pkg/apis/core/v1/conversion.go). */
static void take_texts(struct value **secret)
{
    struct value *texts = value_get(*secret, "stringData");
    if (texts == NULL)
        return;
    value_hold(texts);
    value_remove(value_own(secret), "stringData");
    for (size_t i = 0; i < texts->count; i++) {
        const struct value *text = texts->entries[i].value;
        char *encoded = base64_encode(value_text(text, ""), text->count);
        struct value *bytes = value_new_string(encoded);
        bytes->at = text->at;
        value_set(value_own(value_slot(*secret, "data")), texts->entries[i].key, bytes);
        free(encoded);
    }
    value_drop(texts);
}

void default_secret(struct value **node)
{
    take_texts(node);
    default_text(node, "type", "Opaque");
}

void default_claim(struct value **node)
{
    if (value_path(*node, "status", "phase", NULL) == NULL)
        value_put(node, value_new_string("Pending"), "status", "phase", NULL);
}

void default_claim_spec(struct value **node)
{
    default_text(node, "volumeMode", "Filesystem");
}

void default_volume_object(struct value **node)
{
    struct value **spec = value_slot(value_own(node), "spec");
    value_own(spec);
    default_text(spec, "persistentVolumeReclaimPolicy", "Retain");
    default_text(spec, "volumeMode", "Filesystem");
    if (value_path(*node, "status", "phase", NULL) == NULL)
        value_put(node, value_new_string("Pending"), "status", "phase", NULL);
}

/* Fill one map of amounts from another, where it does not speak. */
static void default_amounts(struct value **node, const char *key, const char *from)
{
    const struct value *amounts = value_get(*node, from);
    for (size_t i = 0; amounts != NULL && i < amounts->count; i++) {
        const struct value_entry *entry = &amounts->entries[i];
        if (value_path(*node, key, entry->key, NULL) == NULL)
            value_put(node, value_hold(entry->value), key, entry->key, NULL);
        amounts = value_get(*node, from);
    }
}

void default_limit_range(struct value **node)
{
    if (strcmp(default_reads(*node, "type"), "Container") != 0)
        return;
    default_amounts(node, "default", "max");
    default_amounts(node, "defaultRequest", "default");
    default_amounts(node, "defaultRequest", "min");
}

/* On its way into the store an empty list is none. */
void default_limit_ranges(struct value **node)
{
    const struct value *limits = value_get(*node, "limits");
    if (limits != NULL && limits->count == 0)
        value_remove(value_own(node), "limits");
}

void default_priority_class(struct value **node)
{
    default_text(node, "preemptionPolicy", "PreemptLowerPriority");
}

void default_storage_class(struct value **node)
{
    default_text(node, "reclaimPolicy", "Delete");
    default_text(node, "volumeBindingMode", "Immediate");
}
