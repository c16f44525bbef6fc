/* Play a scenario and doubt everything: what must hold of any run, whatever happens in it. */
#ifndef TESTS_SUPPORT_SOAK_PLAY_H
#define TESTS_SUPPORT_SOAK_PLAY_H

#include "sim/base/writer.h"
#include "tests/support/soak_story.h"

/* Play a scenario's text as one of this mood: once with every check at random instants and at the
 * end, again with the plain event list and without metrics, and again as printed by
 * scenario_print(). Complaints are appended, one a line, "rule: what". Returns the trace hash; 0
 * when the scenario was refused, which is a complaint of the rule "refused". */
uint64_t soak_play(const char *yaml, enum soak_mood mood, struct writer *complaints);

#endif
