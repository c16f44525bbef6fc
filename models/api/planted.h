/* Mistakes that are made on purpose, so that tests can see whether the explorer finds them.
 *
 * Only in the program that `make test` builds for this (SEATRIAL_PLANTED, tests/planted): everywhere
 * else PLANTED() is 0, and the compiler leaves nothing of it. One of them at a time is made. */
#ifndef MODELS_API_PLANTED_H
#define MODELS_API_PLANTED_H

enum planted {
    PLANTED_NOTHING,
    PLANTED_EXPECTATIONS_IGNORED, /* a ReplicaSet's controller does not wait for what it has done */
    PLANTED_READY_IS_AVAILABLE,   /* ready pods count before minReadySeconds */
    PLANTED_ONE_MORE_UNAVAILABLE, /* maxUnavailable is off by one */
    PLANTED_TERMINATING_FORGOTTEN, /* pods that are being deleted do not keep a Recreate waiting */
    PLANTED_ORDINAL_TWICE,         /* a pod whose watch was lost is replaced at once */
    PLANTED_STALE_BUDGET,          /* evictions go by the budget as it was */
    PLANTED_JOB_COUNTS_TWICE,      /* a pod is counted before its finalizer is gone */
    PLANTED_OWNER_UNCHECKED,       /* the collector takes an owner it has not heard of for gone */
};

#ifdef SEATRIAL_PLANTED
enum planted planted_mistake(void); /* of the program that is tested */
#define PLANTED(mistake) (planted_mistake() == (mistake))
#else
#define PLANTED(mistake) 0
#endif

#endif
