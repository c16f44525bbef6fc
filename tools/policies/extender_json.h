/* The documents of k8s.io/kube-scheduler/extender/v1: no sockets here.
 *
 * Their members have no names for JSON in Go, so they are spelt Pod, NodeNames, FailedNodes; an answer
 * may spell them in any case. */
#ifndef TOOLS_POLICIES_EXTENDER_JSON_H
#define TOOLS_POLICIES_EXTENDER_JSON_H

#include "models/scheduler/extender.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"

/* Nodes as JSON, printed once for each of their versions. All zero to begin with. */
struct node_texts {
    struct node_text {
        uint64_t version;
        char *text; /* owned */
    } * items;      /* by slot */
    size_t count;
};
void node_texts_close(struct node_texts *texts);

/* ExtenderArgs: the pod, and the nodes or, for an extender with a cache of its own, their names. */
void extender_json_arguments(struct writer *into, const struct extender_call *call, bool names_only,
                             struct node_texts *nodes);
/* ExtenderPreemptionArgs. */
void extender_json_victims(struct writer *into, const struct extender_call *call,
                           const struct extender_victims *candidates, bool uids_only);
/* ExtenderBindingArgs. */
void extender_json_binding(struct writer *into, const struct pod *pod, const struct text *node);

/* What a member is called in any case. Borrowed; NULL: absent. */
const struct value *extender_json_get(const struct value *map, const char *key);

/* ExtenderFilterResult to verdicts, HostPriorityList to scores, ExtenderPreemptionResult to
 * candidates. */
enum extender_reply extender_json_filtered(const struct value *answer,
                                           const struct extender_call *call, bool names_only,
                                           struct extender_verdict *verdicts, struct error *error);
enum extender_reply extender_json_priorities(const struct value *answer,
                                             const struct extender_call *call, int64_t factor,
                                             int64_t *scores, struct error *error);
enum extender_reply extender_json_agreed(const struct value *answer,
                                         const struct extender_call *call,
                                         struct extender_victims *candidates, struct error *error);

#endif
