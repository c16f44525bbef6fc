/* A scheduling policy by what a command line calls it:
 *
 *     default, fgd, ...          a name (models/scheduler/configuration/policies.h)
 *     my-config.yaml             a KubeSchedulerConfiguration, its extenders included
 *     ./my_policy.so             a shared object (include/seatrial/policy.h)
 *     policy.py, 'ruby p.rb'     a command that speaks lines of JSON (docs/policies.md)
 *     fd:3,4                     the same over descriptors that we were started with
 *     http://localhost:8888      an extender with the verbs filter and prioritize
 *
 * A policy is opened for one run, at its beginning, and closed behind it. */
#ifndef TOOLS_POLICIES_POLICY_H
#define TOOLS_POLICIES_POLICY_H

#include "models/cluster/settings.h"
#include "models/scheduler/extender.h"
#include "tools/policies/outside.h"

struct policy;

/* The text outlives the policy; limits of 0 are the usual ones. NULL with the faults, each with the user's place. */
struct policy *policy_open(const char *text, const struct outside_options *options,
                           struct error_list *faults);
/* The same of a KubeSchedulerConfiguration that was read already. */
struct policy *policy_open_configuration(const struct value *configuration,
                                         const struct outside_options *options,
                                         struct error_list *faults);
/* NULL is fine. */
void policy_close(struct policy *policy);

/* Let the scheduler of these settings follow it. */
void policy_apply(struct policy *policy, struct settings *settings);

/* What went wrong with it while the run went on, as one sentence without its end; NULL: nothing, or
 * there is no policy. */
const char *policy_failure(const struct policy *policy);
/* The same of extenders that may be ignored: the first fault, and how many there were. */
const char *policy_ignored(const struct policy *policy, size_t *count);

/* The run has ended: those who learn from it hear what became of the pods (may be NULL). */
void policy_end(struct policy *policy, sim_time now, const struct value *pods);

/* Is there such a policy, as far as can be said without starting anything? Otherwise the fault says
 * what there is. */
bool policy_exists(const char *text, struct error *error);

#endif
