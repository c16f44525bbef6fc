/* A finding told to people. */
#ifndef TOOLS_EXPLORE_STORY_H
#define TOOLS_EXPLORE_STORY_H

#include "sim/base/writer.h"
#include "tools/explore/exploration.h"

/* What was broken and when, and the lines of the trace that led there: each because of the one before
 * it. Plays the run once more. */
void story_print(const struct scenario *scenario, const struct variance *variance,
                 const struct finding *finding, struct writer *out);
/* The same lines as a list of maps; a new reference. */
struct value *story_chain(const struct scenario *scenario, const struct variance *variance,
                          const struct finding *finding);

#endif
