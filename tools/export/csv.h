/* Cells of CSV (RFC 4180). */
#ifndef TOOLS_EXPORT_CSV_H
#define TOOLS_EXPORT_CSV_H

#include "sim/base/writer.h"

/* A text as a cell, in quotes where it needs them. */
void csv_add_cell(const char *text, struct writer *into);

#endif
