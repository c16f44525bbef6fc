/* What the registry sets and drops when an object is created, whatever its user says.
 *
 * Follows PrepareForCreate() of the strategies in pkg/registry. Generations are given by the store. */
#include <stdlib.h>
#include <string.h>

#include "models/api/label_keys.h"
#include "models/api/scalar.h"
#include "models/cluster/admission_private.h"

static bool is_kind(const struct schema_kind *kind, const char *group, const char *name)
{
    return strcmp(kind->group, group) == 0 && strcmp(kind->kind, name) == 0;
}

/* Kinds whose status begins empty. */
static bool begins_without_status(const struct schema_kind *kind)
{
    static const char *const names[] = { "Pod",
                                         "ReplicationController",
                                         "Service",
                                         "Deployment",
                                         "ReplicaSet",
                                         "DaemonSet",
                                         "StatefulSet",
                                         "Job",
                                         "CronJob",
                                         "Ingress",
                                         "HorizontalPodAutoscaler",
                                         "ResourceQuota",
                                         "PodDisruptionBudget" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], kind->kind) == 0)
            return true;
    return false;
}

static void set_phase(struct value **document, const char *phase)
{
    value_remove(value_own(document), "status");
    value_put(document, value_new_string(phase), "status", "phase", NULL);
}

static void prepare_namespace(struct value **document)
{
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    const struct value *list = value_get(spec, "finalizers");
    bool present = false;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        present |= strcmp(value_text(list->items[i], ""), "kubernetes") == 0;
    if (list == NULL)
        value_set(spec, "finalizers", value_new_list());
    if (!present)
        value_add(value_own(value_slot(spec, "finalizers")), value_new_string("kubernetes"));
    set_phase(document, "Active");
}

/* ── pods and workloads ── */

/* A negative grace period is one second. */
static void prepare_pod(struct value **document)
{
    if (value_get(*document, "spec") != NULL)
        label_keys_merge(value_slot(value_own(document), "spec"),
                         value_path(*document, "metadata", "labels", NULL));
    const struct value *grace =
        value_path(*document, "spec", "terminationGracePeriodSeconds", NULL);
    if (value_int(grace, 0) < 0)
        value_put(document, value_new_int(1), "spec", "terminationGracePeriodSeconds", NULL);
}

static const struct value *max_unavailable(const struct value *document)
{
    return value_path(document, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable", NULL);
}

static bool has_tolerance(const struct value *autoscaler, const char *rules)
{
    return value_path(autoscaler, "spec", "behavior", rules, "tolerance", NULL) != NULL;
}

/* Tolerances of an autoscaler go where their gate is off, unless it had some. */
static void drop_tolerances(struct value **document, const struct value *old)
{
    static const char *const rules[] = { "scaleUp", "scaleDown" };
    if (has_tolerance(old, rules[0]) || has_tolerance(old, rules[1]))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (!has_tolerance(*document, rules[i]))
            continue;
        struct value *spec = value_own(value_slot(value_own(document), "spec"));
        struct value *behavior = value_own(value_slot(spec, "behavior"));
        value_remove(value_own(value_slot(behavior, rules[i])), "tolerance");
    }
}

/* maxUnavailable of StatefulSets, which is 1 by default where the gate is on. */
static void gate_max_unavailable(const struct admission *admission, struct value **document,
                                 const struct value *old, const struct schema_kind *kind)
{
    const bool on = admission->max_unavailable_stateful_set;
    if (!is_kind(kind, "apps", "StatefulSet") ||
        value_path(*document, "spec", "updateStrategy", "rollingUpdate", NULL) == NULL ||
        on == (max_unavailable(*document) != NULL))
        return;
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    struct value *strategy = value_own(value_slot(spec, "updateStrategy"));
    struct value *rolling = value_own(value_slot(strategy, "rollingUpdate"));
    if (on)
        value_set(rolling, "maxUnavailable", value_new_int(1));
    else if (max_unavailable(old) == NULL)
        value_remove(rolling, "maxUnavailable");
}

void prepare_gated(const struct admission *admission, struct value **document,
                   const struct value *old, const struct schema_kind *kind)
{
    gate_max_unavailable(admission, document, old, kind);
    if (admission->no_hpa_tolerance && is_kind(kind, "autoscaling", "HorizontalPodAutoscaler"))
        drop_tolerances(document, old);
}

static void prepare_daemonset(struct value **document)
{
    value_put(document, value_new_string("1"), "metadata", "annotations",
              "deprecated.daemonset.template.generation", NULL);
}

/* Labels taken over from the template are one map with those of the template, so they get the labels
 * that are added to these, too: left out here, they come with the selector. */
static void prepare_job(struct value **document)
{
    const struct value *labels = value_path(*document, "metadata", "labels", NULL);
    const bool manual = value_truth(value_path(*document, "spec", "manualSelector", NULL), false);
    if (labels != NULL && !manual &&
        labels == value_path(*document, "spec", "template", "metadata", "labels", NULL))
        value_remove(value_own(value_slot(value_own(document), "metadata")), "labels");
}

static void default_label(struct value **job, const char *key, const char *text)
{
    if (value_path(*job, "spec", "template", "metadata", "labels", key, NULL) == NULL)
        value_put(job, value_new_string(text), "spec", "template", "metadata", "labels", key, NULL);
}

void prepare_identified(struct value **document, const struct schema_kind *kind)
{
    static const char uid[] = "00000000-0000-0000-0000-000000000000";
    static const char label[] = "batch.kubernetes.io/controller-uid";
    if (kind == NULL || !is_kind(kind, "batch", "Job"))
        return;
    const char *name = value_text(value_path(*document, "metadata", "name", NULL), "");
    value_put(document, value_new_string(uid), "metadata", "uid", NULL);
    if (value_truth(value_path(*document, "spec", "manualSelector", NULL), false))
        return;
    default_label(document, label, uid);
    default_label(document, "batch.kubernetes.io/job-name", name);
    default_label(document, "controller-uid", uid);
    default_label(document, "job-name", name);
    if (value_path(*document, "spec", "selector", "matchLabels", label, NULL) == NULL)
        value_put(document, value_new_string(uid), "spec", "selector", "matchLabels", label, NULL);
}

static bool names_nothing(const struct value *source)
{
    return *value_text(value_get(source, "kind"), "") == '\0' &&
           *value_text(value_get(source, "name"), "") == '\0';
}

/* Either field that names a source of data says the same in the other one; of a source in another
 * namespace the older cannot speak (pkg/api/persistentvolumeclaim). */
static void prepare_claim(struct value **document)
{
    set_phase(document, "Pending");
    if (value_get(*document, "spec") == NULL)
        return;
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    const struct value *source = value_get(spec, "dataSource");
    const struct value *reference = value_get(spec, "dataSourceRef");
    if (!value_is_null(source) && names_nothing(source)) {
        value_remove(spec, "dataSource");
        source = NULL;
    }
    const bool elsewhere = *value_text(value_get(reference, "namespace"), "") != '\0';
    if (value_is_null(reference) && !value_is_null(source))
        value_set(spec, "dataSourceRef", value_hold(source));
    else if (value_is_null(source) && !value_is_null(reference) && !elsewhere)
        value_set(spec, "dataSource", value_hold(reference));
}

static void prepare_volume(struct value **document)
{
    set_phase(document, "Pending");
}

/* Texts become data; they are never given back. */
static void prepare_secret(struct value **document)
{
    const struct value *texts = value_get(*document, "stringData");
    for (size_t i = 0; texts != NULL && i < texts->count; i++) {
        const struct value *text = texts->entries[i].value;
        char *data = scalar_base64(value_text(text, ""), text->count);
        value_put(document, value_new_string(data), "data", texts->entries[i].key, NULL);
        free(data);
    }
    if (texts != NULL)
        value_remove(value_own(document), "stringData");
}

void prepare_create(struct value **document, const struct schema_kind *kind)
{
    static const struct {
        const char *group, *kind;
        void (*prepare)(struct value **document);
    } rows[] = {
        { "", "Namespace", prepare_namespace },
        { "", "Pod", prepare_pod },
        { "", "PersistentVolume", prepare_volume },
        { "", "PersistentVolumeClaim", prepare_claim },
        { "", "Secret", prepare_secret },
        { "apps", "DaemonSet", prepare_daemonset },
        { "batch", "Job", prepare_job },
    };
    if (begins_without_status(kind) && value_get(*document, "status") != NULL)
        value_remove(value_own(document), "status");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_kind(kind, rows[i].group, rows[i].kind))
            rows[i].prepare(document);
}

/* Finalizers of a Namespace go through its subresource only. */
static void keep_finalizers(struct value **document, const struct value *old)
{
    const struct value *list = value_path(old, "spec", "finalizers", NULL);
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    if (list != NULL)
        value_set(spec, "finalizers", value_hold(list));
    else
        value_remove(spec, "finalizers");
}

void prepare_update(struct value **document, const struct value *old,
                    const struct schema_kind *kind)
{
    if (is_kind(kind, "", "Secret"))
        prepare_secret(document);
    else if (is_kind(kind, "", "Namespace"))
        keep_finalizers(document, old);
}
