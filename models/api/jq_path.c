/* Reads and runs paths of jq. */
#include "models/api/jq_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

enum step_type { STEP_KEY, STEP_INDEX, STEP_EACH, STEP_SELECT };

struct step {
    enum step_type type;
    char *key; /* owned */
    long index;
    struct jq_path *condition; /* owned */
    int compares;              /* 0: by itself, 1: ==, -1: != */
    struct value *with;        /* owned */
};

struct jq_path {
    struct step *steps; /* owned */
    size_t count, capacity;
};

struct reader {
    const char *text, *at;
    struct place place;
    struct error *error;
    int depth;
};

void jq_path_free(struct jq_path *path)
{
    if (path == NULL)
        return;
    for (size_t i = 0; i < path->count; i++) {
        free(path->steps[i].key);
        jq_path_free(path->steps[i].condition);
        value_drop(path->steps[i].with);
    }
    free(path->steps);
    free(path);
}

/* ---- reading ---- */

static void skip(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static bool refuse(struct reader *reader)
{
    if (reader->error->text == NULL)
        error_set(reader->error, reader->place,
                  "jq: \"%s\" is not understood in \"%s\" (paths such as .status.phase, "
                  ".metadata.labels[\"a\"], .items.[].b and select(.type == \"Ready\") are)",
                  reader->at, reader->text);
    return false;
}

static bool accept(struct reader *reader, const char *token)
{
    skip(reader);
    if (strncmp(reader->at, token, strlen(token)) != 0)
        return false;
    reader->at += strlen(token);
    return true;
}

static struct step *add(struct jq_path *path, enum step_type type)
{
    MEM_GROW(path->steps, path->count, path->capacity);
    path->steps[path->count] = (struct step){ .type = type };
    return &path->steps[path->count++];
}

/* A string of JSON, a number, or a word. */
static struct value *read_literal(struct reader *reader)
{
    skip(reader);
    const char *end = reader->at;
    if (*end == '"')
        for (end++; *end != '\0' && *end != '"'; end++)
            end += *end == '\\' && end[1] != '\0';
    else
        while (isalnum((unsigned char)*end) || *end == '-' || *end == '.')
            end++;
    if (*reader->at == '"' && *end == '"')
        end++;
    struct error error = { 0 };
    struct value *value =
        json_read(reader->at, (size_t)(end - reader->at), reader->place, NULL, &error);
    error_close(&error);
    if (value == NULL)
        refuse(reader);
    else
        reader->at = end;
    return value;
}

static bool read_key(struct reader *reader, struct jq_path *path)
{
    struct value *key = read_literal(reader);
    if (key == NULL)
        return false;
    const bool is_text = key->type == VALUE_STRING;
    int64_t index;
    if (is_text)
        add(path, STEP_KEY)->key = mem_text(key->text, strlen(key->text));
    else if (value_as_int(key, &index))
        add(path, STEP_INDEX)->index = (long)index;
    else
        refuse(reader);
    value_drop(key);
    return reader->error->text == NULL;
}

static bool read_bracket(struct reader *reader, struct jq_path *path)
{
    if (accept(reader, "]")) {
        add(path, STEP_EACH);
        return true;
    }
    return read_key(reader, path) && (accept(reader, "]") || refuse(reader));
}

/* ".a.b[0].[].c": at least the first dot. */
static bool read_path(struct reader *reader, struct jq_path *path)
{
    if (!accept(reader, "."))
        return refuse(reader);
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    for (bool dotted = true;; dotted = false) {
        if (!dotted && *reader->at == '.') {
            dotted = true;
            reader->at++;
            if (*reader->at == '\0' || strchr("[\"_", *reader->at) == NULL)
                if (!isalpha((unsigned char)*reader->at))
                    return refuse(reader);
        }
        if (dotted && (isalpha((unsigned char)*reader->at) || *reader->at == '_')) {
            const size_t length = strspn(reader->at, letters);
            add(path, STEP_KEY)->key = mem_text(reader->at, length);
            reader->at += length;
        } else if (dotted && *reader->at == '"') {
            if (!read_key(reader, path))
                return false;
        } else if (*reader->at == '[') {
            reader->at++;
            if (!read_bracket(reader, path))
                return false;
        } else {
            return true;
        }
    }
}

static struct jq_path *read_pipe(struct reader *reader);

static bool read_select(struct reader *reader, struct jq_path *path)
{
    if (!accept(reader, "(") || ++reader->depth > 20)
        return refuse(reader);
    struct step *step = add(path, STEP_SELECT);
    step->condition = read_pipe(reader);
    if (step->condition == NULL)
        return false;
    step->compares = accept(reader, "==") ? 1 : accept(reader, "!=") ? -1 : 0;
    if (step->compares != 0 && (step->with = read_literal(reader)) == NULL)
        return false;
    reader->depth--;
    return accept(reader, ")") || refuse(reader);
}

static struct jq_path *read_pipe(struct reader *reader)
{
    struct jq_path *path = mem_new(sizeof *path);
    do {
        const bool good =
            accept(reader, "select") ? read_select(reader, path) : read_path(reader, path);
        if (!good) {
            jq_path_free(path);
            return NULL;
        }
    } while (accept(reader, "|"));
    return path;
}

struct jq_path *jq_path_parse(const char *text, struct place at, struct error *error)
{
    struct reader reader = { text, text, at, error, 0 };
    struct jq_path *path = read_pipe(&reader);
    skip(&reader);
    if (path != NULL && *reader.at != '\0') {
        refuse(&reader);
        jq_path_free(path);
        return NULL;
    }
    return path;
}

/* ---- running ---- */

static bool run(const struct jq_path *path, size_t from, const struct value *value,
                struct jq_values *values);

static bool run_each(const struct jq_path *path, size_t from, const struct value *value,
                     struct jq_values *values)
{
    if (value_is_null(value) || (value->type != VALUE_LIST && value->type != VALUE_MAP))
        return false;
    for (size_t i = 0; i < value->count; i++) {
        const struct value *item =
            value->type == VALUE_LIST ? value->items[i] : value->entries[i].value;
        if (!run(path, from, item, values))
            return false;
    }
    return true;
}

static bool truth(const struct value *value)
{
    return !value_is_null(value) && value_truth(value, true);
}

/* A condition that gives several values lets its input through for each that holds. */
static bool run_select(const struct jq_path *path, size_t at, const struct value *value,
                       struct jq_values *values)
{
    const struct step *step = &path->steps[at];
    struct jq_values found = { 0 };
    bool good = jq_path_run(step->condition, value, &found);
    bool holds = step->compares != 0 && found.count == 0 &&
                 value_equal(NULL, step->with) == (step->compares > 0);
    for (size_t i = 0; good && i < found.count; i++)
        if (step->compares == 0 ? truth(found.items[i])
                                : value_equal(found.items[i], step->with) == (step->compares > 0))
            holds = true;
    jq_values_close(&found);
    return good && (!holds || run(path, at + 1, value, values));
}

static bool run(const struct jq_path *path, size_t from, const struct value *value,
                struct jq_values *values)
{
    for (size_t i = from; i < path->count; i++) {
        const struct step *step = &path->steps[i];
        if (step->type == STEP_EACH)
            return run_each(path, i + 1, value, values);
        if (step->type == STEP_SELECT)
            return run_select(path, i, value, values);
        const enum value_type holder = step->type == STEP_KEY ? VALUE_MAP : VALUE_LIST;
        if (value_is_null(value))
            return true;
        if (value->type != holder)
            return false;
        if (step->type == STEP_KEY)
            value = value_get(value, step->key);
        else
            value = value_at(
                value, (size_t)(step->index < 0 ? (long)value->count + step->index : step->index));
    }
    if (!value_is_null(value)) {
        MEM_GROW(values->items, values->count, values->capacity);
        values->items[values->count++] = value;
    }
    return true;
}

bool jq_path_run(const struct jq_path *path, const struct value *root, struct jq_values *values)
{
    *values = (struct jq_values){ 0 };
    if (run(path, 0, root, values))
        return true;
    jq_values_close(values);
    return false;
}

void jq_values_close(struct jq_values *values)
{
    free(values->items);
    *values = (struct jq_values){ 0 };
}
