/* What a user can cause: one sentence, and where in the user's own text it comes from.
 *
 * A broken promise between our own functions is an assert. A fault of an input is an
 * error: the innermost caller names the place, each caller above may add one phrase,
 * and only tools/ prints. Loaders append each fault to a list and go on, so that one
 * run shows all of them. */
#ifndef SIM_BASE_ERROR_H
#define SIM_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* A place in a text the user gave us. Lines and columns count from 1; line 0 means the
 * whole file, and a NULL file means no text at all (a flag, a built-in default).
 * The file name is borrowed: it outlives everything loaded from it. */
struct place {
    const char *file;
    int line, column;
};

struct error {
    struct place at;
    char *text; /* one sentence, no full stop; NULL while nothing is wrong */
};

/* Say what is wrong. The text is formatted as by printf. A second error_set() on the
 * same error keeps the first: the innermost fault is the one to show.
 * Returns false, so that the failing line of a caller reads as one. */
bool error_set(struct error *error, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "phrase: " before the text of an error that is set. Returns false. */
bool error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Release the text and make the error empty again. */
void error_close(struct error *error);

/* Write "file:line:column: text" (as much of the place as is known) into a new string,
 * which the caller frees. */
char *error_print(const struct error *error);

/* The faults of one input, in the order they were found. */
struct error_list {
    struct error *items; /* owned */
    size_t count, capacity;
};

/* Move a set error to the end of the list; *error is empty afterwards. No-op when it is
 * not set. */
void error_list_take(struct error_list *list, struct error *error);

/* Append a fault directly. Returns false. */
bool error_list_add(struct error_list *list, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Release every error; the list is empty and usable afterwards. */
void error_list_close(struct error_list *list);

#endif
