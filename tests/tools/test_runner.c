/* Running an experiment, with a study whose replications are a few draws: tests/programs/toy_study.c. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/experiment/results_book.h"

#define STUDY "--precision 0.3 --most 200 --work 30 "

/* The table that the toy study prints, and the last line it says of itself. The caller frees. */
static char *table_of(const char *folder, const char *name, const char *arguments, char **said)
{
    char *all = mem_format("%s/%s %s", folder, name, arguments);
    struct program_run run = program_run_of("tests/toy_study", all);
    cr_expect_eq(run.status, 0, "%s: %s", arguments, run.err.bytes);
    if (said != NULL)
        *said = writer_take(&run.err);
    char *table = writer_take(&run.out);
    program_run_close(&run);
    free(all);
    return table;
}

/* Run, and expect to be refused with this. */
static void expect_refusal(const char *folder, const char *name, const char *arguments,
                           const char *want)
{
    char *all = mem_format("%s/%s %s", folder, name, arguments);
    struct program_run run = program_run_of("tests/toy_study", all);
    cr_expect_eq(run.status, 2, "%s", arguments);
    cr_expect_str_eq(run.out.bytes, "", "%s", arguments);
    cr_expect(strstr(run.err.bytes, want), "%s\nwants %s\ngot   %s", arguments, want,
              run.err.bytes);
    program_run_close(&run);
    free(all);
}

/* How many replications the database of a study has. */
static size_t kept(const char *folder, const char *name)
{
    struct error error = { 0 };
    struct book_study study;
    char *path = mem_format("%s/%s", folder, name);
    struct book *book = book_open_any(path, &study, &error);
    cr_assert_not_null(book, "%s", error.text);
    const size_t count = book_count(book);
    book_close(book);
    free(path);
    return count;
}

Test(runner, any_number_of_workers_makes_the_same_table)
{
    char *folder = folder_new(), *first = table_of(folder, "1", STUDY "--workers 1", NULL);
    static const char *const others[] = { "--workers 2", "--workers 3", "--workers 5",
                                          "--workers 5 --guess", "--workers 64" };
    cr_expect(strstr(first, "replications"), "%s", first);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *name = mem_format("other-%zu", i), *arguments = mem_format(STUDY "%s", others[i]);
        char *table = table_of(folder, name, arguments, NULL);
        cr_expect_str_eq(table, first, "%s", others[i]);
        free(name);
        free(arguments);
        free(table);
    }
    free(first);
    folder_remove(folder);
}

Test(runner, who_has_nothing_to_do_plays_ahead_and_it_counts_when_it_is_wanted)
{
    /* With more workers than a batch has replications somebody must wait, or play ahead. */
    char *folder = folder_new(), *said, *again;
    char *first = table_of(folder, "1", "--batch 2 --most 20 --workers 9 --work 100", &said);
    unsigned found, played, ahead;
    cr_assert_eq(sscanf(said, "found %u played %u ahead %u", &found, &played, &ahead), 3);
    cr_expect_eq(found, 0);
    cr_expect_eq(played, 60, "each once, whoever asked first");
    cr_expect_eq(ahead, 0);
    /* What was played ahead in vain is not counted, but it is there. */
    char *few = table_of(folder, "2", "--batch 2 --precision 100 --workers 9", &again);
    cr_assert_eq(sscanf(again, "found %u played %u ahead %u", &found, &played, &ahead), 3);
    cr_expect_eq(played - ahead, 6);
    cr_expect_eq(kept(folder, "2"), played);
    free(first);
    free(few);
    free(said);
    free(again);
    folder_remove(folder);
}

Test(runner, what_is_in_the_database_is_not_played_again)
{
    char *folder = folder_new(), *said, *again, *more;
    char *first = table_of(folder, "d", "--most 20", &said);
    char *second = table_of(folder, "d", "--most 20 --workers 5", &again);
    char *third = table_of(folder, "d", "--most 30 --guess", &more);
    cr_expect_str_eq(first, second);
    cr_expect(strstr(said, "found 0 played 60 "), "%s", said);
    cr_expect_str_eq(again, "found 60 played 0 ahead 0\n");
    cr_expect_str_eq(more, "found 60 played 30 ahead 0\n");
    free(first), free(second), free(third), free(said), free(again), free(more);
    folder_remove(folder);
}

Test(runner, a_replication_that_fails_ends_the_study_and_keeps_what_was_finished)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        { "segv", "the worker that played it was ended by signal 11 (Segmentation fault) (play it "
                  "again with: toy_study --only 1/12)" },
        { "exit", "the worker that played it ended with status 7 (play it" },
        { "fault", "the toy is broken (play it" },
    };
    char *folder = folder_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *arguments = mem_format("--workers 2 --at 1/12 --fail %s", rows[i].how);
        char *want = mem_format("point 1 (mean=2), replication 12: %s", rows[i].want);
        expect_refusal(folder, rows[i].how, arguments, want);
        char *said, *table = table_of(folder, rows[i].how, "", &said);
        unsigned found, played;
        cr_assert_eq(sscanf(said, "found %u played %u", &found, &played), 2);
        /* Two batches are finished, and of the third all that was given out before. */
        cr_expect(found >= 35 && found + played == 120, "%s", said);
        free(said);
        free(table);
        free(arguments);
        free(want);
    }
    folder_remove(folder);
}

Test(runner, one_that_fails_while_played_ahead_matters_only_if_the_study_comes_to_it)
{
    char *folder = folder_new(), *said;
    char *table =
        table_of(folder, "d",
                 "--batch 2 --precision 100 --work 300 --workers 9 --at 1/2 --fail segv", &said);
    cr_expect(strstr(said, "found 0 "), "%s", said);
    free(table);
    free(said);
    folder_remove(folder);
}

/* Change a database as another program would; NULL: overwrite its beginning. */
static void spoil(const char *folder, const char *name, const char *sql)
{
    char *path = mem_format("%s/%s/results.db", folder, name);
    sqlite3 *db;
    FILE *file = sql == NULL ? fopen(path, "r+b") : NULL;
    if (file != NULL) {
        fputs("this is a text, and no database", file);
        fclose(file);
    } else {
        cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
        cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
    }
    free(path);
}

Test(runner, a_database_that_is_not_for_this_study_is_refused_as_it_is)
{
    char *folder = folder_new();
    free(table_of(folder, "d", "--most 5", NULL));
    expect_refusal(folder, "d", "--identity fedcba9876543210",
                   "d/results.db: holds results of another study: the document or its inputs are "
                   "not what they were, 0123456789ab then and fedcba987654 now (take another "
                   "directory, or remove the file to begin anew)\n");
    expect_refusal(folder, "d", "--program 2 --identity 2",
                   "d/results.db: holds results of seatrial 1, and this is 2 (take another "
                   "directory, or remove the file to begin anew)\n");
    static const struct {
        const char *name, *sql, *want;
    } rows[] = {
        { "newer", "PRAGMA user_version = 99",
          "newer/results.db: was written by a newer seatrial: version 99 of the tables, and this "
          "one knows 1 (use the newer one)\n" },
        { "other", "PRAGMA application_id = 1",
          "other/results.db: is a database of another program (take another directory)\n" },
        { "text", NULL,
          "text/results.db: is no database of results, or is damaged (take another directory, or "
          "move the file away)\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        free(table_of(folder, rows[i].name, "--most 5", NULL));
        spoil(folder, rows[i].name, rows[i].sql);
        expect_refusal(folder, rows[i].name, "", rows[i].want);
    }
    folder_remove(folder);
}

Test(runner, a_directory_that_cannot_be_is_told)
{
    char *folder = folder_new();
    folder_write(folder, "file", "");
    expect_refusal(folder, "file", "", "not a directory");
    folder_remove(folder);
}

Test(runner, two_at_one_study_at_the_same_time_are_one_too_many)
{
    char *folder = folder_new(), *path = mem_format("%s/d", folder);
    struct error error = { 0 };
    const struct book_study study = { "0123456789abcdef", "1", "kind: Toy\n" };
    struct book *book = book_open(path, &study, &error);
    cr_assert_not_null(book, "%s", error.text);
    expect_refusal(folder, "d", "",
                   "d/results.db: another process has these results open (wait for it, or end it "
                   "first)\n");
    book_close(book);
    free(table_of(folder, "d", "--most 5", NULL));
    free(path);
    folder_remove(folder);
}

Test(runner, a_replication_is_noted_once)
{
    char *folder = folder_new();
    struct error error = { 0 };
    const struct book_study study = { "0123456789abcdef", "1", "" };
    const struct task task = { 2, 17 };
    struct book *book = book_open(folder, &study, &error);
    struct writer text = { 0 };
    cr_expect_not(book_read(book, task, &text));
    cr_expect(book_add(book, task, "{\"a\":1}", 7, &error));
    cr_expect_not(book_add(book, task, "{\"a\":2}", 7, &error));
    cr_expect(strstr(error.text, "UNIQUE constraint failed"), "%s", error.text);
    cr_expect(book_read(book, task, &text));
    cr_expect_str_eq(text.bytes, "{\"a\":1}");
    cr_expect_eq(book_count(book), 1);
    error_close(&error);
    writer_close(&text);
    book_close(book);
    folder_remove(folder);
}

Test(runner, shards_play_every_replication_once_among_them)
{
    char *folder = folder_new();
    size_t sum = 0;
    for (int i = 0; i < 4; i++) {
        char *name = mem_format("shard-%d", i), *arguments = mem_format("--shard %d/4", i);
        char *table = table_of(folder, name, arguments, NULL);
        cr_expect_str_eq(table, "", "a shard judges nothing");
        sum += kept(folder, name);
        free(name);
        free(arguments);
        free(table);
    }
    cr_expect_eq(sum, 120);
    folder_remove(folder);
}

/* `seatrial merge` in the folder; its exit status, and what it printed. */
static int merged(const char *folder, const char *arguments, char **said)
{
    char *program = build_path("seatrial");
    char *all = mem_format("cd %s && %s merge %s 2>&1", folder, program, arguments);
    FILE *pipe = popen(all, "r");
    struct writer text = { 0 };
    char block[4096];
    writer_add(&text, "");
    for (size_t got; (got = fread(block, 1, sizeof block, pipe)) > 0;)
        writer_add_bytes(&text, block, got);
    *said = writer_take(&text);
    free(all);
    free(program);
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_merge(const char *folder, const char *arguments, int status, const char *want)
{
    char *said;
    cr_expect_eq(merged(folder, arguments, &said), status, "%s", said);
    cr_expect_str_eq(said, want);
    free(said);
}

Test(runner, parts_that_were_played_apart_become_the_whole)
{
    char *folder = folder_new(), *said;
    char *whole = table_of(folder, "whole", "--precision 0.5", NULL);
    for (int i = 0; i < 3; i++) {
        char *name = mem_format("%d", i),
             *arguments = mem_format("--shard %d/3 --precision 0.5", i);
        free(table_of(folder, name, arguments, NULL));
        free(name);
        free(arguments);
    }
    expect_merge(folder, "0 2 --out all", 1,
                 "80 replications in all/results.db, 80 of them new\n"
                 "missing: part 1 of 3 (they count from 0)\n"
                 "missing: 40 of the 40 replications of point 1 (mean=2)\n"
                 "`seatrial experiment STUDY --out all` judges it, plays what it still wants, and "
                 "writes the results\n");
    expect_merge(folder, "0 all 1 --out all", 0,
                 "120 replications in all/results.db, 40 of them new; 40 that several parts had "
                 "count once\n"
                 "`seatrial experiment STUDY --out all` judges it, and writes the results\n");
    char *again = table_of(folder, "all", "--precision 0.5", &said);
    cr_expect_str_eq(again, whole, "as if it had been played in one place");
    cr_expect(strstr(said, " played 0 "), "%s", said);
    free(again), free(said), free(whole);
    folder_remove(folder);
}

Test(runner, parts_that_do_not_belong_together_are_refused_and_nothing_is_written)
{
    char *folder = folder_new(), *a = mem_format("%s/a", folder), *b = mem_format("%s/b", folder);
    struct error error = { 0 };
    const struct book_study study = { "0123456789abcdef", "1", "" };
    free(table_of(folder, "other", "--identity fedcba9876543210 --most 2", NULL));
    for (int i = 0; i < 2; i++) {
        struct book *book = book_open(i == 0 ? a : b, &study, &error);
        cr_expect(book_add(book, (struct task){ 0, 0 }, "{}", 2, &error));
        cr_expect(book_add(book, (struct task){ 4, 7 }, i == 0 ? "[1]" : "[2]", 3, &error));
        book_close(book);
    }
    expect_merge(
        folder, "a", 2,
        "seatrial merge: where to? give a directory with --out; see seatrial help merge\n");
    expect_merge(folder, "a none --out all", 2,
                 "seatrial merge: none/results.db: there is none (no study has been played "
                 "there)\n");
    expect_merge(folder, "a other --out all", 2,
                 "seatrial merge: other/results.db: is of another study than a, or of other inputs "
                 "or another version of the program: fedcba987654 and 0123456789ab\n");
    expect_merge(folder, "a b --out all", 2,
                 "seatrial merge: b/results.db: point 4, replication 7 has another result than in "
                 "a part before it, though the study is the same (were they played by different "
                 "builds, or kinds of processor?)\n");
    expect_merge(folder, "a --out other", 2,
                 "seatrial merge: other/results.db: holds results of another study: the document "
                 "or its inputs are not what they were, fedcba987654 then and 0123456789ab now "
                 "(take another directory, or remove the file to begin anew)\n");
    char *path = mem_format("%s/all/results.db", folder);
    cr_expect_neq(access(path, F_OK), 0);
    cr_expect_eq(kept(folder, "a"), 2);
    cr_expect_eq(kept(folder, "other"), 6);
    free(path), free(a), free(b);
    folder_remove(folder);
}

static const struct {
    const char *text, *index, *want; /* index: of the environment; want: "1/4" or the error */
} shards[] = {
    { "1/4", NULL, "1/4" },
    { "4", "3", "3/4" },
    { "0/1", "7", "0/1" },
    { "4", NULL, "\"4\": which of them? JOB_COMPLETION_INDEX is not set (try 0/4)" },
    { "4", "x", "\"4\": JOB_COMPLETION_INDEX is \"x\", not a number" },
    { "4", "4", "\"4\": parts of 4 are 0 to 3, this is 4" },
    { "5/4", NULL, "\"5/4\": parts of 4 are 0 to 3, this is 5" },
    { "1/0", NULL,
      "\"1/0\" is no part of a study (try 0/4, the first of four, or 4 in a pod of "
      "an Indexed Job)" },
    { "", NULL,
      "\"\" is no part of a study (try 0/4, the first of four, or 4 in a pod of an "
      "Indexed Job)" },
    { "1/2/3", NULL,
      "\"1/2/3\" is no part of a study (try 0/4, the first of four, or 4 in a "
      "pod of an Indexed Job)" },
    { "-1/4", NULL,
      "\"-1/4\" is no part of a study (try 0/4, the first of four, or 4 in a pod "
      "of an Indexed Job)" },
    { "99999999999/4", NULL,
      "\"99999999999/4\" is no part of a study (try 0/4, the first of "
      "four, or 4 in a pod of an Indexed Job)" },
};

Test(runner, a_shard_is_named_by_the_option_or_by_the_environment_of_its_pod)
{
    for (size_t i = 0; i < sizeof shards / sizeof *shards; i++) {
        struct shard shard = { 0 };
        struct error error = { 0 };
        char read[32];
        unsetenv("JOB_COMPLETION_INDEX");
        if (shards[i].index != NULL)
            setenv("JOB_COMPLETION_INDEX", shards[i].index, 1);
        const bool fine = shard_read(shards[i].text, &shard, &error);
        snprintf(read, sizeof read, "%u/%u", shard.index, shard.count);
        cr_expect_str_eq(fine ? read : error.text, shards[i].want);
        error_close(&error);
    }
    unsetenv("JOB_COMPLETION_INDEX");
}
