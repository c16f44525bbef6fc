/* From a command line to an Experiment: the scenario as it is, and with each variant. */
#include "tools/experiment/variants.h"

#include <stdlib.h>
#include <string.h>

#include "models/scheduler/configuration/profile.h"
#include "sim/base/memory.h"
#include "tools/files.h"

/* A Scenario that says nothing, for manifests without one. */
static struct value *empty_scenario(void)
{
    struct value *document = value_new_map();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Scenario"));
    value_put(&document, value_new_string("manifests"), "metadata", "name", NULL);
    value_set(document, "spec", value_new_map());
    return document;
}

bool variants_base(struct base *base, const struct command_line *line, struct error_list *faults)
{
    size_t count;
    const char *const *operands = command_line_operands(line, &count);
    *base = (struct base){ .line = line, .strict = command_line_option(line, "strict") != NULL };
    if (count > 0)
        return base_read(base, operands[0], faults);
    base->name = mem_text("manifests", strlen("manifests"));
    base->directory = mem_text(".", 1);
    MEM_GROW(base->documents.items, base->documents.count, base->documents.capacity);
    base->documents.items[base->documents.count++] = empty_scenario();
    return true;
}

/* "surge" of path/to/surge.yaml; the caller frees. */
static char *name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *file = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    return mem_text(file, dot != NULL && dot > file ? (size_t)(dot - file) : strlen(file));
}

/* What a document of the file makes of the level. */
static void add_document(struct value *level, const struct value *document,
                         struct error_list *faults)
{
    if (scenario_document_is_one(document)) {
        const struct value *spec = value_get(document, "spec");
        if (spec != NULL && spec->type != VALUE_MAP)
            error_list_add(faults, spec->at, "spec: a map is expected");
        else if (spec != NULL)
            value_set(level, "scenario", value_hold(spec));
    } else if (scheduler_configuration_is_one(document)) {
        value_put(&level, value_hold(document), "scenario", "schedulerConfiguration", NULL);
    } else {
        if (value_get(level, "merge") == NULL)
            value_set(level, "merge", value_new_list());
        value_add(value_get(level, "merge"), value_hold(document));
    }
}

struct value *variant_level(const char *path, char **bytes, struct error_list *faults)
{
    struct documents documents = { 0 };
    struct error error = { 0 };
    const size_t before = faults->count;
    size_t length;
    *bytes = file_read(path, &length, &error);
    if (*bytes == NULL) {
        error_list_take(faults, &error);
        return NULL;
    }
    struct value *level = value_new_map();
    char *name = name_of_file(path);
    level->at = (struct place){ .file = path };
    value_set(level, "name", value_new_string(name));
    documents_read(&documents, *bytes, length, path, faults);
    for (size_t i = 0; i < documents.count; i++)
        add_document(level, documents.items[i], faults);
    if (documents.count == 0 && faults->count == before)
        error_list_add(faults, level->at, "nothing is varied in it");
    documents_close(&documents);
    free(name);
    if (faults->count == before)
        return level;
    value_drop(level);
    return NULL;
}

/* ── the document ── */

static struct value *factor(const char *name, const char *what, struct value *list)
{
    struct value *map = value_new_map();
    value_set(map, "name", value_new_string(name));
    value_set(map, what, list);
    return map;
}

static struct value *factors_of(struct value *levels, struct value *policies)
{
    struct value *list = value_new_list();
    if (levels != NULL)
        value_add(list, factor("variant", "levels", levels));
    if (policies != NULL)
        value_add(list, factor("policy", "policies", policies));
    return list;
}

/* 30 of each; until the differences are told, between 10 and --at-most. */
static struct value *replications_of(const struct command_line *line)
{
    const char *most = command_line_option(line, "at-most");
    if (command_line_option(line, "until-significant") == NULL)
        return value_new_int(30);
    struct value *map = value_new_map();
    value_set(map, "first", value_new_int(10));
    value_set(map, "batch", value_new_int(10));
    value_set(map, "most", value_new_int(most != NULL ? strtoll(most, NULL, 10) : 1000));
    value_put(&map, value_new_bool(true), "until", "significant", NULL);
    return map;
}

struct value *variants_document(const struct command_line *line, struct value *levels,
                                struct value *policies)
{
    size_t count;
    const char *const *paths = command_line_options(line, "response", &count);
    struct value *document = value_new_map(), *spec = value_new_map();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Experiment"));
    value_put(&document, value_new_string("comparison"), "metadata", "name", NULL);
    value_set(spec, "factors", factors_of(levels, policies));
    value_set(spec, "replications", replications_of(line));
    if (count > 0) {
        struct value *responses = value_new_list();
        for (size_t i = 0; i < count; i++) {
            struct value *path = value_new_string(paths[i]);
            path->at = (struct place){ .file = "--response" };
            value_add(responses, path);
        }
        value_set(spec, "responses", responses);
    }
    value_set(document, "spec", spec);
    return document;
}
