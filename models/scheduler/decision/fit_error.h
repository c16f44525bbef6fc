/* "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s)."
 *
 * Follows FitError in pkg/scheduler/framework/types.go of the release named in
 * docs/fidelity.md: reasons with their counts, sorted as strings. */
#ifndef MODELS_SCHEDULER_FIT_ERROR_H
#define MODELS_SCHEDULER_FIT_ERROR_H

#include "models/scheduler/decision/rejection_table.h"

/* Reasons and how many nodes gave them. All zero to begin with. */
struct fit_error {
    struct fit_reason {
        struct reason reason; /* borrowed */
        size_t nodes;
        char *line; /* owned: while it is printed */
    } * items;
    size_t count, capacity;
};
void fit_error_close(struct fit_error *error);

/* So many more nodes gave this reason. O(distinct reasons). */
void fit_error_add(struct fit_error *error, struct reason reason, size_t nodes);
void fit_error_add_rejection(struct fit_error *error, const struct stored_rejection *rejection,
                             size_t nodes);

void fit_error_print(struct fit_error *error, size_t all_nodes, struct writer *into);

#endif
