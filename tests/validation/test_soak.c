/* A short slice of the soak (tests/programs/soak.c): a few random stories, always the same. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/soak_play.h"

enum { STORIES = 40 };

Test(soak, random_stories_keep_every_rule)
{
    for (uint64_t seed = 1; seed <= STORIES; seed++) {
        struct soak_story story;
        struct writer complaints = { 0 };
        soak_story_init(&story, seed);
        char *yaml = soak_story_print(&story);
        cr_expect_neq(soak_play(yaml, story.mood, &complaints), 0, "seed %d", (int)seed);
        cr_expect_eq(complaints.length, 0, "seed %d: %s", (int)seed, complaints.bytes);
        writer_close(&complaints);
        free(yaml);
        soak_story_close(&story);
    }
}

static int parts_of(const struct soak_story *story, bool off)
{
    int count = 0;
    for (size_t i = 0; i < story->count; i++)
        count += story->parts[i].off == off;
    return count;
}

Test(soak, a_part_that_is_off_changes_no_other)
{
    struct soak_story story;
    soak_story_init(&story, 7);
    char *whole = soak_story_print(&story);
    for (size_t i = 0; i < story.count; i += 2)
        story.parts[i].off = true;
    char *half = soak_story_print(&story);
    cr_expect_gt(parts_of(&story, false), 2);
    for (size_t i = 0; i < story.count; i++) {
        cr_expect_not_null(strstr(whole, story.parts[i].text));
        cr_expect(story.parts[i].off || strstr(half, story.parts[i].text) != NULL);
    }
    cr_expect_lt(strlen(half), strlen(whole));
    free(whole);
    free(half);
    soak_story_close(&story);
}
