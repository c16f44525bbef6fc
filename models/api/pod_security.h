/* The Pod Security Standards: what a pod does that its namespace forbids.
 *
 * Follows k8s.io/pod-security-admission policy and api of the release named in docs/fidelity.md: which
 * checks a level has in which version, their order and their words. Of versions below 1.19 the
 * annotations for seccomp are not looked at. */
#ifndef MODELS_API_POD_SECURITY_H
#define MODELS_API_POD_SECURITY_H

#include "models/api/labels.h"
#include "sim/base/value.h"

enum pod_security { POD_PRIVILEGED, POD_BASELINE, POD_RESTRICTED };

/* A level in its version; the latest has a minor version beyond all others. */
struct pod_security_level {
    enum pod_security level;
    int minor;
};

/* What the labels of a namespace say for a mode: "enforce" or "warn". What cannot be read means
 * restricted, as a careful reader would take it; without a label everything is allowed. */
struct pod_security_level pod_security_of(const struct labels *labels, const char *mode);
/* "restricted:latest", "baseline:v1.28"; the caller frees. */
char *pod_security_print(struct pod_security_level level);

/* Why the level forbids a PodSpec: "privileged (container "c" must not set ...), ..."; the caller
 * frees. NULL: it does not. `annotations` are those of the pod, or NULL. */
char *pod_security_violations(const struct value *spec, const struct value *annotations,
                              struct pod_security_level level);

/* What is wrong with the value of a label of a namespace; NULL: nothing, or it is none of
 * these. A constant. */
const char *pod_security_label_problem(const char *key, const char *value);

#endif
