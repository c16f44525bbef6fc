/* Converting and running through the program; see converted.h. */
#include "tests/support/converted.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/files.h"

struct value *converted(const char *folder, const char *arguments)
{
    char *line = mem_format("convert %s --out '%s/out' --force --output json", arguments, folder);
    struct program_run run = program_run(line);
    cr_assert_eq(run.status, 0, "%s: %s", line, run.err.bytes);
    cr_expect_str_empty(run.err.bytes, "%s", line);
    struct value *answer = program_run_json(&run);
    program_run_close(&run);
    free(line);
    return answer;
}

int64_t converted_count(const struct value *answer, const char *what)
{
    return value_int(value_path(answer, "counts", what, NULL), -1);
}

struct value *converted_run(const char *folder, const char *options)
{
    char *line = mem_format("run '%s/out/scenario.yaml' %s --output json", folder, options);
    struct program_run run = program_run(line);
    cr_assert_eq(run.status, 0, "%s: %s", line, run.err.bytes);
    struct value *summary = program_run_json(&run);
    program_run_close(&run);
    free(line);
    return summary;
}

char *converted_text(const char *folder, const char *name)
{
    struct error error = { 0 };
    size_t length;
    char *path = mem_format("%s/out/%s", folder, name);
    char *text = file_read(path, &length, &error);
    error_close(&error);
    free(path);
    return text;
}
