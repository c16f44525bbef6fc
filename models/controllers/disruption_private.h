/* What the files of the disruption controller share. */
#ifndef MODELS_CONTROLLERS_DISRUPTION_PRIVATE_H
#define MODELS_CONTROLLERS_DISRUPTION_PRIVATE_H

#include "models/api/policy.h"
#include "models/controllers/pod_control.h"

/* What a budget asks for, of the pods it selects. */
struct expected_pods {
    int32_t count;           /* pods there should be */
    int32_t desired_healthy; /* of which so many healthy */
    bool unmanaged;          /* some have no controller that says how many there should be */
};

/* Percentages and maxUnavailable refer to what the controllers of the pods want, a plain
 * minAvailable to the pods there are. False with the error when a controller cannot be asked.
 * O(pods * their controllers). */
bool expected_pods_of(const struct client *client, const struct pod_disruption_budget *budget,
                      const struct pod_list *pods, struct expected_pods *expected,
                      struct error *error);

/* A LabelSelector as Go prints it: "&LabelSelector{MatchLabels:map[string]string{app: web,},...".
 * The caller frees. */
char *label_selector_print(const struct value *selector);

#endif
