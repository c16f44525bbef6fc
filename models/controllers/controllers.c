/* The controllers of kube-controller-manager that are simulated, in the order in which they hear of
 * changes. */
#include <stddef.h>

#include "models/controllers/controller.h"

const struct controller *const controllers[] = {
    NULL,
};
