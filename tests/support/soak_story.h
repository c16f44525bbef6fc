/* Random scenarios, one for each seed, made of parts that can be left out.
 *
 * A story is a Scenario as text: clusters of one to thirty nodes, up to fifteen workloads, and
 * whatever may befall them. Every part (a node group, an object, a failure, an action, a setting)
 * can be switched off without changing the others, so that what goes wrong can be shrunk. */
#ifndef TESTS_SUPPORT_SOAK_STORY_H
#define TESTS_SUPPORT_SOAK_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/time.h"

/* What a story keeps away from, so that more can be promised of it. */
enum soak_mood {
    SOAK_WILD,    /* nothing: failures come until the end */
    SOAK_CALMING, /* all is over, mended and set right by half time */
    SOAK_ROLLING, /* a roomy cluster, good images, and only new releases */
    SOAK_MOODS
};

struct soak_part {
    int section; /* private */
    char *text;  /* owned: one entry of its section */
    bool off;
};

struct soak_story {
    uint64_t seed;
    enum soak_mood mood;
    sim_time duration;
    struct soak_part *parts;
    size_t count, capacity;
};

/* The story of a seed; release with soak_story_close(). */
void soak_story_init(struct soak_story *story, uint64_t seed);
void soak_story_close(struct soak_story *story);

/* The Scenario with the parts that are not off; the caller frees. */
char *soak_story_print(const struct soak_story *story);

#endif
