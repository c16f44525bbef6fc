/* A run at a moment: its cluster as objects in which no time passes. */
#ifndef TOOLS_SCHEDULE_MOMENT_H
#define TOOLS_SCHEDULE_MOMENT_H

#include "models/cluster/simulation.h"
#include "models/scheduler/trial/trial.h"
#include "tools/command.h"

/* The moment that --at names, -1 when it was not given. False with the reason printed. */
bool moment_read(const struct command_line *line, const char *command, sim_time *at);

/* What to read for an operand: the scenario.json in the folder of a run, or the operand itself. The
 * caller frees. */
char *moment_path(const char *operand);

/* The scenario at its beginning, without metrics; NULL after the faults were printed. */
struct simulation *moment_begin(const struct scenario *scenario);

/* Play the scenario up to the moment. NULL after the faults were printed. */
struct trial *moment_trial(const struct scenario *scenario, sim_time at);

/* Take a pod off its node, as if it were to be placed now. */
void moment_unbind(struct trial *trial, const struct pod *pod);

#endif
