/* What a pod meets that a controller made from its template: the plugins of its namespace.
 *
 * A template was admitted once, as in a namespace where nothing is special. Where something is (a
 * LimitRange, an account that gives no token, a class that is missing), its pods are admitted
 * again, once for all pods of a template until one of these objects changes. Elsewhere a pod costs
 * a few look-ups. Pods of users' documents have been through admission when they come here. */
#ifndef MODELS_CLUSTER_POD_ADMISSION_H
#define MODELS_CLUSTER_POD_ADMISSION_H

#include "models/api/pod.h"
#include "models/cluster/client.h"

struct pod_admissions;
struct pod_admissions *pod_admissions_new(struct cluster *cluster);
void pod_admissions_free(struct pod_admissions *admissions);

/* Mark a record as one that a controller has made from its template: others are let in as they are. */
void pod_mark_templated(struct object *pod);

/* The mutating plugins on an unshared record that has no name yet, if its name is generated.
 * REPLY_OK, or why not. *admitted is for pod_admit_check(), NULL: there is nothing to check. */
struct admitted;
enum reply pod_admit(struct client *client, struct pod *pod, const struct admitted **admitted,
                     struct error *error);

/* Validation and the plugins that only judge, on a pod that now has its name. */
enum reply pod_admit_check(const struct admitted *admitted, const struct pod *pod,
                           struct error *error);

/* An object was written that pods of its namespace, or all, are admitted by: forget what was. */
void pod_admissions_note(struct pod_admissions *admissions, const struct object *written);

#endif
