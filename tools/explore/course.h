/* The course a run takes under a seed: the variation of its parts, and a scenario of its own. */
#ifndef TOOLS_EXPLORE_COURSE_H
#define TOOLS_EXPLORE_COURSE_H

#include "tools/explore/exploration.h"

struct course {
    const struct variance *variance;
    struct variance *varied; /* takes the names of what is varied; NULL: nobody asks */
    bool loses;              /* some watches may be lost */
    double wildness;         /* of this seed: 0 none, 1 everything may happen */
    struct variation variation;
    struct scenario scenario; /* shares with the original what is not varied */
};

/* Begin a course; the scenario and the variance are borrowed. Release with course_close(). */
void course_init(struct course *course, const struct scenario *scenario,
                 const struct variance *variance, struct variance *varied);
void course_close(struct course *course);

#endif
