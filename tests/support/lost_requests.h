/* Stories of requests to three pods, each with the failures that were worked out by hand. */
#ifndef TESTS_SUPPORT_LOST_REQUESTS_H
#define TESTS_SUPPORT_LOST_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/value.h"

#define HEAD                                                                                       \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 2m\n  measure: {from: 30s}\n"                                                     \
    "  nodes: [{name: node, count: 3}]\n"
/* Nothing takes time but what a row says. */
#define TIMING(more)                                                                               \
    "  timing: {apiWrite: 0, schedulingCycle: 0, imageSize: 0, containerReady: 0, " more "}\n"
#define TRAFFIC(more) "  traffic: [{service: web, rate: 100" more "}]\n"
#define POD(name, node, more)                                                                      \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: web}}, spec: "      \
    "{nodeName: " node ", containers: [{name: c, image: 'a:1', ports: [{containerPort: 80}]" more  \
    "}]}}\n"
#define THREE(more) POD("a", "node-0", more) POD("b", "node-1", more) POD("c", "node-2", more)
#define SERVICE                                                                                    \
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "    \
    "ports: [{port: 80}]}}\n"

struct request_story {
    const char *why, *timing, *traffic, *pods, *act;
    struct {
        const char *reason, *fault;
        double requests;
    } want[3]; /* in the order of reasons; all of them */
};

/* Play each, and hold its failed requests against what is wanted: those and no others. */
void expect_request_stories(const struct request_story *stories, size_t count);
#define EXPECT(stories) expect_request_stories(stories, sizeof(stories) / sizeof *(stories))

/* A number of a row; 0 where there is none. The failed requests of a reason and a fault, whatever began it. */
double requests_number(const struct value *row, const char *name);
double requests_failed_by(const struct value *row, const char *reason, const char *fault);

/* Equal to nine digits. */
bool requests_near(double a, double b);

#endif
