/* What is computed happens when it would happen if every heartbeat and probe were an event. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/machine.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"

#define PROBED(name, image, probes)                                                                \
    POD(name, "containers: [{name: c, image: '" image "', " probes "}]")
#define ASKS(probe, more) probe ": {tcpSocket: {port: 80}, " more "}"

static const char manifests[] = IMAGE("slow:1", "ready: 17.25s")
    IMAGE("never:1", "neverReady: true") IMAGE("short:1", "runTime: 33s, exitCode: 2") NODE("n0")
        PROBED("a", "app:1", ASKS("readinessProbe", "periodSeconds: 7")) PROBED(
            "b", "slow:1",
            ASKS("readinessProbe", "initialDelaySeconds: 3, successThreshold: 3") ", " ASKS(
                "livenessProbe", "periodSeconds: 5, failureThreshold: 2"))
            PROBED("c", "never:1", ASKS("startupProbe", "periodSeconds: 3, failureThreshold: 4"))
                PROBED("d", "slow:1",
                       ASKS("startupProbe", "periodSeconds: 2, failureThreshold: 30") ", " ASKS(
                           "readinessProbe", "periodSeconds: 9") ", " ASKS("livenessProbe", ""))
                    PROBED("e", "short:1", ASKS("readinessProbe", "periodSeconds: 4"));

/* The story of the pods as one text, with a crash and a return in it. */
static char *story(struct world *w, struct lease *lease)
{
    struct writer lines = { 0 };
    until(w, 205);
    fail(w, "node-crash", "n0");
    until(w, 333);
    restore(w, "node-crash", "n0");
    until(w, 2000);
    for (size_t i = 0; i < w->line_count; i++)
        if (strncmp(w->lines[i].subject, "pod/", 4) == 0)
            writer_format(&lines, "%.9f %s %s\n", w->lines[i].at, w->lines[i].subject,
                          w->lines[i].text);
    *lease = *(const struct lease *)find(w, "lease/kube-node-lease/n0");
    return writer_take(&lines);
}

Test(tick_mode, tells_the_same_story_as_arithmetic)
{
    struct world *computed = given_nodes(manifests, "tick-heartbeats=false");
    struct world *ticked = given_nodes(manifests, "tick-heartbeats=true");
    struct lease lease[2];
    char *one = story(computed, &lease[0]), *other = story(ticked, &lease[1]);
    cr_expect_str_eq(one, other);
    cr_expect(strstr(one, "restart 3") != NULL, "the story has restarts in it:\n%s", one);
    cr_expect(ticked->run->events > 3 * computed->run->events, "%lu events against %lu",
              ticked->run->events, computed->run->events);
    cr_expect_eq(lease_renew_time(&lease[0], 2000 * SIM_SECOND),
                 lease_renew_time(&lease[1], 2000 * SIM_SECOND));
    free(one);
    free(other);
    done(computed);
    done(ticked);
}
