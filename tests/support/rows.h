/* Recorded answers: files with one JSON document per line, plain or gzipped. */
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include "sim/base/value.h"

struct rows;

/* Open a file of the repository, by its path from the root. Aborts when it is not there. */
struct rows *rows_open(const char *path);

/* The next document, which the caller drops; NULL after the last. */
struct value *rows_next(struct rows *rows);

void rows_close(struct rows *rows);

/* The one document that fills a file, plain or gzipped; NULL when there is none. */
struct value *rows_read_document(const char *path);

/* A document from JSON text. Aborts on faults. */
struct value *rows_parse(const char *text);

/* The document as JSON, for messages; the caller frees it. */
char *rows_print(const struct value *value);

#endif
