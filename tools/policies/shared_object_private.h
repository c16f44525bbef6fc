/* What goes between a run and the process that has loaded its shared object.
 *
 * Both are this program, so numbers go as they lie in memory. A text is its length (uint32_t), its
 * bytes and a NUL; labels are their count and so many keys and values.
 *
 *     we say          struct so_question, the pod, `rows` nodes that changed, `slots` numbers
 *     it answers      struct so_answer, then a text (fault) or keeps (bytes) and scores (doubles)
 *
 * Its first answer, before any question, is a fault or the name of the policy. */
#ifndef TOOLS_POLICIES_SHARED_OBJECT_PRIVATE_H
#define TOOLS_POLICIES_SHARED_OBJECT_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "include/seatrial/policy.h"

enum { SO_COMMON = SEATRIAL_PODS + 1 }; /* resources that everybody has */

struct so_question {
    uint32_t bytes; /* behind this */
    uint32_t rows, slots;
    double now;
};

struct so_answer {
    uint32_t bytes;  /* behind this */
    uint32_t fault;  /* 1: it is a text that says what is wrong */
    uint32_t chosen; /* which of the slots in question, + 1; 0: none in particular */
};

/* Where the policy is, in memory that both processes see: who wants to know how it died. */
struct so_where {
    volatile enum so_phase {
        SO_WAITING,
        SO_LOADING,
        SO_OPENING,
        SO_FILTERING,
        SO_SCORING,
        SO_CHOOSING
    } phase;
    volatile uint32_t slot;
};

struct so_hosting {
    const char *path;
    uint64_t seed;
    struct so_where *where;
};

/* The life of the child: load, answer questions until nobody asks any more. */
void shared_object_host(int fd, const void *hosting);

#endif
