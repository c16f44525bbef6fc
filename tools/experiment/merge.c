/* Joining databases of results: one transaction, in which every result of every part is added. */
#include "tools/experiment/merge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/experiment/results_book.h"
#include "tools/files.h"

static const struct place nowhere = { 0 };

struct merging {
    struct book *into;
    struct book *from;    /* the part at hand */
    struct writer known;  /* what `into` says of a replication */
    size_t joined, twice; /* results that came, and those that were there already */
    struct error *error;
};

/* Do two directories have the same database? */
static bool is_same_database(const char *a, const char *b)
{
    char *path_a = path_join(a, "results.db"), *path_b = path_join(b, "results.db");
    struct stat of_a, of_b;
    const bool same = stat(path_a, &of_a) == 0 && stat(path_b, &of_b) == 0 &&
                      of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    free(path_a);
    free(path_b);
    return same;
}

/* --- joining ----------------------------------------------------------------------------------- */

static bool join_row(void *context, struct task task, const char *json, size_t length)
{
    struct merging *merging = context;
    if (!book_read(merging->into, task, &merging->known)) {
        merging->joined++;
        return book_add(merging->into, task, json, length, merging->error);
    }
    merging->twice++;
    if (merging->known.length == length && memcmp(merging->known.bytes, json, length) == 0)
        return true;
    return error_set(merging->error, nowhere,
                     "%s: point %u, replication %u has another result than in a part before it, "
                     "though the study is the same (were they played by different builds, or "
                     "kinds of processor?)",
                     book_path(merging->from), task.point, task.replication);
}

static void join_point(void *context, const struct book_point *point)
{
    struct merging *merging = context;
    book_note_point(merging->into, point, merging->error);
}

static void join_shard(void *context, struct shard shard)
{
    struct merging *merging = context;
    book_note_shard(merging->into, shard, merging->error);
}

static bool join(struct merging *merging, const char *directory)
{
    struct book_study study;
    merging->from = book_open_any(directory, &study, merging->error);
    if (merging->from == NULL)
        return false;
    book_each(merging->from, join_row, merging);
    book_each_point(merging->from, join_point, merging);
    book_each_shard(merging->from, join_shard, merging);
    book_close(merging->from);
    return merging->error->text == NULL;
}

/* Whose parts they are; all of them are opened before anything is written. Texts are owned. */
static bool read_study(const char *const *directories, size_t count, struct book_study *study,
                       struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct book_study of_part;
        struct book *part = book_open_any(directories[i], &of_part, error);
        if (part == NULL)
            return false;
        if (i == 0)
            *study = (struct book_study){
                mem_text(of_part.identity, strlen(of_part.identity)),
                mem_text(of_part.program, strlen(of_part.program)),
                mem_text(of_part.document, strlen(of_part.document)),
            };
        else if (strcmp(study->identity, of_part.identity) != 0)
            error_set(error, nowhere,
                      "%s: is of another study than %s, or of other inputs or another version of "
                      "the program: %.12s and %.12s",
                      book_path(part), directories[0], of_part.identity, study->identity);
        book_close(part);
        if (error->text != NULL)
            return false;
    }
    return true;
}

static void study_close(struct book_study *study)
{
    free((char *)study->identity);
    free((char *)study->program);
    free((char *)study->document);
}

/* --- what there is, and what is missing ---------------------------------------------------------- */

static void tell_point(void *context, const struct book_point *point)
{
    struct value *points = context, *map = value_new_map();
    value_set(map, "point", value_new_int(point->number));
    value_set(map, "name", value_new_string(point->name));
    value_set(map, "finished", value_new_int(point->finished));
    value_set(map, "planned", value_new_int(point->planned));
    value_add(points, map);
}

/* Of each number of parts that a study was played in: which are there. They come in order. */
static void tell_shard(void *context, struct shard shard)
{
    struct value *shards = context;
    struct value *last = value_at(shards, shards->count - 1);
    if (shards->count == 0 || value_int(value_get(last, "count"), 0) != shard.count) {
        last = value_new_map();
        value_set(last, "count", value_new_int(shard.count));
        value_set(last, "found", value_new_list());
        value_add(shards, last);
    }
    value_add(value_get(last, "found"), value_new_int(shard.index));
}

static struct value *tell(const struct merging *merging, const char *directory)
{
    struct value *merged = value_new_map(), *points = value_new_list(), *shards = value_new_list();
    book_each_point(merging->into, tell_point, points);
    book_each_shard(merging->into, tell_shard, shards);
    value_set(merged, "directory", value_new_string(directory));
    value_set(merged, "replications", value_new_int((int64_t)book_count(merging->into)));
    value_set(merged, "joined", value_new_int((int64_t)merging->joined));
    value_set(merged, "twice", value_new_int((int64_t)merging->twice));
    value_set(merged, "points", points);
    value_set(merged, "shards", shards);
    return merged;
}

static bool join_all(struct merging *merging, const char *const *directories, size_t count,
                     const char *into)
{
    if (!book_begin(merging->into, merging->error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_same_database(directories[i], into) && !join(merging, directories[i]))
            return false;
    return book_commit(merging->into, merging->error);
}

/* A database that we made for nothing. */
static void unmake(const char *directory)
{
    static const char *const names[] = { "results.db", "results.db-wal", "results.db-shm" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_join(directory, names[i]);
        unlink(path);
        free(path);
    }
}

struct value *merge(const char *const *directories, size_t count, const char *into,
                    struct error *error)
{
    struct book_study study = { 0 };
    struct merging merging = { .error = error };
    struct value *merged = NULL;
    char *path = path_join(into, "results.db");
    const bool was_there = access(path, F_OK) == 0;
    if (read_study(directories, count, &study, error))
        merging.into = book_open(into, &study, error);
    if (merging.into != NULL && join_all(&merging, directories, count, into))
        merged = tell(&merging, into);
    book_close(merging.into);
    if (merged == NULL && merging.into != NULL && !was_there)
        unmake(into);
    writer_close(&merging.known);
    study_close(&study);
    free(path);
    return merged;
}

/* --- for people ---------------------------------------------------------------------------------- */

/* "parts 1 and 3 of 4 are missing"; false when none is. */
static bool print_missing_shards(const struct value *shards, struct writer *out)
{
    const int64_t count = value_int(value_get(shards, "count"), 0);
    const struct value *found = value_get(shards, "found");
    size_t at = 0, missing = 0;
    for (int64_t i = 0; i < count; i++) {
        if (value_int(value_at(found, at), -1) == i) {
            at++;
            continue;
        }
        writer_format(out, missing++ == 0 ? "missing: part %lld" : ", %lld", (long long)i);
    }
    if (missing > 0)
        writer_format(out, " of %lld (they count from 0)\n", (long long)count);
    return missing > 0;
}

bool merge_print(const struct value *merged, struct writer *out)
{
    const struct value *points = value_get(merged, "points"), *shards = value_get(merged, "shards");
    bool complete = true;
    writer_format(out, "%lld replications in %s/results.db, %lld of them new",
                  (long long)value_int(value_get(merged, "replications"), 0),
                  value_text(value_get(merged, "directory"), ""),
                  (long long)value_int(value_get(merged, "joined"), 0));
    if (value_int(value_get(merged, "twice"), 0) > 0)
        writer_format(out, "; %lld that several parts had count once",
                      (long long)value_int(value_get(merged, "twice"), 0));
    writer_add_char(out, '\n');
    for (size_t i = 0; i < shards->count; i++)
        complete = !print_missing_shards(shards->items[i], out) && complete;
    for (size_t i = 0; i < points->count; i++) {
        const int64_t planned = value_int(value_get(points->items[i], "planned"), 0),
                      finished = value_int(value_get(points->items[i], "finished"), 0);
        if (finished >= planned)
            continue;
        complete = false;
        writer_format(out, "missing: %lld of the %lld replications of point %lld (%s)\n",
                      (long long)(planned - finished), (long long)planned,
                      (long long)value_int(value_get(points->items[i], "point"), 0),
                      value_text(value_get(points->items[i], "name"), ""));
    }
    writer_format(out, "`seatrial experiment STUDY --out %s` judges it%s, and writes the results\n",
                  value_text(value_get(merged, "directory"), ""),
                  complete ? "" : ", plays what it still wants");
    return complete;
}
