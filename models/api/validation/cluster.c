/* Nodes and Namespaces.
 *
 * Follows ValidateNode(), ValidateNodeUpdate() and ValidateNamespace() of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security.h"
#include "models/api/validation/address.h"
#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static void duplicate_taint(struct field_errors *errors, const struct value *taint,
                            const struct field_path *path)
{
    char *printed = go_value_print(taint, schema_type("core/v1.Taint"));
    char *detailed = mem_format("%s: taints must be unique by key and effect pair", printed);
    field_duplicate(errors, path, taint, detailed);
    free(detailed);
    free(printed);
}

static void check_taints(struct field_errors *errors, const struct value *taints,
                         const struct field_path *path)
{
    for (size_t i = 0; i < size_of(taints); i++) {
        const struct value *taint = taints->items[i];
        const struct field_path *item = ITEM(path, i);
        check_text(errors, value_get(taint, "key"), CHILD(item, "key"), text_label_key);
        check_text(errors, value_get(taint, "value"), CHILD(item, "value"), text_label_value);
        check_taint_effect(errors, taint, item, REQUIRED);
        for (size_t j = 0; j < i; j++)
            if (strcmp(text_at(taint, "key"), text_at(taints->items[j], "key")) == 0 &&
                strcmp(text_at(taint, "effect"), text_at(taints->items[j], "effect")) == 0) {
                duplicate_taint(errors, taint, item);
                break;
            }
    }
}

static void check_amounts(struct field_errors *errors, const struct value *amounts,
                          const struct field_path *path)
{
    for (size_t i = 0; i < size_of(amounts); i++)
        check_quantity(errors, amounts->entries[i].key, amounts->entries[i].value,
                       CHILD(path, amounts->entries[i].key));
}

static void check_pod_ranges(struct field_errors *errors, const struct value *ranges,
                             const struct field_path *path)
{
    bool v4 = false, v6 = false;
    for (size_t i = 0; i < size_of(ranges); i++) {
        struct address address;
        const char *text = value_text(ranges->items[i], "");
        check_cidr(errors, ranges->items[i], text, ITEM(path, i));
        if (cidr_parse(text, &address))
            *(address.is_v4 ? &v4 : &v6) = true;
    }
    if (size_of(ranges) < 2)
        return;
    if (!v4 || !v6 || ranges->count > 2)
        field_invalid(errors, path, ranges, "may specify no more than one CIDR for each IP family");
    for (size_t i = 0; i < ranges->count; i++)
        for (size_t j = 0; j < i; j++)
            if (value_equal(ranges->items[i], ranges->items[j])) {
                field_duplicate(errors, ITEM(path, i), ranges->items[i], NULL);
                break;
            }
}

static void check_node_status(struct field_errors *errors, const struct value *node)
{
    const struct value *status = value_get(node, "status");
    const struct field_path *at = CHILD(NULL, "status");
    check_amounts(errors, value_get(status, "capacity"), CHILD(at, "capacity"));
    check_amounts(errors, value_get(status, "allocatable"), CHILD(at, "allocatable"));
}

void check_node(struct field_errors *errors, const struct value *node)
{
    const struct value *spec = value_get(node, "spec");
    check_taints(errors, value_get(spec, "taints"), CHILD(CHILD(NULL, "metadata"), "taints"));
    check_node_status(errors, node);
    check_pod_ranges(errors, value_get(spec, "podCIDRs"), CHILD(CHILD(NULL, "spec"), "podCIDRs"));
}

void check_node_update(struct field_errors *errors, const struct value *now,
                       const struct value *before)
{
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    const struct value *addresses = value_path(now, "status", "addresses", NULL);
    const struct field_path *path = CHILD(NULL, "spec");
    check_node_status(errors, now);
    for (size_t i = 0; i < size_of(addresses); i++)
        for (size_t j = 0; j < i; j++)
            if (value_equal(addresses->items[i], addresses->items[j])) {
                char *printed =
                    go_value_print(addresses->items[i], schema_type("core/v1.NodeAddress"));
                field_duplicate(errors, ITEM(CHILD(CHILD(NULL, "status"), "addresses"), i),
                                addresses->items[i], printed);
                free(printed);
                break;
            }
    if (size_of(value_get(was, "podCIDRs")) > 0 &&
        !value_equal(value_get(spec, "podCIDRs"), value_get(was, "podCIDRs")))
        field_forbidden(errors, CHILD(path, "podCIDRs"), spec,
                        "node updates may not change podCIDR except from \"\" to valid");
    if (*text_at(was, "providerID") != '\0' &&
        strcmp(text_at(spec, "providerID"), text_at(was, "providerID")) != 0)
        field_forbidden(errors, CHILD(path, "providerID"), spec,
                        "node updates may not change providerID except from \"\" to valid");
    check_taints(errors, value_get(spec, "taints"), CHILD(CHILD(NULL, "metadata"), "taints"));
}

/* The plugin PodSecurity refuses labels that it cannot read. */
static void check_pod_security_labels(struct field_errors *errors, const struct value *space)
{
    const struct value *labels = value_path(space, "metadata", "labels", NULL);
    for (size_t i = 0; i < size_of(labels); i++) {
        const struct value_entry *label = &labels->entries[i];
        const char *problem = pod_security_label_problem(label->key, value_text(label->value, ""));
        if (problem != NULL)
            field_invalid(errors, KEY(CHILD(CHILD(NULL, "metadata"), "labels"), label->key),
                          label->value, "%s", problem);
    }
}

void check_namespace(struct field_errors *errors, const struct value *space)
{
    const struct value *finalizers = value_path(space, "spec", "finalizers", NULL);
    const struct field_path *path = CHILD(CHILD(NULL, "spec"), "finalizers");
    for (size_t i = 0; i < size_of(finalizers); i++) {
        const char *name = value_text(finalizers->items[i], "");
        check_text(errors, finalizers->items[i], path, text_label_key);
        if (strchr(name, '/') == NULL && strcmp(name, "kubernetes") != 0 &&
            strcmp(name, "orphan") != 0 && strcmp(name, "foregroundDeletion") != 0)
            field_invalid(errors, path, finalizers->items[i],
                          "name is neither a standard finalizer name nor is it fully qualified");
    }
    check_pod_security_labels(errors, space);
}
