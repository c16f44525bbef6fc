/* Scheduling policies by name: what `--policy NAME` stands for.
 *
 * A policy is a KubeSchedulerConfiguration, written as a user would write it. Adding one is
 * one line in the table in policies.c, next to the plugin it turns on. */
#ifndef MODELS_SCHEDULER_POLICIES_H
#define MODELS_SCHEDULER_POLICIES_H

#include "sim/base/value.h"

struct scheduling_policy {
    const char *name;          /* "fgd" */
    const char *summary;       /* one line, no full stop */
    const char *configuration; /* YAML, a constant */
};

/* The table, in the order in which they are listed; ends with a NULL name. */
extern const struct scheduling_policy scheduling_policies[];

/* NULL when there is none. */
const struct scheduling_policy *scheduling_policy_find(const char *name);

/* Its configuration as a document for scheduler_configuration_load(); a new reference. */
struct value *scheduling_policy_read(const struct scheduling_policy *policy);

#endif
