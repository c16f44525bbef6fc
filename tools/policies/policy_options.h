/* Policies on a command line. */
#ifndef TOOLS_POLICIES_POLICY_OPTIONS_H
#define TOOLS_POLICIES_POLICY_OPTIONS_H

#include "models/cluster/simulation.h"
#include "tools/command.h"
#include "tools/policies/policy.h"

/* For the tables of commands that play a scenario. */
#define POLICY_OPTIONS                                                                             \
    { "policy", 'p', "POLICY",                                                                     \
      "who schedules: a name, a .so, .py or .yaml file, a command or a URL" },                     \
    {                                                                                              \
        "policy-timeout", 0, "TIME",                                                               \
            "real time that a policy of your own may take for an answer (10s)"                     \
    }

/* How policies are started for this scenario, by what the command line says. False with the error. */
bool outside_options_read(const struct command_line *line, const struct scenario *scenario,
                          struct outside_options *options, struct error *error);

/* Let the scenario be scheduled by the policy of --policy, or, without one, by the scheduler's
 * configuration that it has; *policy is NULL when there is neither. False after the faults were
 * printed, in the name of the command. */
bool policy_take(const struct command_line *line, const char *command, struct scenario *scenario,
                 struct policy **policy);

/* What became of a policy in a run: a failure goes into the summary (`stopped`) and to standard
 * error, in the name of the command; those who learn hear of the end. NULL is fine. */
void policy_tell(struct policy *policy, const char *command, struct simulation *simulation,
                 struct value *summary);

#endif
