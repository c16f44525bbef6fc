/* Our decisions against those of the real kube-scheduler, case by case, in full: results, feasible and
 * rejected nodes with plugins, codes and reasons, scores by plugin, the best nodes, messages,
 * preemption, volumes. Every decision is made in both ways, which must agree with each other. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/case_files.h"

static const struct {
    const char *name;
    size_t cases;
} families[] = {
    { "balanced", 3 },       { "churn", 3 },         { "defaulting", 2 },
    { "extended", 4 },       { "fit-least", 5 },     { "fit-most", 3 },
    { "fit-rtcr", 4 },       { "gates", 2 },         { "image-locality", 3 },
    { "interpod", 10 },      { "max-pods", 2 },      { "mixed", 12 },
    { "mixed-mid", 6 },      { "node-affinity", 8 }, { "node-name", 3 },
    { "node-ports", 4 },     { "nominated", 3 },     { "pod-requests", 6 },
    { "preempt-mixed", 6 },  { "preemption", 15 },   { "realistic", 5 },
    { "resize", 3 },         { "sampling", 4 },      { "scale100", 6 },
    { "scale1000", 3 },      { "taints", 6 },        { "topology-spread", 10 },
    { "volume-binding", 5 }, { "volume-limits", 2 }, { "volume-rwop", 2 },
    { "volume-zone", 2 },
};

Test(recorded_decisions, agree_in_full)
{
    struct case_counts all = { 0 };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        char *pattern = mem_format("tests/oracle/scheduler/%s-[0-9]*.json.gz", families[i].name);
        const struct case_counts counts = case_files(pattern, scheduler_case_run);
        fprintf(stderr, "%-16s %2zu cases, %5zu of %5zu steps agree\n", families[i].name,
                counts.cases, counts.agreed, counts.compared);
        cr_expect_eq(counts.cases, families[i].cases, "%s", families[i].name);
        cr_expect_eq(counts.bad + counts.not_run, 0, "%s", counts.why);
        all.cases += counts.cases;
        all.compared += counts.compared;
        all.agreed += counts.agreed;
        free(counts.why);
        free(pattern);
    }
    fprintf(stderr, "%-16s %zu cases, %zu of %zu steps agree\n", "all", all.cases, all.agreed,
            all.compared);
    cr_expect_eq(all.cases, 152);
    cr_expect_eq(all.compared, 11518 + 152); /* each case's own members count as one */
}
