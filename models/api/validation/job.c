/* Jobs: their spec on creation, as CronJobs embed it too, and what an update may not change.
 *
 * Follows ValidateJob(), validateJobSpec() and ValidateJobSpecUpdate() of pkg/apis/batch/validation;
 * the policies are in job_policies.c. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

enum {
    PARALLELISM_INDEXED = 100000,
    FAILED_INDEXES = 100000,
    COMPLETIONS_SOFT = 100000, /* above it, with a limit per index, less is allowed: */
    PARALLELISM_HIGH = 10000,
    FAILED_INDEXES_HIGH = 10000,
    MANAGER_BYTES = 63
};

static bool is_indexed(const struct value *spec)
{
    return strcmp(text_at(spec, "completionMode"), "Indexed") == 0;
}

/* ---- numbers ---- */

static void check_at_most(struct field_errors *errors, const struct value *spec, const char *key,
                          const struct field_path *path, int64_t most, const char *when)
{
    if (number_at(spec, key) > most)
        field_invalid(errors, CHILD(path, key), value_get(spec, key),
                      "must be less than or equal to %" PRId64 "%s", most, when);
}

/* Many completions with a limit per index: what must be told, and how much is allowed. */
static void check_high_completions(struct field_errors *errors, const struct value *spec,
                                   const struct field_path *path)
{
    static const char when[] =
        " when completions are above 100000 and used with backoff limit per index";
    if (!has(spec, "maxFailedIndexes"))
        field_required(errors, CHILD(path, "maxFailedIndexes"), spec,
                       "must be specified when completions is above %d", COMPLETIONS_SOFT);
    check_at_most(errors, spec, "parallelism", path, PARALLELISM_HIGH, when);
    check_at_most(errors, spec, "maxFailedIndexes", path, FAILED_INDEXES_HIGH, when);
}

static void check_indexed(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path)
{
    const int64_t completions = number_at(spec, "completions");
    if (!has(spec, "completions"))
        field_required(errors, CHILD(path, "completions"), spec, "when completion mode is Indexed");
    check_at_most(errors, spec, "parallelism", path, PARALLELISM_INDEXED,
                  " when completion mode is Indexed");
    if (has(spec, "completions") && number_at(spec, "maxFailedIndexes") > completions)
        field_invalid(errors, CHILD(path, "maxFailedIndexes"), value_get(spec, "maxFailedIndexes"),
                      "must be less than or equal to completions");
    check_at_most(errors, spec, "maxFailedIndexes", path, FAILED_INDEXES, "");
    if (completions > COMPLETIONS_SOFT && has(spec, "backoffLimitPerIndex"))
        check_high_completions(errors, spec, path);
}

static void check_mode(struct field_errors *errors, const struct value *spec,
                       const struct field_path *path)
{
    static const char *const modes[] = { "NonIndexed", "Indexed", NULL };
    static const char *const of_indexes[] = { "backoffLimitPerIndex", "maxFailedIndexes" };
    check_choice(errors, spec, "completionMode", path, modes, OPTIONAL);
    if (is_indexed(spec))
        check_indexed(errors, spec, path);
    else if (!has(spec, "completionMode") ||
             strcmp(text_at(spec, "completionMode"), "NonIndexed") == 0)
        for (size_t i = 0; i < 2; i++)
            if (has(spec, of_indexes[i]))
                field_invalid(errors, CHILD(path, of_indexes[i]), value_get(spec, of_indexes[i]),
                              "requires indexed completion mode");
}

static void check_limits(struct field_errors *errors, const struct value *spec,
                         const struct field_path *path)
{
    static const char *const counts[] = { "parallelism",
                                          "completions",
                                          "activeDeadlineSeconds",
                                          "backoffLimit",
                                          "ttlSecondsAfterFinished",
                                          "backoffLimitPerIndex",
                                          "maxFailedIndexes" };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_not_negative(errors, spec, counts[i], path);
    if (has(spec, "maxFailedIndexes") && !has(spec, "backoffLimitPerIndex"))
        field_required(errors, CHILD(path, "backoffLimitPerIndex"), spec,
                       "when maxFailedIndexes is specified");
}

/* ---- the rest of the spec ---- */

/* A domain, a slash, and a path: apimachinery's IsDomainPrefixedPath(). */
static void check_manager(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "/-._~%!$&'()*+,;=:";
    const struct value *manager = value_get(spec, "managedBy");
    const char *name = text_at(spec, "managedBy"), *slash = strchr(name, '/');
    const struct field_path *at = CHILD(path, "managedBy");
    if (!has(spec, "managedBy"))
        return;
    if (*name == '\0') {
        field_required(errors, at, spec, "%s", "");
    } else if (slash == NULL || slash == name || slash[1] == '\0') {
        field_invalid(errors, at, manager,
                      "must be a domain-prefixed path (such as \"acme.io/foo\")");
    } else {
        struct value *domain = value_new_text(name, (size_t)(slash - name));
        domain->at = manager->at;
        check_text(errors, domain, at, text_dns_subdomain);
        value_drop(domain);
        if (slash[1 + strspn(slash + 1, allowed)] != '\0') {
            char *quoted = field_quote(slash + 1);
            field_invalid_printed(errors, at, manager, quoted,
                                  "Invalid path (regex used for validation is '%s')",
                                  "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+");
            free(quoted);
        }
    }
    if (strlen(name) > MANAGER_BYTES)
        field_too_long(errors, at, manager, MANAGER_BYTES);
}

static void check_replacement(struct field_errors *errors, const struct value *spec,
                              const struct field_path *path)
{
    static const char *const any[] = { "Failed", "TerminatingOrFailed", NULL };
    static const char *const failed[] = { "Failed", NULL };
    check_choice(errors, spec, "podReplacementPolicy", path,
                 has(spec, "podFailurePolicy") ? failed : any, OPTIONAL);
}

static void check_restart(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path)
{
    static const char *const policies[] = { "Never", "OnFailure", NULL };
    const struct value *pod = value_path(spec, "template", "spec", NULL);
    const char *policy = text_at(pod, "restartPolicy");
    const struct field_path *at = CHILD(CHILD(CHILD(path, "template"), "spec"), "restartPolicy");
    if (*policy == '\0' || strcmp(policy, "Always") == 0)
        field_required(errors, at, value_get(pod, "restartPolicy"),
                       "valid values: \"OnFailure\", \"Never\"");
    else if (!one_of(policy, policies))
        field_unsupported(errors, at, value_get(pod, "restartPolicy"), NULL, policies);
    else if (has(spec, "podFailurePolicy") && strcmp(policy, "Never") != 0)
        field_invalid(errors, at, value_get(pod, "restartPolicy"),
                      "only \"Never\" is supported when podFailurePolicy is specified");
}

static void check_spec(struct field_errors *errors, const struct value *spec,
                       const struct field_path *path)
{
    check_limits(errors, spec, path);
    check_manager(errors, spec, path);
    check_mode(errors, spec, path);
    if (has(spec, "podFailurePolicy"))
        check_job_failure_policy(errors, spec, path);
    if (has(spec, "successPolicy") && !is_indexed(spec))
        invalid_struct(errors, value_get(spec, "successPolicy"), "batch/v1.SuccessPolicy",
                       CHILD(path, "successPolicy"), "requires indexed completion mode");
    else if (has(spec, "successPolicy"))
        check_job_success_policy(errors, spec, path);
    check_replacement(errors, spec, path);
    check_pod_template(errors, value_get(spec, "template"), CHILD(path, "template"));
    check_restart(errors, spec, path);
}

void check_job_template(struct field_errors *errors, const struct value *template,
                        const struct field_path *path)
{
    static const char *const never[] = { "nil", "false", NULL };
    const struct value *spec = value_get(template, "spec");
    const struct field_path *at = CHILD(path, "spec");
    check_spec(errors, spec, at);
    if (has(spec, "selector"))
        invalid_struct(errors, value_get(spec, "selector"), "apis/meta/v1.LabelSelector",
                       CHILD(at, "selector"), "`selector` will be auto-generated");
    if (truth_at(spec, "manualSelector"))
        field_unsupported(errors, CHILD(at, "manualSelector"), value_get(spec, "manualSelector"),
                          NULL, never);
}

/* ---- selectors ---- */

/* The labels and the selector that the registry gives must not have been given otherwise. */
static void check_generated_selector(struct field_errors *errors, const struct value *job)
{
    const struct value *spec = value_get(job, "spec"), *selector = value_get(spec, "selector");
    const char *uid = text_at(value_get(job, "metadata"), "uid");
    const char *name = text_at(value_get(job, "metadata"), "name");
    const char *const expected[][2] = { { "controller-uid", uid },
                                        { "job-name", name },
                                        { "batch.kubernetes.io/controller-uid", uid },
                                        { "batch.kubernetes.io/job-name", name } };
    const struct value *labels = value_path(spec, "template", "metadata", "labels", NULL);
    const struct field_path *path = CHILD(NULL, "spec");
    const struct field_path *at = CHILD(CHILD(CHILD(path, "template"), "metadata"), "labels");
    struct value *all = value_new_map();
    for (size_t i = 0; i < 4; i++) {
        const struct value *label = value_get(labels, expected[i][0]);
        if (label == NULL)
            field_required(errors, KEY(at, expected[i][0]), labels, "must be '%s'", expected[i][1]);
        else if (strcmp(value_text(label, ""), expected[i][1]) != 0)
            field_invalid(errors, KEY(at, expected[i][0]), label, "must be '%s'", expected[i][1]);
        value_set(all, expected[i][0], value_new_string(expected[i][1]));
    }
    if (selector_compiles(selector) && !selector_fits(selector, all))
        invalid_struct(errors, selector, "apis/meta/v1.LabelSelector", CHILD(path, "selector"),
                       "`selector` not auto-generated");
    value_drop(all);
}

static void check_selector(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    const struct value *selector = value_get(spec, "selector");
    const struct value *labels = value_path(spec, "template", "metadata", "labels", NULL);
    const struct field_path *at = CHILD(CHILD(CHILD(path, "template"), "metadata"), "labels");
    if (selector == NULL)
        field_required(errors, CHILD(path, "selector"), spec, "%s", "");
    check_label_selector(errors, selector, CHILD(path, "selector"));
    if (!selector_compiles(selector) || selector_fits(selector, labels))
        return;
    if (labels != NULL)
        field_invalid(errors, at, labels, "`selector` does not match template `labels`");
    else
        field_invalid_printed(errors, at, spec, "null",
                              "`selector` does not match template `labels`");
}

static void check_spec_and_selector(struct field_errors *errors, const struct value *job)
{
    const struct field_path *path = CHILD(NULL, "spec");
    check_spec(errors, value_get(job, "spec"), path);
    check_selector(errors, value_get(job, "spec"), path);
}

/* ---- Jobs ---- */

void check_job(struct field_errors *errors, const struct value *job)
{
    const struct value *spec = value_get(job, "spec"), *meta = value_get(job, "metadata");
    if (!truth_at(spec, "manualSelector") && has(spec, "selector"))
        check_generated_selector(errors, job);
    check_spec_and_selector(errors, job);
    const int64_t completions = number_at(spec, "completions");
    if (!is_indexed(spec) || completions <= 0)
        return;
    char *host = mem_format("%s-%" PRId64, text_at(meta, "name"), completions - 1);
    if (!text_fits(host, text_dns_label))
        field_invalid(errors, CHILD(CHILD(NULL, "metadata"), "name"), value_get(meta, "name"),
                      "will not able to create pod with invalid DNS label: %s", host);
    free(host);
}

/* A Job that is suspended and has not begun may still be sent elsewhere: what of its template says
 * where, taken over from the new one, does not count. */
static struct value *with_directives(const struct value *was, const struct value *now)
{
    static const char *const of_spec[] = { "nodeSelector", "tolerations", "schedulingGates" };
    static const char *const of_meta[] = { "annotations", "labels" };
    const struct value *pod = value_get(now, "spec"), *meta = value_get(now, "metadata");
    struct value *template = value_hold(was);
    struct value *spec = value_own(value_slot(value_own(&template), "spec"));
    for (size_t i = 0; i < 3; i++) {
        value_remove(spec, of_spec[i]);
        if (value_get(pod, of_spec[i]) != NULL)
            value_set(spec, of_spec[i], value_hold(value_get(pod, of_spec[i])));
    }
    const struct value *node = value_path(pod, "affinity", "nodeAffinity", NULL);
    if (value_get(spec, "affinity") != NULL)
        value_remove(value_own(value_slot(spec, "affinity")), "nodeAffinity");
    if (node != NULL)
        value_put(&template, value_hold(node), "spec", "affinity", "nodeAffinity", NULL);
    else if (value_get(pod, "affinity") == NULL && size_of(value_get(spec, "affinity")) == 0)
        value_remove(spec, "affinity");
    struct value *labels = value_own(value_slot(value_own(&template), "metadata"));
    for (size_t i = 0; i < 2; i++) {
        value_remove(labels, of_meta[i]);
        if (value_get(meta, of_meta[i]) != NULL)
            value_set(labels, of_meta[i], value_hold(value_get(meta, of_meta[i])));
    }
    return template;
}

static void check_template_stays(struct field_errors *errors, const struct value *now,
                                 const struct value *before)
{
    const struct value *template = value_path(now, "spec", "template", NULL);
    const struct value *was = value_path(before, "spec", "template", NULL);
    const bool movable = truth_at(value_get(before, "spec"), "suspend") &&
                         value_path(before, "status", "startTime", NULL) == NULL;
    struct value *compared = movable ? with_directives(was, template) : value_hold(was);
    check_immutable(errors, template, compared, CHILD(CHILD(NULL, "spec"), "template"),
                    "core/v1.PodTemplateSpec");
    value_drop(compared);
}

/* Only an Indexed Job grows and shrinks, by both numbers at once. */
static void check_completions_stay(struct field_errors *errors, const struct value *spec,
                                   const struct value *was)
{
    const struct field_path *at = CHILD(CHILD(NULL, "spec"), "completions");
    const struct value *completions = value_get(spec, "completions");
    if (!is_indexed(spec))
        check_immutable(errors, completions, value_get(was, "completions"), at, NULL);
    else if (completions != NULL && !value_equal(completions, value_get(was, "completions")) &&
             number_at(spec, "completions") != number_at(spec, "parallelism"))
        field_invalid(errors, at, completions,
                      "can only be modified in tandem with spec.parallelism");
}

void check_job_update(struct field_errors *errors, const struct value *now,
                      const struct value *before)
{
    static const struct {
        const char *key, *type;
    } fixed[] = {
        { "completionMode", NULL },
        { "podFailurePolicy", "*batch/v1.PodFailurePolicy" },
        { "backoffLimitPerIndex", NULL },
        { "managedBy", NULL },
        { "successPolicy", "*batch/v1.SuccessPolicy" },
    };
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    check_spec_and_selector(errors, now);
    check_completions_stay(errors, spec, was);
    check_selector_stays(errors, now, before);
    check_template_stays(errors, now, before);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        check_immutable(errors, value_get(spec, fixed[i].key), value_get(was, fixed[i].key),
                        CHILD(CHILD(NULL, "spec"), fixed[i].key), fixed[i].type);
}
