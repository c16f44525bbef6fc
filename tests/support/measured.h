/* What a scenario comes to: played from a file, told as text.
 *
 *     struct value *summary = play("tests/scenarios/node_loss.yaml");
 *     expect_measured(summary, "deployment/web", "observed 1796.959 after 3.041, ...\n");
 *     value_drop(summary);
 *
 * Faults of a scenario fail the test at once. Paths are seen from the top of the repository. */
#ifndef TESTS_SUPPORT_MEASURED_H
#define TESTS_SUPPORT_MEASURED_H

#include "models/cluster/scenario.h"
#include "models/cluster/simulation.h"
#include "sim/base/value.h"

/* Read a scenario of a text or of a file, whose bytes the caller frees after it is closed. */
void scenario_given(struct scenario *scenario, const char *yaml, const char *name);
char *scenario_given_file(struct scenario *scenario, const char *path);

/* At time 0; free before the scenario. */
struct simulation *simulation_of(const struct scenario *scenario,
                                 struct simulation_options options);

/* The summary at the end of a scenario's duration, of a file or of a text; one reference. */
struct value *play(const char *path);
struct value *play_text(const char *yaml);

/* The row of "deployment/web", "service/web" or "pod/web", the first of that name in any namespace;
 * fails the test when there is none. */
const struct value *measured_row(const struct value *summary, const char *name);

/* A time of a summary, in nanoseconds exactly. */
sim_time measured_time(const struct value *seconds);

/* What is measured of a row, in seconds exact to the nanosecond: time observed after bring-up,
 * availability; downtime, degraded time and replica-seconds not ready; recoveries, if there are
 * any; each outage; each cause. As in:
 *     observed 3596.949 after 3.051, availability 0.996385825876
 *     down 13, degraded 309.041, not ready 322.041
 *     detect 46.02, reschedule 351.051, recover 354.061
 *     outage 700.01 to 701.01 by container-crash/app=web
 *     node-crash: down 12, not ready 308.041, outages 0, replicas 1
 * Several recoveries are told as "detect 5 of mean 9.212, most 46.02". That the causes' shares
 * add up to the whole is checked as well. */
void expect_measured(const struct value *summary, const char *name, const char *text);

/* The rollouts of a row: "0 to 3.071 complete by bring-up\n". */
void expect_rollouts(const struct value *summary, const char *name, const char *text);

/* That everything held which the scenario expects (`expect:`), and that it expects something. */
void expect_held(const struct value *summary);

#endif
