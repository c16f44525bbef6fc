#include "tools/export/csv.h"

#include <string.h>

void csv_add_cell(const char *text, struct writer *into)
{
    const char *quote = strpbrk(text, ",\"\r\n") != NULL ? "\"" : "";
    writer_add(into, quote);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            writer_add_char(into, '"');
        writer_add_char(into, *text);
    }
    writer_add(into, quote);
}
