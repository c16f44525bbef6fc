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

#define DIFFERS        RECORDINGS "/differs.txt"
#define REPLIES_DIFFER RECORDINGS "/replies_differ.txt"

/* The lines of a list of what differs, with the reasons, each after a line's end. */
static char *read_list(const char *path)
{
    char *line = NULL;
    size_t size = 0;
    struct writer lines = { 0 };
    FILE *file = fopen(path, "r");
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

/* How many replies of a scenario are known to differ. */
static size_t listed_replies(const char *lines, const char *name)
{
    char *entry = mem_format("\n%s ", name);
    const char *at = strstr(lines, entry);
    const size_t count = at ? strtoul(at + strlen(entry), NULL, 10) : 0;
    free(entry);
    return count;
}

struct score {
    char *differing, *replies_differing; /* the two lists */
    int compared, agreed;
    size_t replies, replies_agreed;
};

static void play(const char *name, struct score *score)
{
    char *directory = mem_format("%s/%s", RECORDINGS, name);
    struct verdict verdict;
    struct error error = { 0 };
    cr_assert(replay_compare(&verdict, directory, NULL, &error), "%s: %s", name, error.text);
    score->compared++;
    score->agreed += verdict.differences == 0;
    score->replies += verdict.replies;
    score->replies_agreed += verdict.replies_agreed;
    if (is_listed(score->differing, name))
        cr_expect_gt(verdict.differences, 0, "%s agrees: take it out of differs.txt", name);
    else
        cr_expect_eq(verdict.differences, 0, "%s:\n%s", name, verdict.report.bytes);
    cr_expect_eq(verdict.replies - verdict.replies_agreed,
                 listed_replies(score->replies_differing, name), "%s replies otherwise:\n%s", name,
                 verdict.reply_report.bytes);
    verdict_close(&verdict);
    free(directory);
}

Test(replay, agrees_with_the_real_control_plane)
{
    struct score score = { .differing = read_list(DIFFERS),
                           .replies_differing = read_list(REPLIES_DIFFER) };
    struct dirent **entries; /* one folder a recording */
    const int count = scandir(RECORDINGS, &entries, NULL, alphasort);
    for (int i = 0; i < count; free(entries[i++]))
        if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.')
            play(entries[i]->d_name, &score);
    free(entries);
    printf("recorded scenarios: compared %d, agreed %d; replies of commands: compared %zu, agreed "
           "%zu\n%s%s",
           score.compared, score.agreed, score.replies, score.replies_agreed, score.differing + 1,
           score.replies_differing + 1);
    fflush(stdout);
    cr_expect_gt(score.compared, 30);
    free(score.differing);
    free(score.replies_differing);
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
