/* What must hold of a cluster at any instant, and of one that has come to rest. */
#ifndef TESTS_SUPPORT_SOAK_CHECKS_H
#define TESTS_SUPPORT_SOAK_CHECKS_H

#include "models/cluster/cluster.h"
#include "models/cluster/simulation.h"
#include "sim/base/writer.h"
#include "tests/support/soak_story.h"

/* Append "rule: what" for each rule that is broken. */

/* Every stored object loads from its own print, and prints the same again. */
void soak_check_prints(const struct cluster *cluster, struct writer *complaints);

/* Shares add up, observed time and curve agree with the store. */
void soak_check_summary(struct simulation *simulation, struct writer *complaints);

/* Nothing has been done or has broken for a long time: owners exist, statuses are what a recount
 * gives, what could be scheduled is. */
void soak_check_rest(const struct cluster *cluster, struct writer *complaints);

/* Look at every write of a cluster. */
struct soak_watch;
struct soak_watch *soak_watch_new(struct cluster *cluster, enum soak_mood mood,
                                  struct writer *complaints);
void soak_watch_free(struct soak_watch *watch);

#endif
