/* Objectives of a summary, in words and as a table of a page. */
#ifndef TOOLS_REPORT_OBJECTIVES_H
#define TOOLS_REPORT_OBJECTIVES_H

#include "tools/report/html.h"

/* Fill in a row of the table for a terminal; see tables.h. */
void objective_row_fill(struct table_row *line, const struct value *row);

/* "web-up: 99.82 % of 99.9 %, error budget overspent by 80 % (spent after 3d4h)"; the caller frees. */
char *objective_found(const struct value *row);

/* Nothing where there are none. */
void html_objectives(struct html_page *page, const struct value *summary);

#endif
