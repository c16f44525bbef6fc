/* The book of a study, over SQLite; docs/results_db.md tells of its tables.
 *
 * Journal: WAL with synchronous=NORMAL. A commit is a write to the log without fsync(): it survives
 * whatever is done to processes, since the page cache belongs to the kernel. When the machine itself
 * loses power the last commits may be missing, but the book is sound, and what is missing is played
 * again. (https://www.sqlite.org/wal.html, "Performance Considerations"; pragma synchronous.)
 *
 * Locking: exclusive. A second writer is told so at once; and a log that only one process maps
 * needs no shared memory, so that the book may lie on a network file system. */
#include "tools/experiment/results_book.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/files.h"

/* Step i takes a book from version i to i + 1; a new one begins at 0. Steps that were released never
 * change: what is to be different is a further step, and docs/results_db.md. */
static const char *const steps[] = {
    "CREATE TABLE study ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  identity TEXT NOT NULL,"
    "  program TEXT NOT NULL,"
    "  document TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE point ("
    "  number INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  planned INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE replication ("
    "  point INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  result TEXT NOT NULL,"
    "  PRIMARY KEY (point, number)"
    ") STRICT;"
    "CREATE TABLE shard ("
    "  number INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  PRIMARY KEY (count, number)"
    ") STRICT;",
};

enum {
    VERSION = sizeof steps / sizeof *steps,
    APPLICATION = 0x53545243, /* "STRC", in the header of the file, for file(1) and for us */
};

enum statement { ADD, HAS, READ, STATEMENTS };
static const char *const texts[STATEMENTS] = {
    [ADD] = "INSERT INTO replication (point, number, result) VALUES (?1, ?2, ?3)",
    [HAS] = "SELECT 1 FROM replication WHERE point = ?1 AND number = ?2",
    [READ] = "SELECT result FROM replication WHERE point = ?1 AND number = ?2",
};

struct book {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[STATEMENTS];
    struct {
        char *identity, *program, *document; /* as they stand in the book */
    } study;
};

/* The path goes into the text: an error outlives the book. */
#define FAULT(book, error, format, ...)                                                            \
    error_set(error, (struct place){ 0 }, "%s: " format, (book)->path, __VA_ARGS__)

/* What SQLite says, in our words where people can do something about it. */
static bool refuse(const struct book *book, struct error *error)
{
    const int code = sqlite3_errcode(book->db);
    const char *why = sqlite3_errmsg(book->db);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        why = "another process has these results open (wait for it, or end it first)";
    else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        why = "is no database of results, or is damaged (take another directory, or move the file "
              "away)";
    return FAULT(book, error, "%s", why);
}

static bool execute(const struct book *book, const char *sql, struct error *error)
{
    return sqlite3_exec(book->db, sql, NULL, NULL, NULL) == SQLITE_OK || refuse(book, error);
}

/* A statement for once. Finalize it. NULL with the error. */
static sqlite3_stmt *prepare(const struct book *book, const char *sql, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book->db, sql, -1, &statement, NULL) != SQLITE_OK)
        refuse(book, error);
    return statement;
}

/* The one number that a statement gives. */
static bool read_number(const struct book *book, const char *sql, int64_t *number,
                        struct error *error)
{
    sqlite3_stmt *statement = prepare(book, sql, error);
    const bool found = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *number = sqlite3_column_int64(statement, 0);
    else if (statement != NULL)
        refuse(book, error);
    sqlite3_finalize(statement);
    return found;
}

static char *column_copy(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return mem_text(text != NULL ? text : "", (size_t)sqlite3_column_bytes(statement, column));
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Whose is the file: nobody's yet, one of ours that we know, or not for us? */
static bool check_format(const struct book *book, int64_t *version, struct error *error)
{
    int64_t application, tables;
    if (!read_number(book, "PRAGMA application_id", &application, error) ||
        !read_number(book, "PRAGMA user_version", version, error) ||
        !read_number(book, "SELECT count(*) FROM sqlite_schema", &tables, error))
        return false;
    if (application != APPLICATION && (application != 0 || *version != 0 || tables != 0))
        return FAULT(book, error, "%s",
                     "is a database of another program (take another directory)");
    if (*version > VERSION)
        return FAULT(book, error,
                     "was written by a newer seatrial: version %lld of the tables, and this "
                     "one knows %d (use the newer one)",
                     (long long)*version, VERSION);
    return true;
}

/* Bring the tables to our version. Within a transaction: all of it, or nothing. */
static bool migrate(const struct book *book, int64_t version, struct error *error)
{
    for (; version < VERSION; version++) {
        char *number = mem_format("PRAGMA user_version = %lld; PRAGMA application_id = %d;",
                                  (long long)version + 1, APPLICATION);
        const bool fine = execute(book, steps[version], error) && execute(book, number, error);
        free(number);
        if (!fine)
            return false;
    }
    return true;
}

static bool write_study(const struct book *book, const struct book_study *study,
                        struct error *error)
{
    sqlite3_stmt *statement = prepare(
        book, "INSERT INTO study (one, identity, program, document) VALUES (1, ?1, ?2, ?3)", error);
    if (statement == NULL)
        return false;
    sqlite3_bind_text(statement, 1, study->identity, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, study->program, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, study->document, -1, SQLITE_STATIC);
    const bool fine = sqlite3_step(statement) == SQLITE_DONE || refuse(book, error);
    sqlite3_finalize(statement);
    return fine;
}

/* The study's row; false without an error when there is none. */
static bool read_study(struct book *book, struct error *error)
{
    sqlite3_stmt *statement = prepare(book, "SELECT identity, program, document FROM study", error);
    const bool found = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        book->study.identity = column_copy(statement, 0);
        book->study.program = column_copy(statement, 1);
        book->study.document = column_copy(statement, 2);
    }
    sqlite3_finalize(statement);
    return found;
}

static bool is_same(const struct book *book, const struct book_study *study, struct error *error)
{
    if (strcmp(book->study.identity, study->identity) == 0)
        return true;
    if (strcmp(book->study.program, study->program) != 0)
        return FAULT(book, error,
                     "holds results of seatrial %s, and this is %s (take another directory, or "
                     "remove the file to begin anew)",
                     book->study.program, study->program);
    return FAULT(book, error,
                 "holds results of another study: the document or its inputs are not what they "
                 "were, %.12s then and %.12s now (take another directory, or remove the file "
                 "to begin anew)",
                 book->study.identity, study->identity);
}

/* In a transaction, so that no book is ever without its study. */
static bool settle(struct book *book, const struct book_study *study, struct error *error)
{
    int64_t version;
    if (!execute(book, "BEGIN IMMEDIATE", error) || !check_format(book, &version, error) ||
        !migrate(book, version, error))
        return false;
    if (!read_study(book, error)) {
        if (error->text != NULL)
            return false;
        if (study == NULL)
            return FAULT(book, error, "%s", "holds no study");
        if (!write_study(book, study, error) || !read_study(book, error))
            return false;
    }
    return (study == NULL || is_same(book, study, error)) && execute(book, "COMMIT", error);
}

static struct book *open_file(const char *directory, int flags, const struct book_study *study,
                              struct error *error)
{
    struct book *book = mem_new(sizeof *book);
    book->path = path_join(directory, "results.db");
    bool fine =
        sqlite3_open_v2(book->path, &book->db, flags, NULL) == SQLITE_OK || refuse(book, error);
    /* Whoever was killed a moment ago may still be on the way out. */
    sqlite3_busy_timeout(book->db, 500);
    fine = fine &&
           execute(book,
                   "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                   "PRAGMA synchronous = NORMAL",
                   error) &&
           settle(book, study, error);
    for (int i = 0; fine && i < STATEMENTS; i++) {
        book->statements[i] = prepare(book, texts[i], error);
        fine = book->statements[i] != NULL;
    }
    if (fine)
        return book;
    book_close(book);
    return NULL;
}

struct book *book_open(const char *directory, const struct book_study *study, struct error *error)
{
    if (!directory_make(directory, error))
        return NULL;
    return open_file(directory, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, study, error);
}

struct book *book_open_any(const char *directory, struct book_study *study, struct error *error)
{
    char *path = path_join(directory, "results.db");
    const bool there = access(path, F_OK) == 0;
    if (!there)
        error_set(error, (struct place){ 0 },
                  errno == ENOENT ? "%s: there is none (no study has been played there)" : "%s: %m",
                  path);
    free(path);
    struct book *book = there ? open_file(directory, SQLITE_OPEN_READWRITE, NULL, error) : NULL;
    if (book != NULL)
        *study =
            (struct book_study){ book->study.identity, book->study.program, book->study.document };
    return book;
}

void book_close(struct book *book)
{
    if (book == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(book->statements[i]);
    sqlite3_close(book->db); /* rolls back what was begun */
    free(book->study.identity);
    free(book->study.program);
    free(book->study.document);
    free(book->path);
    free(book);
}

const char *book_path(const struct book *book)
{
    return book->path;
}

/* --- replications ----------------------------------------------------------------------------- */

static sqlite3_stmt *of_task(struct book *book, enum statement which, struct task task)
{
    sqlite3_stmt *statement = book->statements[which];
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, task.point);
    sqlite3_bind_int64(statement, 2, task.replication);
    return statement;
}

bool book_add(struct book *book, struct task task, const char *json, size_t length,
              struct error *error)
{
    sqlite3_stmt *statement = of_task(book, ADD, task);
    sqlite3_bind_text64(statement, 3, json, length, SQLITE_STATIC, SQLITE_UTF8);
    const bool fine = sqlite3_step(statement) == SQLITE_DONE || refuse(book, error);
    sqlite3_reset(statement);
    return fine;
}

bool book_has(struct book *book, struct task task)
{
    sqlite3_stmt *statement = of_task(book, HAS, task);
    const bool found = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_reset(statement);
    return found;
}

bool book_read(struct book *book, struct task task, struct writer *json)
{
    sqlite3_stmt *statement = of_task(book, READ, task);
    const bool found = sqlite3_step(statement) == SQLITE_ROW;
    writer_clear(json);
    if (found)
        writer_add_bytes(json, (const char *)sqlite3_column_text(statement, 0),
                         (size_t)sqlite3_column_bytes(statement, 0));
    sqlite3_reset(statement);
    return found;
}

size_t book_count(struct book *book)
{
    struct error error = { 0 };
    int64_t count = 0;
    read_number(book, "SELECT count(*) FROM replication", &count, &error);
    error_close(&error);
    return (size_t)count;
}

void book_each(struct book *book, book_visit *visit, void *context)
{
    struct error error = { 0 };
    sqlite3_stmt *rows = prepare(
        book, "SELECT point, number, result FROM replication ORDER BY point, number", &error);
    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW &&
           visit(context,
                 (struct task){ (uint32_t)sqlite3_column_int64(rows, 0),
                                (uint32_t)sqlite3_column_int64(rows, 1) },
                 (const char *)sqlite3_column_text(rows, 2), (size_t)sqlite3_column_bytes(rows, 2)))
        ;
    sqlite3_finalize(rows);
    error_close(&error);
}

bool book_begin(struct book *book, struct error *error)
{
    return execute(book, "BEGIN", error);
}

bool book_commit(struct book *book, struct error *error)
{
    return execute(book, "COMMIT", error);
}

/* --- points and shards ------------------------------------------------------------------------ */

bool book_note_point(struct book *book, const struct book_point *point, struct error *error)
{
    sqlite3_stmt *statement = prepare(
        book, "INSERT OR REPLACE INTO point (number, name, planned) VALUES (?1, ?2, ?3)", error);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, point->number);
    sqlite3_bind_text(statement, 2, point->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, point->planned);
    const bool fine = sqlite3_step(statement) == SQLITE_DONE || refuse(book, error);
    sqlite3_finalize(statement);
    return fine;
}

void book_each_point(struct book *book,
                     void (*visit)(void *context, const struct book_point *point), void *context)
{
    struct error error = { 0 };
    sqlite3_stmt *rows = prepare(book,
                                 "SELECT number, name, planned,"
                                 "  (SELECT count(*) FROM replication r WHERE r.point = p.number"
                                 "    AND r.number < p.planned)"
                                 " FROM point p ORDER BY number",
                                 &error);
    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW)
        visit(context, &(struct book_point){ .number = (uint32_t)sqlite3_column_int64(rows, 0),
                                             .name = (const char *)sqlite3_column_text(rows, 1),
                                             .planned = (uint32_t)sqlite3_column_int64(rows, 2),
                                             .finished = (uint32_t)sqlite3_column_int64(rows, 3) });
    sqlite3_finalize(rows);
    error_close(&error);
}

bool book_note_shard(struct book *book, struct shard shard, struct error *error)
{
    char *sql = mem_format("INSERT OR IGNORE INTO shard (number, count) VALUES (%u, %u)",
                           shard.index, shard.count);
    const bool fine = execute(book, sql, error);
    free(sql);
    return fine;
}

void book_each_shard(struct book *book, void (*visit)(void *context, struct shard shard),
                     void *context)
{
    struct error error = { 0 };
    sqlite3_stmt *rows =
        prepare(book, "SELECT number, count FROM shard ORDER BY count, number", &error);
    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW)
        visit(context, (struct shard){ (uint32_t)sqlite3_column_int64(rows, 0),
                                       (uint32_t)sqlite3_column_int64(rows, 1) });
    sqlite3_finalize(rows);
    error_close(&error);
}
