/* What would have to change so that a node takes a pod? Each change is tried before it is told. */
#ifndef TOOLS_SCHEDULE_REMEDY_H
#define TOOLS_SCHEDULE_REMEDY_H

#include "models/scheduler/trial/trial.h"

/* Whose change comes first where there is a choice. */
enum remedy_side {
    REMEDY_OF_POD,    /* it asks for less, tolerates more */
    REMEDY_OF_CLUSTER /* other pods leave, labels and taints change */
};

/* Nodes that reject a pod for the same reasons. */
struct node_class {
    const struct text **nodes; /* owned, the texts borrowed */
    size_t count, capacity;
    const char **plugins; /* owned, the texts borrowed: who rejects */
    size_t plugin_count;
};

/* A change with which one of the nodes takes the pod. All zero: none is known. */
struct remedy {
    char *text;              /* owned: "its cpu request is at most 3400m" */
    const struct text *node; /* borrowed: on which it was tried */
    bool works;              /* it was tried, and the node took the pod */
};
void remedy_close(struct remedy *remedy);

/* The least change of one side that is known for a node of the class; the other side changes where
 * this one cannot, but not alone. The trial is as before when it returns. */
struct remedy remedy_find(struct trial *trial, const struct pod *pod,
                          const struct node_class *class, enum remedy_side side);

/* The same where one more node like one of the class, with nothing on it yet, would take the pod. */
struct remedy remedy_of_new_node(struct trial *trial, const struct pod *pod,
                                 const struct node_class *class);

#endif
