/* What is left of a finding: see the header. */
#include "tools/explore/found.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/writer.h"
#include "tools/files.h"

/* In quotes for a shell where it needs them. */
static void add_quoted(struct writer *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";
    if (*text != '\0' && strspn(text, plain) == strlen(text)) {
        writer_add(out, text);
        return;
    }
    writer_add_char(out, '\'');
    for (; *text != '\0'; text++)
        if (*text == '\'')
            writer_add(out, "'\\''");
        else
            writer_add_char(out, *text);
    writer_add_char(out, '\'');
}

char *found_command(const char *path, const struct variance *variance)
{
    struct writer out = { 0 };
    char *text = variance_print(variance);
    writer_add(&out, "seatrial explore ");
    add_quoted(&out, path);
    writer_add(&out, " --replay ");
    add_quoted(&out, text);
    free(text);
    return writer_take(&out);
}

bool found_write(const struct shrunk *shrunk, const char *path, struct error *error)
{
    char *text = yaml_print(shrunk->document), *directory = path_directory(path);
    const char *slash = strrchr(path, '/');
    const bool well =
        file_write(directory, slash != NULL ? slash + 1 : path, text, strlen(text), error);
    free(directory);
    free(text);
    return well;
}

/* Read a written scenario as --replay will. */
bool found_read(const struct shrunk *shrunk, const struct scenario *original,
                struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    char *text = yaml_print(shrunk->document);
    scenario_init(scenario);
    scenario->settings.zones = original->settings.zones;
    const bool well =
        scenario_load(scenario, text, strlen(text), "found", NULL, false, &faults, &warnings);
    scenario_complete(scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
    free(text);
    return well;
}
