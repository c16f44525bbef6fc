/* Would kube-scheduler take this configuration?
 *
 * Follows strict decoding, pkg/scheduler/apis/config/validation and what NewFramework() refuses, of
 * the release named in docs/fidelity.md. Versions v1beta1 to v1beta3, which that release no
 * longer reads, are read as v1 with the plugins there are today. */
#ifndef MODELS_SCHEDULER_CONFIGURATION_CHECK_H
#define MODELS_SCHEDULER_CONFIGURATION_CHECK_H

#include "sim/base/value.h"

/* Append every fault, with its field and place; false when there was one. A document that does not
 * say its version and kind is read as v1. */
bool configuration_check(const struct value *document, struct error_list *errors);

/* Is it of a version in which all weights but that of PodTopologySpread are 1 unless they are given
 * (v1beta1, v1beta2)? */
bool configuration_has_old_weights(const struct value *document);

#endif
