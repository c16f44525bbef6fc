/* What the two ways of probing share. */
#ifndef MODELS_KUBELET_PROBES_PRIVATE_H
#define MODELS_KUBELET_PROBES_PRIVATE_H

#include "models/kubelet/probes.h"

/* Attempts before this instant do not count: initialDelaySeconds after the container's start
 * as its status shows it, in whole seconds. */
sim_time probe_counts_from(const struct probed *probed, const struct probe *probe);

#endif
