/* The summary itself, as indented JSON. */
#include "models/api/json.h"
#include "tools/report/report.h"

static void json_write(const struct value *summary, struct writer *out)
{
    json_print(out, summary, (struct json_style){ .indent = 2 });
    writer_add_char(out, '\n');
}

const struct report json_report = { .name = "json", .write = json_write };
