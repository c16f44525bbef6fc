/* Starting the program; see program.h. */
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

/* Test programs lie in BUILD/tests, or in a folder of it. */
char *build_path(const char *name)
{
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    cr_assert(length > 0);
    path[length] = '\0';
    char *tests = strstr(path, "/tests/");
    cr_assert_not_null(tests);
    for (char *next; (next = strstr(tests + 1, "/tests/")) != NULL;)
        tests = next;
    *tests = '\0';
    return mem_format("%s/%s", path, name);
}

char *folder_new(void)
{
    char *folder = mem_format("/tmp/seatrial-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

void folder_remove(char *folder)
{
    char *command = mem_format("rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
    free(command);
    free(folder);
}

void folder_write(const char *folder, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

/* The content of a file; NULL when there is none. */
static char *content(const char *path, struct writer *into)
{
    FILE *file = fopen(path, "rb");
    char block[65536];
    size_t length;
    writer_add(into, "");
    if (file == NULL)
        return NULL;
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        writer_add_bytes(into, block, length);
    fclose(file);
    return into->bytes;
}

struct program_run program_run(const char *arguments)
{
    return program_run_of("seatrial", arguments);
}

struct program_run program_run_of(const char *program, const char *arguments)
{
    struct program_run run = { 0 };
    char *folder = folder_new(), *name = build_path(program);
    char *out = mem_format("%s/out", folder), *err = mem_format("%s/err", folder);
    char *command = mem_format("%s %s >'%s' 2>'%s' </dev/null", name, arguments, out, err);
    /* By this a program linked with Criterion would take itself for a test. */
    unsetenv("BXFI_MAP");
    const int status = system(command);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    content(out, &run.out);
    content(err, &run.err);
    free(command);
    free(out);
    free(err);
    free(name);
    folder_remove(folder);
    return run;
}

void program_run_close(struct program_run *run)
{
    writer_close(&run->out);
    writer_close(&run->err);
}

static struct value *parse(const char *bytes, size_t length)
{
    struct error error = { 0 };
    struct value *value =
        json_read(bytes, length, (struct place){ .line = 1, .column = 1 }, NULL, &error);
    cr_assert_not_null(value, "%s in %.*s", error.text, (int)(length < 200 ? length : 200), bytes);
    return value;
}

struct value *program_run_json(const struct program_run *run)
{
    return parse(run->out.bytes, run->out.length);
}

size_t folder_check_events(const char *folder)
{
    char *path = mem_format("%s/events.jsonl", folder);
    char *part = mem_format("%s.part", path);
    struct writer text = { 0 };
    size_t lines = 0;
    cr_assert_not_null(content(path, &text), "%s", path);
    cr_expect_neq(access(part, F_OK), 0);
    const char *at = text.bytes, *end = text.bytes + text.length;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        cr_assert_not_null(newline, "the last line has no end");
        value_drop(parse(at, (size_t)(newline - at)));
        at = newline + 1;
        lines++;
    }
    writer_close(&text);
    free(part);
    free(path);
    return lines;
}
