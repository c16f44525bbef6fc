/* Objects of CSI drivers; see csi_drivers.h.
 *
 * Follows pkg/volume/csi/nodeinfomanager of the release named in docs/fidelity.md. */
#include "models/cluster/csi_drivers.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/text_rules.h"
#include "models/cluster/shape.h"

/* All of Kubernetes' own plugins that have moved have moved on every node. */
static const char migrated[] =
    "kubernetes.io/aws-ebs,kubernetes.io/azure-disk,kubernetes.io/azure-file,kubernetes.io/cinder,"
    "kubernetes.io/gce-pd,kubernetes.io/portworx-volume,kubernetes.io/vsphere-volume";

static const char *name_of_driver(const struct value *driver)
{
    return value_text(shape_get(driver, "name"), "");
}

static bool check_name(const struct value *driver, struct error_list *faults)
{
    const char *name = name_of_driver(driver);
    char *problem = text_problem(name, text_dns_subdomain);
    if (problem == NULL)
        return true;
    error_list_add(faults, driver->at, "storage: driver \"%s\": %s", name, problem);
    free(problem);
    return false;
}

bool csi_drivers_check(const struct value *drivers, struct error_list *faults)
{
    bool good = true;
    for (size_t i = 0; i < shape_count(drivers); i++) {
        const struct value *driver = shape_at(drivers, i);
        good = check_name(driver, faults) && good;
        for (size_t k = 0; k < i; k++)
            if (strcmp(name_of_driver(shape_at(drivers, k)), name_of_driver(driver)) == 0)
                good =
                    error_list_add(faults, driver->at, "storage: two drivers have the name \"%s\"",
                                   name_of_driver(driver));
    }
    return good;
}

struct value *csi_driver_document(const struct value *driver)
{
    struct value *tree = value_new_map();
    const bool attaches = value_truth(shape_get(driver, "attachRequired"), true);
    tree->at = driver->at;
    value_set(tree, "apiVersion", value_new_string("storage.k8s.io/v1"));
    value_set(tree, "kind", value_new_string("CSIDriver"));
    value_put(&tree, value_new_string(name_of_driver(driver)), "metadata", "name", NULL);
    value_put(&tree, value_new_bool(attaches), "spec", "attachRequired", NULL);
    return tree;
}

static struct value *driver_on_node(const struct value *driver, const char *node)
{
    struct value *entry = value_new_map();
    const struct value *limit = shape_get(driver, "volumesPerNode");
    const struct value *keys = shape_get(driver, "topologyKeys");
    value_set(entry, "name", value_new_string(name_of_driver(driver)));
    value_set(entry, "nodeID", value_new_string(node));
    if (keys != NULL)
        value_set(entry, "topologyKeys", value_hold(keys));
    if (limit != NULL)
        value_put(&entry, value_hold(limit), "allocatable", "count", NULL);
    return entry;
}

struct value *csi_node_document(const struct value *drivers, const char *node, const char *node_uid)
{
    struct value *tree = value_new_map(), *list = value_new_list(), *owners = value_new_list();
    struct value *owner = value_new_map();
    value_set(owner, "apiVersion", value_new_string("v1"));
    value_set(owner, "kind", value_new_string("Node"));
    value_set(owner, "name", value_new_string(node));
    value_set(owner, "uid", value_new_string(node_uid));
    value_add(owners, owner);
    for (size_t i = 0; i < shape_count(drivers); i++)
        value_add(list, driver_on_node(shape_at(drivers, i), node));
    value_set(tree, "apiVersion", value_new_string("storage.k8s.io/v1"));
    value_set(tree, "kind", value_new_string("CSINode"));
    value_put(&tree, value_new_string(node), "metadata", "name", NULL);
    value_put(&tree, value_new_string(migrated), "metadata", "annotations",
              "storage.alpha.kubernetes.io/migrated-plugins", NULL);
    value_put(&tree, owners, "metadata", "ownerReferences", NULL);
    value_put(&tree, list, "spec", "drivers", NULL);
    return tree;
}
