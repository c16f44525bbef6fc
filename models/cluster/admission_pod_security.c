/* The admission plugin PodSecurity: what a namespace's labels say of pods and of templates.
 *
 * Follows k8s.io/pod-security-admission admission/admission.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security.h"
#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"

static const struct labels *labels_of(const struct admission *admission,
                                      const struct value *document)
{
    const struct value *space = value_path(document, "metadata", "namespace", NULL);
    if (admission->namespace_labels == NULL || space == NULL)
        return NULL;
    return admission->namespace_labels(admission->context, value_text(space, ""));
}

/* What a level has against a PodSpec, with the level: `PodSecurity "restricted:latest": ...`; the
 * caller frees. NULL: nothing. */
static char *complaint(const struct value *spec, const struct value *annotations,
                       struct pod_security_level level)
{
    char *violations = pod_security_violations(spec, annotations, level);
    if (violations == NULL)
        return NULL;
    char *name = pod_security_print(level);
    char *text = mem_format("PodSecurity \"%s\": %s", name, violations);
    free(name);
    free(violations);
    return text;
}

bool admission_pod_security(const struct admission *admission, const struct value *pod,
                            const char *name, struct refusal *refusal)
{
    const struct labels *labels = labels_of(admission, pod);
    if (labels == NULL)
        return true;
    char *text = complaint(value_get(pod, "spec"), value_path(pod, "metadata", "annotations", NULL),
                           pod_security_of(labels, "enforce"));
    if (text != NULL)
        refuse_document(refusal, 403, "pods \"%s\" is forbidden: violates %s", name, text);
    free(text);
    return refusal->code == 0;
}

/* The PodSpec of a pod, or of what makes pods; NULL of other kinds. */
static const struct value *spec_within(const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"), "");
    const struct value *spec = value_get(document, "spec");
    if (strcmp(kind, "Pod") == 0)
        return spec;
    if (strcmp(kind, "PodTemplate") == 0)
        return value_path(document, "template", "spec", NULL);
    if (strcmp(kind, "CronJob") == 0)
        spec = value_path(spec, "jobTemplate", "spec", NULL);
    return value_path(spec, "template", "spec", NULL);
}

void admission_warn_pod_security(const struct admission *admission, const struct value *document,
                                 struct error_list *warnings)
{
    const struct labels *labels = labels_of(admission, document);
    const struct value *spec = spec_within(document);
    if (labels == NULL || spec == NULL)
        return;
    const bool asked = labels_get(labels, "pod-security.kubernetes.io/warn") != NULL;
    char *text = complaint(spec, NULL, pod_security_of(labels, asked ? "warn" : "enforce"));
    if (text != NULL)
        error_list_add(warnings, document->at, "would violate %s", text);
    free(text);
}
