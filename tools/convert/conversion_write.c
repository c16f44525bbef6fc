/* The folder of a conversion: scenario.yaml, and what it names.
 *
 * Everything is written into a folder beside, which gets its name when it is whole. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/convert/convert.h"
#include "tools/files.h"

/* ── rows ── */

static int by_time(const void *a, const void *b)
{
    const struct trace_row *first = a, *second = b;
    if (first->at != second->at)
        return first->at < second->at ? -1 : 1;
    return first->number < second->number ? -1 : first->number > second->number;
}

static void print_seconds(FILE *stream, sim_time time)
{
    const sim_time rest = time % SIM_SECOND;
    fprintf(stream, "%" PRId64, time / SIM_SECOND);
    if (rest != 0)
        fprintf(stream, ".%09" PRId64, rest);
}

/* What rows share is "cpu,memory,CELLS", where CELLS begins with a comma or is empty. */
static void print_row(const struct conversion *conversion, const struct trace_row *row,
                      bool has_names, bool has_pods, FILE *stream)
{
    const char *shared = text_s(row->shared);
    const char *cells = strchr(strchr(shared, ',') + 1, ',');
    print_seconds(stream, row->at);
    fprintf(stream, ",%.*s,", (int)(cells - shared), shared);
    print_seconds(stream, row->duration);
    if (has_names)
        fprintf(stream, ",%s", row->name == SIZE_MAX ? "" : conversion->names.bytes + row->name);
    if (has_pods && row->pods != 0)
        fprintf(stream, ",%" PRIu32, row->pods);
    else if (has_pods)
        fputc(',', stream);
    fprintf(stream, "%s\n", cells + 1);
}

static void print_workload(const struct conversion *conversion, FILE *stream)
{
    bool has_names = false, has_pods = false;
    for (size_t i = 0; i < conversion->row_count; i++) {
        has_names = has_names || conversion->rows[i].name != SIZE_MAX;
        has_pods = has_pods || conversion->rows[i].pods != 0;
    }
    fprintf(stream, "arrival_s,cpu_milli,mem_bytes,duration_s%s%s%s\n", has_names ? ",name" : "",
            has_pods ? ",pods" : "", conversion->columns);
    for (size_t i = 0; i < conversion->row_count; i++)
        print_row(conversion, &conversion->rows[i], has_names, has_pods, stream);
}

/* ── documents ── */

static void print_json(const struct value *value, FILE *stream)
{
    char *text = json_text(value, (struct json_style){ 0 });
    fputs(text, stream);
    free(text);
}

/* A List with an object a line. */
static void print_list(const struct value *objects, FILE *stream)
{
    fputs("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n", stream);
    for (size_t i = 0; i < objects->count; i++) {
        print_json(objects->items[i], stream);
        fputs(i + 1 < objects->count ? ",\n" : "\n", stream);
    }
    fputs("]}\n", stream);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A comment, in lines of about a hundred characters. */
static void print_comment(const char *first, const char *text, FILE *stream)
{
    enum { WIDTH = 100 };
    const char *lead = first;
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > WIDTH) {
            length = WIDTH;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = strcspn(text, " ");
        }
        fprintf(stream, "# %s", lead);
        for (size_t i = 0; i < length; i++)
            fputc((unsigned char)text[i] < ' ' ? ' ' : text[i], stream);
        fputc('\n', stream);
        text += length;
        text += strspn(text, " ");
        lead = "  ";
    }
}

static void print_head(const struct conversion *conversion, const struct trace_format *format,
                       FILE *stream)
{
    fprintf(stream, "# Made by `seatrial convert %s` from\n", format->name);
    for (size_t i = 0; i < conversion->input_count; i++)
        print_comment("  ", base_name(conversion->inputs[i].name), stream);
    fputs("# Of it:\n", stream);
    for (size_t i = 0; i < conversion->counts->count; i++) {
        const struct value_entry *entry = &conversion->counts->entries[i];
        fprintf(stream, "#   %" PRId64 " %s\n", value_int(entry->value, 0), entry->key);
    }
    fputs("# How it was read, and what is lost:\n", stream);
    for (size_t i = 0; i < conversion->notes->count; i++)
        print_comment("- ", conversion->notes->items[i]->text, stream);
}

static sim_time duration_of(const struct conversion *conversion)
{
    sim_time end = 0;
    if (conversion->duration > 0)
        return conversion->duration;
    for (size_t i = 0; i < conversion->row_count; i++) {
        const struct trace_row *row = &conversion->rows[i];
        const sim_time gone =
            conversion->options->in_order ? row->at : sim_time_after(row->at, row->duration);
        end = gone > end ? gone : end;
    }
    return end == 0 && conversion->row_count == 0 ? SIM_DAY : end + 10 * SIM_MINUTE;
}

/* "  key:" and an entry a line. */
static void print_entries(const char *key, const struct value *list, FILE *stream)
{
    fprintf(stream, "  %s:\n", key);
    for (size_t i = 0; i < list->count; i++) {
        fputs("  - ", stream);
        print_json(list->items[i], stream);
        fputc('\n', stream);
    }
}

static void print_nodes(const struct conversion *conversion, FILE *stream)
{
    const struct convert_options *options = conversion->options;
    if (options->node_count == 0)
        return;
    fputs("  nodes:\n", stream);
    for (size_t i = 0; i < options->node_count; i++) {
        struct value *text = value_new_string(options->nodes[i]);
        fputs("  - ", stream);
        print_json(text, stream);
        fputc('\n', stream);
        value_drop(text);
    }
}

static bool has_nodes_file(const struct conversion *conversion)
{
    return conversion->nodes->count > 0 && conversion->options->node_count == 0;
}

static void print_manifests(const struct conversion *conversion, FILE *stream)
{
    const bool nodes = has_nodes_file(conversion), objects = conversion->objects->count > 0;
    if (nodes || objects)
        fprintf(stream, "  manifests: [%s%s%s]\n", nodes ? "nodes.json" : "",
                nodes && objects ? ", " : "", objects ? "objects.json" : "");
}

static void print_scenario(const struct conversion *conversion, const struct trace_format *format,
                           FILE *stream)
{
    const struct convert_options *options = conversion->options;
    char duration[SIM_TIME_TEXT];
    struct value *name = value_new_string(options->name != NULL ? options->name : format->name);
    print_head(conversion, format, stream);
    fputs("apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata:\n  name: ", stream);
    print_json(name, stream);
    fprintf(stream, "\nspec:\n  duration: %s\n", sim_time_print(duration_of(conversion), duration));
    value_drop(name);
    print_nodes(conversion, stream);
    print_manifests(conversion, stream);
    for (size_t i = 0; i < conversion->spec->count; i++) {
        const struct value_entry *entry = &conversion->spec->entries[i];
        if (entry->value->type == VALUE_LIST) {
            print_entries(entry->key, entry->value, stream);
            continue;
        }
        fprintf(stream, "  %s: ", entry->key);
        print_json(entry->value, stream);
        fputc('\n', stream);
    }
    if (conversion->row_count > 0)
        fputs("  workload: workload.csv\n", stream);
    if (conversion->timeline->count > 0)
        print_entries("timeline", conversion->timeline, stream);
}

/* ── the folder ── */

static bool fail(struct error *error, const char *path)
{
    return error_set(error, (struct place){ .file = path }, "%s", strerror(errno));
}

static FILE *open_in(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    FILE *stream = fopen(path, "wb");
    free(path);
    return stream;
}

/* True when everything that was written to it has arrived. */
static bool close_whole(FILE *stream)
{
    const bool fine = stream != NULL && !ferror(stream);
    return stream != NULL && fclose(stream) == 0 && fine;
}

static bool write_texts(const struct conversion *conversion, const char *folder)
{
    for (size_t i = 0; i < conversion->files->count; i++) {
        const struct value_entry *file = &conversion->files->entries[i];
        FILE *stream = open_in(folder, file->key);
        if (stream != NULL)
            fwrite(file->value->text, 1, file->value->count, stream);
        if (!close_whole(stream))
            return false;
    }
    return true;
}

static bool write_files(const struct conversion *conversion, const struct trace_format *format,
                        const char *folder)
{
    FILE *stream = open_in(folder, "scenario.yaml");
    if (stream != NULL)
        print_scenario(conversion, format, stream);
    if (!close_whole(stream))
        return false;
    if (has_nodes_file(conversion)) {
        if ((stream = open_in(folder, "nodes.json")) != NULL)
            print_list(conversion->nodes, stream);
        if (!close_whole(stream))
            return false;
    }
    if (conversion->objects->count > 0) {
        if ((stream = open_in(folder, "objects.json")) != NULL)
            print_list(conversion->objects, stream);
        if (!close_whole(stream))
            return false;
    }
    if (conversion->row_count > 0) {
        if ((stream = open_in(folder, "workload.csv")) != NULL)
            print_workload(conversion, stream);
        if (!close_whole(stream))
            return false;
    }
    if (conversion->options->jsonl && conversion->jsonl.length > 0) {
        if ((stream = open_in(folder, "trace.jsonl")) != NULL)
            fwrite(conversion->jsonl.bytes, 1, conversion->jsonl.length, stream);
        if (!close_whole(stream))
            return false;
    }
    return write_texts(conversion, folder);
}

/* A folder of ours: files only. */
static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
    rmdir(path);
}

static char *without_slashes(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return mem_text(path, length);
}

/* A folder that a conversion made has a scenario that says so. */
static bool is_conversion(const char *path)
{
    static const char mark[] = "# Made by `seatrial convert ";
    char *scenario = path_join(path, "scenario.yaml"), line[sizeof mark] = "";
    FILE *stream = fopen(scenario, "rb");
    if (stream != NULL) {
        if (fgets(line, sizeof line, stream) == NULL)
            line[0] = '\0';
        fclose(stream);
    }
    free(scenario);
    return strcmp(line, mark) == 0;
}

/* Give the folder its name: an empty one may be there, or one that is to be replaced. */
static bool give_name(const char *part, const char *path, bool replace, struct error *error)
{
    if (rename(part, path) == 0)
        return true;
    if (errno != EEXIST && errno != ENOTEMPTY)
        return fail(error, path);
    if (!replace)
        return error_set(error, (struct place){ .file = path },
                         "there is something in this folder (--force replaces what a conversion "
                         "made)");
    if (!is_conversion(path))
        return error_set(error, (struct place){ .file = path },
                         "what is in this folder was not made by seatrial convert");
    char *old = mem_format("%s.old-%ld", path, (long)getpid());
    bool fine = rename(path, old) == 0;
    if (fine && !(fine = rename(part, path) == 0) && rename(old, path) != 0)
        error_set(error, (struct place){ .file = old }, "the former folder is here now");
    if (fine)
        remove_folder(old);
    free(old);
    return fine || fail(error, path);
}

bool conversion_write(struct conversion *conversion, const struct trace_format *format,
                      const char *directory, bool replace, struct error *error)
{
    char *path = without_slashes(directory), *above = path_directory(path);
    char *part = mem_format("%s.part-XXXXXX", path);
    if (conversion->row_count > 0)
        qsort(conversion->rows, conversion->row_count, sizeof *conversion->rows, by_time);
    bool fine = directory_make(above, error);
    if (fine && mkdtemp(part) == NULL)
        fine = fail(error, path);
    else if (fine) {
        const mode_t mask = umask(0);
        umask(mask);
        fine = chmod(part, 0777 & ~mask) == 0 && write_files(conversion, format, part);
        if (!fine)
            fail(error, part);
        fine = fine && give_name(part, path, replace, error);
        if (!fine)
            remove_folder(part);
    }
    if (error->text != NULL && error->at.file == path)
        error->at.file = directory;
    else if (error->text != NULL && error->at.file != directory)
        error->at.file = NULL;
    free(part);
    free(above);
    free(path);
    return fine;
}

struct value *conversion_print(const struct conversion *conversion,
                               const struct trace_format *format, const char *directory)
{
    struct value *answer = value_new_map();
    char duration[SIM_TIME_TEXT];
    value_set(answer, "format", value_new_string(format->name));
    value_set(answer, "directory", value_new_string(directory));
    value_set(answer, "duration",
              value_new_string(sim_time_print(duration_of(conversion), duration)));
    value_set(answer, "nodes",
              value_new_int(has_nodes_file(conversion) ? (int64_t)conversion->nodes->count : 0));
    value_set(answer, "objects", value_new_int((int64_t)conversion->objects->count));
    value_set(answer, "arrivals", value_new_int((int64_t)conversion->row_count));
    value_set(answer, "timeline", value_new_int((int64_t)conversion->timeline->count));
    value_set(answer, "counts", value_hold(conversion->counts));
    value_set(answer, "notes", value_hold(conversion->notes));
    return answer;
}
