/* Every recorded scenario of the simulated families, played again and compared with the real control
 * plane by the rules of COMPARING.md; and the replies of its commands with those of the real kubectl. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sim/base/memory.h"
#include "tests/support/replay.h"
#include "tests/support/replay_compare.h"

#define RECORDINGS "tests/oracle/controllers"

/* Names of scenarios that differ, with the reason, as lines of differs.txt. */
static char *read_differing(void)
{
    char *line = NULL;
    size_t size = 0;
    struct writer lines = { 0 };
    FILE *file = fopen(RECORDINGS "/differs.txt", "r");
    cr_assert_not_null(file);
    writer_add(&lines, "\n");
    while (getline(&line, &size, file) > 0)
        if (*line != '#')
            writer_add(&lines, line);
    fclose(file);
    free(line);
    return writer_take(&lines);
}

static bool is_listed(const char *lines, const char *name)
{
    char *entry = mem_format("\n%s:", name);
    const bool listed = strstr(lines, entry) != NULL;
    free(entry);
    return listed;
}

struct score {
    int compared, agreed;
    size_t replies, replies_agreed;
};

static void play(const char *name, const char *differing, struct score *score)
{
    char *directory = mem_format("%s/%s", RECORDINGS, name);
    struct verdict verdict;
    struct error error = { 0 };
    cr_assert(replay_compare(&verdict, directory, NULL, &error), "%s: %s", name, error.text);
    score->compared++;
    score->agreed += verdict.differences == 0;
    score->replies += verdict.replies;
    score->replies_agreed += verdict.replies_agreed;
    if (is_listed(differing, name))
        cr_expect_gt(verdict.differences, 0, "%s agrees: take it out of differs.txt", name);
    else
        cr_expect_eq(verdict.differences, 0, "%s:\n%s", name, verdict.report.bytes);
    cr_expect_eq(verdict.replies_agreed, verdict.replies, "%s replies otherwise:\n%s", name,
                 verdict.reply_report.bytes);
    verdict_close(&verdict);
    free(directory);
}

Test(replay, agrees_with_the_real_control_plane)
{
    struct score score = { 0 };
    struct dirent **entries; /* one folder a recording */
    char *differing = read_differing();
    const int count = scandir(RECORDINGS, &entries, NULL, alphasort);
    for (int i = 0; i < count; free(entries[i++]))
        if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.')
            play(entries[i]->d_name, differing, &score);
    free(entries);
    printf("recorded scenarios: compared %d, agreed %d; replies of commands: compared %zu, agreed "
           "%zu\n%s",
           score.compared, score.agreed, score.replies, score.replies_agreed, differing + 1);
    fflush(stdout);
    cr_expect_gt(score.compared, 30);
    free(differing);
}

static struct replay replayed(const char *name)
{
    struct replay replay;
    struct error error = { 0 };
    char *directory = mem_format("%s/%s", RECORDINGS, name);
    cr_assert(replay_play(&replay, directory, &error), "%s", error.text);
    free(directory);
    return replay;
}

Test(replay, gives_the_same_bytes_again)
{
    struct replay first = replayed("deploy-rollover"), second = replayed("deploy-rollover");
    cr_expect_str_eq(first.timeline.bytes, second.timeline.bytes);
    cr_expect_str_eq(first.events.bytes, second.events.bytes);
    replay_close(&first);
    replay_close(&second);
}
