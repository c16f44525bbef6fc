/* A policy behind a pipe, in lines of JSON (docs/policies.md), as an extender.
 *
 *     we      {"type":"hello","protocol":1,"scenario":"shop","seed":1}
 *     policy  {"type":"hello","protocol":1}
 *     we      {"type":"nodes","nodes":[{"name":"a","labels":{},"allocatable":{"cpu":4000,...}},...]}
 *     we      {"type":"attempt","id":1,"time":0.5,"waiting":3,"pod":{...},"feasible":[1,0,...],
 *              "free":{"cpu":[...],"memory":[...],"pods":[...]}}
 *     policy  {"id":1,"node":"a"}  or  {"id":1,"scores":[0.5,null,...]}  or  {"id":1,"node":null}
 *     we      {"type":"end","time":86400,"pods":{...}} */
#ifndef TOOLS_POLICIES_JSON_LINES_H
#define TOOLS_POLICIES_JSON_LINES_H

#include "models/scheduler/extender.h"
#include "tools/policies/outside.h"

enum { JSON_LINES_PROTOCOL = 1 };

struct json_lines;

/* Start a shell command, or talk over the descriptors of "fd:READ,WRITE". The name (in messages)
 * outlives it. NULL with the error. */
struct json_lines *json_lines_open(const char *name, const char *command,
                                   const struct outside_options *options, struct error *error);
/* Tell it that the run has ended at `now`, and what became of the pods (NULL: nobody knows). */
void json_lines_end(struct json_lines *policy, sim_time now, const struct value *pods);
/* NULL is fine. */
void json_lines_close(struct json_lines *policy);

const struct extender *json_lines_extender(struct json_lines *policy);

#endif
