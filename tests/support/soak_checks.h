/* What must hold of a cluster at any instant, and of one that has come to rest. */
#ifndef TESTS_SUPPORT_SOAK_CHECKS_H
#define TESTS_SUPPORT_SOAK_CHECKS_H

#include "models/cluster/cluster.h"
#include "models/cluster/simulation.h"
#include "models/invariants/invariant.h"
#include "sim/base/writer.h"

/* Append "rule: what" for each rule that is broken. */

/* Every stored object loads from its own print, and prints the same again. */
void soak_check_prints(const struct cluster *cluster, struct writer *complaints);

/* Shares add up, observed time and curve agree with the store. */
void soak_check_summary(struct simulation *simulation, struct writer *complaints);

/* What invariants found, one line each. */
void soak_complain(const struct invariants_run *watch, struct writer *complaints);

/* Nothing has been done or has broken for a long time: what invariants ask of a cluster at rest. */
void soak_check_rest(struct cluster *cluster, struct writer *complaints);

#endif
