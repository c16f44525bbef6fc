/* Placements for people and for programs. */
#ifndef TOOLS_SCHEDULE_PLACEMENT_PRINT_H
#define TOOLS_SCHEDULE_PLACEMENT_PRINT_H

#include "sim/base/writer.h"
#include "tools/schedule/placement.h"

/* A table of 100 columns, explanations below it, and a sum. `only_explained`: pods that nobody asked
 * about have no row. */
void placements_print(const struct placements *placements, bool only_explained, struct writer *out);

/* {apiVersion, kind: Placements, pods: [...], summary: {result: count}}: a new reference. */
struct value *placements_value(const struct placements *placements);

/* A List of the explained pods, as the API server would have them, with the annotations of the
 * kube-scheduler-simulator; a new reference. */
struct value *placements_annotated(const struct trial *trial, const struct placements *placements);

#endif
