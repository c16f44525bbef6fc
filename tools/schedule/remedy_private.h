/* Shared by the files of remedies: a change while it is put together. */
#ifndef TOOLS_SCHEDULE_REMEDY_PRIVATE_H
#define TOOLS_SCHEDULE_REMEDY_PRIVATE_H

#include "tools/schedule/remedy.h"

struct attempted {
    struct trial *trial;
    const struct profile *profile;
    const struct pod *pod;        /* as it waits */
    const struct node_info *node; /* where it is to go */
    struct value *pod_document;   /* owned: the pod as it would be */
    struct value *node_document;  /* owned: the node as it would be */
    bool node_changes;
    const struct object **leaving; /* owned, each held: pods that would leave */
    size_t leaving_count, leaving_capacity;
    struct writer text;
};

/* Append "and " where something stands before, then the text. */
void attempted_say(struct attempted *attempted, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void attempted_let_leave(struct attempted *attempted, const struct pod *pod);

/* Would the node take the pod with all these changes; `plugin` NULL: as far as everybody is asked, else
 * as far as this one is. Nothing has changed when it returns. */
bool attempted_works(struct attempted *attempted, const char *plugin);

/* Changes so that one plugin lets the pod pass; false when none is known. */
typedef bool remedy_change(struct attempted *attempted);
remedy_change remedy_ask_for_less, remedy_make_room; /* NodeResourcesFit */
remedy_change remedy_relax_spread, remedy_drop_affinity, remedy_remove_repelling;

/* How much better than others a node is for these: higher first. */
double remedy_fraction_that_fits(const struct pod *pod, const struct node_info *node);
/* Pods that would have to leave; SIZE_MAX: it does not help. */
size_t remedy_pods_in_the_way(const struct pod *pod, const struct node_info *node);

#endif
