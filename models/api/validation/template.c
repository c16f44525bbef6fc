/* Selectors of workloads and the pod templates under them.
 *
 * Follows the ValidatePodTemplateSpecFor... functions of pkg/apis/apps/validation. */
#include <string.h>

#include "models/api/validation/validation_private.h"

static const char *const always[] = { "Always", NULL };

/* What the API server says of a selector that is empty, or does not compile. */
struct selector_words {
    const char *empty, *broken;
};

static void invalid_labels(struct field_errors *errors, const struct value *template,
                           const struct field_path *path)
{
    const struct value *labels = value_path(template, "metadata", "labels", NULL);
    const struct field_path *at = CHILD(CHILD(path, "metadata"), "labels");
    if (labels != NULL)
        field_invalid(errors, at, labels, "`selector` does not match template `labels`");
    else
        field_invalid_printed(errors, at, template, "null",
                              "`selector` does not match template `labels`");
}

static bool is_empty_selector(const struct value *selector)
{
    return selector != NULL && size_of(value_get(selector, "matchLabels")) == 0 &&
           size_of(value_get(selector, "matchExpressions")) == 0;
}

static void invalid_selector(struct field_errors *errors, const struct value *selector,
                             const struct field_path *path, const char *detail)
{
    invalid_struct(errors, selector, "apis/meta/v1.LabelSelector", path, detail);
}

void check_restart_and_deadline(struct field_errors *errors, const struct value *template,
                                const struct field_path *path, const char *kind)
{
    const struct value *spec = value_get(template, "spec");
    const struct field_path *at = CHILD(path, "spec");
    if (strcmp(text_at(spec, "restartPolicy"), "Always") != 0)
        field_unsupported(errors, CHILD(at, "restartPolicy"), value_get(spec, "restartPolicy"),
                          NULL, always);
    if (has(spec, "activeDeadlineSeconds"))
        field_forbidden(errors, CHILD(at, "activeDeadlineSeconds"),
                        value_get(spec, "activeDeadlineSeconds"),
                        "activeDeadlineSeconds in %s is not Supported", kind);
}

/* The template's labels must be those the selector selects; an empty selector is blamed already. */
static bool check_selected_labels(struct field_errors *errors, const struct value *spec,
                                  const struct field_path *path, struct selector_words words)
{
    const struct value *selector = value_get(spec, "selector");
    const struct value *template = value_get(spec, "template");
    const struct field_path *at = CHILD(path, "selector");
    if (selector == NULL)
        field_required(errors, at, spec, "%s", "");
    check_label_selector(errors, selector, at);
    if (is_empty_selector(selector))
        invalid_selector(errors, selector, at, words.empty);
    if (!selector_compiles(selector)) {
        invalid_selector(errors, selector, at, words.broken);
        return false;
    }
    if (!is_empty_selector(selector) &&
        !selector_fits(selector, value_path(template, "metadata", "labels", NULL)))
        invalid_labels(errors, template, CHILD(path, "template"));
    return true;
}

void check_replica_template(struct field_errors *errors, const struct value *spec,
                            const struct field_path *path)
{
    static const struct selector_words words = { "empty selector is invalid for deployment",
                                                 "invalid label selector" };
    const struct value *template = value_get(spec, "template");
    if (!check_selected_labels(errors, spec, path, words))
        return;
    check_pod_template(errors, template, CHILD(path, "template"));
    check_restart_and_deadline(errors, template, CHILD(path, "template"), "ReplicaSet");
}

/* Of a StatefulSet's template the API server looks at labels and annotations only. */
void check_stateful_template(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    static const struct selector_words words = { "empty selector is invalid for statefulset", "" };
    const struct value *template = value_get(spec, "template");
    const struct value *meta = value_get(template, "metadata");
    const struct field_path *at = CHILD(path, "template");
    if (check_selected_labels(errors, spec, path, words)) {
        check_labels(errors, value_get(meta, "labels"), CHILD(at, "labels"));
        check_annotations(errors, value_get(meta, "annotations"), CHILD(at, "annotations"));
        check_pod_annotations(errors, value_get(meta, "annotations"), value_get(template, "spec"),
                              CHILD(at, "annotations"));
    }
    check_restart_and_deadline(errors, template, at, "StatefulSet");
}

void check_daemon_template(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    const struct value *selector = value_get(spec, "selector");
    const struct value *template = value_get(spec, "template");
    const struct field_path *at = CHILD(path, "selector"), *below = CHILD(path, "template");
    check_label_selector(errors, selector, at);
    if (selector_compiles(selector) &&
        !selector_fits(selector, value_path(template, "metadata", "labels", NULL)))
        invalid_labels(errors, template, below);
    if (is_empty_selector(selector))
        invalid_selector(errors, selector, at, "empty selector is invalid for daemonset");
    check_pod_template(errors, template, below);
    check_restart_and_deadline(errors, template, below, "DaemonSet");
}

void check_selector_stays(struct field_errors *errors, const struct value *now,
                          const struct value *before)
{
    check_immutable(errors, value_path(now, "spec", "selector", NULL),
                    value_path(before, "spec", "selector", NULL),
                    CHILD(CHILD(NULL, "spec"), "selector"), "*apis/meta/v1.LabelSelector");
}
