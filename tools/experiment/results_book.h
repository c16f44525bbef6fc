/* The book of a study: every replication that was finished, in DIRECTORY/results.db, an SQLite database
 * (docs/results_db.md).
 *
 * Each addition is a transaction of its own in the write-ahead log: it is there, whole, for whoever opens
 * the book after this process was killed. One process has it at a time. */
#ifndef TOOLS_EXPERIMENT_RESULTS_BOOK_H
#define TOOLS_EXPERIMENT_RESULTS_BOOK_H

#include "tools/experiment/runner.h"

struct book;

/* Whose results they are. The texts are borrowed for the call. */
struct book_study {
    const char *identity; /* SHA-256 of all that decides results */
    const char *program;  /* version; for people, as the document */
    const char *document;
};

/* Open the book in a directory for a study; both are made if they are missing. NULL with the error when the
 * file is no such book, of another study, of a newer program, or somebody else has it open. */
struct book *book_open(const char *directory, const struct book_study *study, struct error *error);

/* Open one that is there, of whatever study, which is moved into *study (texts belong to the book). */
struct book *book_open_any(const char *directory, struct book_study *study, struct error *error);

/* Release; NULL is fine. */
void book_close(struct book *book);

/* The path of the database, for messages; borrowed. */
const char *book_path(const struct book *book);

/* Note a finished replication. One that is there already is refused: nothing counts twice. False with the
 * error. */
bool book_add(struct book *book, struct task task, const char *json, size_t length,
              struct error *error);

/* Is it there? */
bool book_has(struct book *book, struct task task);

/* Its result, into the writer, which is emptied. False when it is not there. */
bool book_read(struct book *book, struct task task, struct writer *json);

/* How many there are. */
size_t book_count(struct book *book);

/* Visit all in (point, replication) order until the function returns false. The text is borrowed. */
typedef bool book_visit(void *context, struct task task, const char *json, size_t length);
void book_each(struct book *book, book_visit *visit, void *context);

/* Many additions that are there together or not at all. False with the error. */
bool book_begin(struct book *book, struct error *error);
bool book_commit(struct book *book, struct error *error);

/* What the study has of points: their names, and how many replications it could ever want. */
struct book_point {
    uint32_t number;
    const char *name;  /* JSON or plain text; "" when it has none */
    uint32_t planned;  /* replications 0 to planned - 1 */
    uint32_t finished; /* of these; filled in when it is read */
};
bool book_note_point(struct book *book, const struct book_point *point, struct error *error);
/* In order of their numbers; the name is borrowed for the call. */
void book_each_point(struct book *book,
                     void (*visit)(void *context, const struct book_point *point), void *context);

/* Which parts of a study played in parts have written here; one part is noted once. */
bool book_note_shard(struct book *book, struct shard shard, struct error *error);
void book_each_shard(struct book *book, void (*visit)(void *context, struct shard shard),
                     void *context);

#endif
