/* Autoscalers of autoscaling/v1: a percentage of CPU is all they can ask for.
 *
 * Follows pkg/apis/autoscaling/v1/conversion.go of the release named in docs/fidelity.md, but for the
 * annotations in which such an object keeps what its version has no fields for. */
#include <string.h>

#include "models/api/autoscaler.h"

static bool is_of_v1(const struct value *document)
{
    return strcmp(value_text(value_get(document, "apiVersion"), ""), "autoscaling/v1") == 0 &&
           strcmp(value_text(value_get(document, "kind"), ""), "HorizontalPodAutoscaler") == 0;
}

/* Where it stands in the user's text is where its percentage does. */
static struct value *cpu_metric(const struct value *percent)
{
    struct value *metric = value_new_map(), *metrics = value_new_list();
    value_set(metric, "type", value_new_string("Resource"));
    value_put(&metric, value_new_string("cpu"), "resource", "name", NULL);
    value_put(&metric, value_new_string("Utilization"), "resource", "target", "type", NULL);
    value_put(&metric, value_hold(percent), "resource", "target", "averageUtilization", NULL);
    metric->at = metrics->at = percent->at;
    value_add(metrics, metric);
    return metrics;
}

struct value *autoscaler_from_v1(const struct value *document)
{
    static const char key[] = "targetCPUUtilizationPercentage";
    struct value *converted = value_hold(document);
    const struct value *percent = value_path(document, "spec", key, NULL);
    if (!is_of_v1(document))
        return converted;
    value_set(value_own(&converted), "apiVersion", value_new_string("autoscaling/v2"));
    value_remove(converted, "status");
    if (percent == NULL)
        return converted;
    struct value *spec = value_own(value_slot(converted, "spec"));
    if (!value_is_null(percent))
        value_set(spec, "metrics", cpu_metric(percent));
    value_remove(spec, key);
    return converted;
}
