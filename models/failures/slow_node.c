/* Everything on a node takes `factor` times as long: a tired disk, a hot processor, a noisy neighbour.
 * Of pods that a selector matches, or of the nodes of a zone or group, too. */
#include "models/failures/patients.h"

static void slow_node_strike(struct blow *blow)
{
    struct ailment ailment = ailment_none();
    ailment.slowness = value_double(value_get(blow->options, "factor"), 2);
    patients_add_all(blow, ailment);
}

static void slow_node_check(const struct value *options, struct error_list *faults)
{
    selector_check(options, "pods", faults);
}

const struct failure slow_node = {
    .name = "slow-node",
    .targets = TARGET_AS_SAID,
    .check = slow_node_check,
    .strike = slow_node_strike,
    .mend = patients_heal,
};
