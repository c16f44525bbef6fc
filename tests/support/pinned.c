/* A scenario as text, and sums of binomial probabilities. */
#include "tests/support/pinned.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/chain.h"
#include "tests/support/measured.h"

static const double shows = 47.5, start = 1;

void pinned_given(struct scenario *scenario, const struct pinned *pinned)
{
    char *text = mem_format(
        "{apiVersion: seatrial.dev/v1alpha1, kind: Scenario, metadata: {name: pinned}, spec: {"
        "duration: %dd, measure: {from: 1d}, "
        "timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 1s, imageSize: 0}, "
        "nodes: [{name: worker, count: %d}], "
        "failures: [{kind: node-crash, every: {exponential: {mean: %.17gs}}, "
        "lasts: {exponential: {mean: %.17gs}}}], "
        "objects: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {"
        "replicas: %d, selector: {matchLabels: {app: web}}, "
        "template: {metadata: {labels: {app: web}}, spec: {tolerations: [{operator: Exists}], "
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        "[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}, "
        "containers: [{name: web, image: web}]}}}}]}}",
        pinned->days + 1, pinned->pods, pinned->life, pinned->repair, pinned->pods);
    scenario_given(scenario, text, "pinned");
    free(text);
}

double pinned_unready(const struct pinned *pinned)
{
    const double repair = pinned->repair;
    return (repair * exp(-shows / repair) + start) / (pinned->life + repair);
}

double pinned_share(const struct pinned *pinned, int failed)
{
    if (failed <= 0)
        return 1;
    return gsl_cdf_binomial_Q((unsigned)failed - 1, pinned_unready(pinned), (unsigned)pinned->pods);
}

double pinned_variance(const struct pinned *pinned)
{
    const size_t count = (size_t)pinned->pods;
    const double u = pinned_unready(pinned), back = 1 / (pinned->repair + start);
    struct chain *chain = chain_new(count + 1);
    double *down = mem_new((count + 1) * sizeof *down);
    for (size_t i = 0; i < count; i++) {
        chain_rate(chain, i, i + 1, (double)(count - i) * back * u / (1 - u));
        chain_rate(chain, i + 1, i, (double)(i + 1) * back);
    }
    down[count] = 1;
    chain_solve(chain);
    const double variance = chain_variance(chain, down);
    chain_free(chain);
    free(down);
    return variance;
}
