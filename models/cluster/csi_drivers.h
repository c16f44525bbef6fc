/* The CSI drivers of a scenario's `storage`, and the objects that stand for them.
 *
 * A driver's installation makes its CSIDriver; each kubelet makes the CSINode of its node, which says how
 * many volumes of a driver may be attached there, and by which labels of the node they are reached. Without
 * a word about them, every driver is there and has no limits. */
#ifndef MODELS_CLUSTER_CSI_DRIVERS_H
#define MODELS_CLUSTER_CSI_DRIVERS_H

#include "sim/base/error.h"
#include "sim/base/value.h"

/* Is this list of entries, which fits its shape, without faults? Each fault is appended. */
bool csi_drivers_check(const struct value *drivers, struct error_list *faults);

/* The CSIDriver of an entry, and the CSINode of a node that has them all; new references. */
struct value *csi_driver_document(const struct value *driver);
struct value *csi_node_document(const struct value *drivers, const char *node,
                                const char *node_uid);

#endif
