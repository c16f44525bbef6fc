/* One node that fails and is repaired, against the renewal formula.
 *
 * Times between repair and failure are exponential with mean F, repairs with mean R. By the
 * renewal-reward theorem (Ross, Stochastic Processes, 2nd ed., theorem 3.6.1) the share of time in
 * which the only pod counts as not ready is E[not ready in a cycle] / E[cycle], the cycle being
 * F + R. Of a computer that is simply up or down that is the well-known F / (F + R); what is
 * measured of a pod differs by what the cluster does:
 *
 *  - A crash shows only after a silence of D: the last renewal of the Lease (every 10 s) was 5 s ago
 *    on average, the next pass of the monitor (every 5 s) saw it 2.5 s later, and 50 s after that
 *    pass the silence is over: D = 50 - 5 + 2.5 = 47.5 s, more or less evenly spread. A repair of
 *    length r hides for min(r, D), E min(r, D) = R (1 - exp(-D / R)).
 *  - After the repair the pod takes C = 1 s to start, whether the crash was seen or not.
 *
 *      availability = 1 - (R exp(-D / R) + C) / (F + R)
 *
 * Spreads of D add less than 1e-6 to that, and that the run begins with a node that is up less
 * than 1e-5, which is small beside the standard error. With one node, no zone is left to evict to:
 * pods stay where they are, as in Kubernetes. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/stat/tally.h"
#include "tests/support/measured.h"

enum { REPLICATIONS = 100 };

static const char text[] =
    "{apiVersion: seatrial.dev/v1alpha1, kind: Scenario, metadata: {name: renewal}, spec: {"
    "duration: 400d, "
    "timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 1s, imageSize: 0}, "
    "nodes: [{name: worker, count: 1}], "
    "failures: [{kind: node-crash, every: {exponential: {mean: 10h}}, "
    "lasts: {exponential: {mean: 1h}}}], "
    "objects: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, "
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
    "spec: {containers: [{name: web, image: web}]}}}}]}}";

static double measured_availability(struct scenario *scenario)
{
    struct simulation *simulation = simulation_of(scenario, (struct simulation_options){ 0 });
    simulation_advance(simulation, scenario->duration);
    struct value *summary = simulation_summary(simulation);
    const struct value *row = measured_row(summary, "deployment/web");
    const double availability = value_double(value_get(row, "availability"), -1);
    value_drop(summary);
    simulation_free(simulation);
    return availability;
}

Test(renewal, agrees_with_one_node_that_fails_and_is_repaired)
{
    const double fails = 36000, repair = 3600, hidden = 47.5, start = 1;
    const double expected = 1 - (repair * exp(-hidden / repair) + start) / (fails + repair);
    struct scenario scenario;
    struct tally tally;
    scenario_given(&scenario, text, "renewal");
    tally_init(&tally, 0);
    for (uint64_t seed = 1; seed <= REPLICATIONS; seed++) {
        scenario.seed = seed;
        tally_add(&tally, measured_availability(&scenario));
    }
    const double error = tally_deviation(&tally) / sqrt(REPLICATIONS);
    cr_expect_lt(fabs(tally.mean - expected), 3 * error, "%.6f, expected %.6f, standard error %.6f",
                 tally.mean, expected, error);
    cr_expect_lt(error, 0.0004, "the estimate is sharp enough to tell: %.6f", error);
    tally_close(&tally);
    scenario_close(&scenario);
}
