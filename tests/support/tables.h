/* Tables of recorded answers: each row asks something that a real library has answered.
 *
 * The formats are those of shared/data/README.md and shared/oracle/api/README.md. A table is
 * recognised by its columns, whatever its file is called. */
#ifndef TESTS_SUPPORT_TABLES_H
#define TESTS_SUPPORT_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* One format. A row is a map: of texts by column for CSV, the document itself for JSON lines. */
struct table {
    const char *name;
    const char *const columns[5]; /* what every row has; ends with NULL */
    /* Is the row one that we mean to answer? NULL: all are. The others are not counted. */
    bool (*applies)(const struct value *row);
    /* Do we give the recorded answer? If not, say to `why` what differs. What is said although the
     * answer agrees is a remark: another wording of the same refusal. */
    bool (*agrees)(const struct value *row, struct writer *why);
};

extern const struct table quantity_table, intstr_table, fenceposts_table, selectors_table,
    yaml_table, creates_table, hashes_table, builtin_table, podsecurity_table, patches_table;

struct table_counts {
    const char *name; /* of the format; NULL when the file is of none */
    size_t compared, agreed;
    size_t remarks; /* of those that agreed */
};

/* See each row of a file, plain or gzipped, until one answers false. False when the file cannot be
 * read. */
typedef bool table_row_fn(void *context, const struct value *row);
bool table_each(const char *path, table_row_fn *see, void *context);

/* Compare each row of a file, plain or gzipped; some lines to `details` (NULL: not wanted) for
 * each that differs or deserves a remark. False when the file cannot be read. */
bool table_run(const char *path, struct table_counts *counts, struct writer *details);

/* Append "what: got ..., want ...; " unless the texts are equal. Returns whether they are. */
bool table_expect(struct writer *why, const char *what, const char *got, const char *want);

/* Equal documents, where <rand> stands for five characters and <time> for any time. */
bool table_same(const struct value *got, const struct value *want);

/* A column as text; "" when it is absent. */
const char *table_text(const struct value *row, const char *column);

#endif
