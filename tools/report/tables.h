/* Tables that the reports for a terminal and for a browser have alike: one row each in the table below
 * says which list of the summary it shows, and how. */
#ifndef TOOLS_REPORT_TABLES_H
#define TOOLS_REPORT_TABLES_H

#include "sim/base/value.h"
#include "tools/report/table.h"

struct report_table {
    const char *list;  /* of the summary (docs/summary.md) */
    const char *title; /* in a page */
    const char *heads[TABLE_COLUMNS + 1];
    bool (*is_shown)(const struct value *row);                    /* NULL: all are */
    void (*add)(struct table_row *line, const struct value *row); /* fills in all but the name */
};

/* Ends with a NULL list. */
extern const struct report_table report_tables[];

/* One of them, in a file of its own: requests to a Service. */
void traffic_row_fill(struct table_row *line, const struct value *row);

/* The rows of a summary as they are shown; an empty table where there are none. Release with
 * text_table_close(). */
struct text_table report_table_of(const struct report_table *from, const struct value *summary);

#endif
