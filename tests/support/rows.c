/* Read JSON lines through zlib, which also reads plain text. */
#include "tests/support/rows.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

struct rows {
    gzFile file;
    char *line;
    size_t capacity;
};

struct rows *rows_open(const char *path)
{
    struct rows *rows = mem_new(sizeof *rows);
    rows->file = gzopen(path, "rb");
    if (rows->file == NULL) {
        fprintf(stderr, "%s: cannot be read (tests run in the root of the repository)\n", path);
        abort();
    }
    return rows;
}

static struct value *from_cjson(const cJSON *node)
{
    if (cJSON_IsBool(node))
        return value_new_bool(cJSON_IsTrue(node));
    if (cJSON_IsNumber(node)) {
        char *text = cJSON_PrintUnformatted(node);
        struct value *number = value_new_number(text);
        free(text);
        return number;
    }
    if (cJSON_IsString(node))
        return value_new_string(node->valuestring);
    if (!cJSON_IsArray(node) && !cJSON_IsObject(node))
        return value_new_null();
    struct value *tree = cJSON_IsArray(node) ? value_new_list() : value_new_map();
    const cJSON *child;
    cJSON_ArrayForEach(child, node)
    {
        if (cJSON_IsArray(node))
            value_add(tree, from_cjson(child));
        else
            value_set(tree, child->string, from_cjson(child));
    }
    return tree;
}

struct value *rows_parse(const char *text)
{
    cJSON *root = cJSON_Parse(text);
    if (root == NULL) {
        fprintf(stderr, "not JSON: %.200s\n", text);
        abort();
    }
    struct value *tree = from_cjson(root);
    cJSON_Delete(root);
    return tree;
}

static cJSON *to_cjson(const struct value *value)
{
    cJSON *tree;
    switch (value->type) {
    case VALUE_BOOL:
        return cJSON_CreateBool(value->truth);
    case VALUE_NUMBER:
        return cJSON_CreateRaw(value->text);
    case VALUE_STRING:
        return cJSON_CreateString(value->text);
    case VALUE_LIST:
        tree = cJSON_CreateArray();
        for (size_t i = 0; i < value->count; i++)
            cJSON_AddItemToArray(tree, to_cjson(value->items[i]));
        return tree;
    case VALUE_MAP:
        tree = cJSON_CreateObject();
        for (size_t i = 0; i < value->count; i++)
            cJSON_AddItemToObject(tree, value->entries[i].key, to_cjson(value->entries[i].value));
        return tree;
    default:
        return cJSON_CreateNull();
    }
}

char *rows_print(const struct value *value)
{
    if (value == NULL)
        return mem_format("(absent)");
    cJSON *tree = to_cjson(value);
    char *text = cJSON_PrintUnformatted(tree);
    cJSON_Delete(tree);
    return text;
}

struct value *rows_next(struct rows *rows)
{
    size_t length = 0;
    for (;;) {
        if (rows->capacity - length < 4096)
            rows->line = mem_resize(rows->line, rows->capacity = rows->capacity * 2 + 8192);
        if (gzgets(rows->file, rows->line + length, (int)(rows->capacity - length)) == NULL)
            break;
        length += strlen(rows->line + length);
        if (length > 0 && rows->line[length - 1] == '\n')
            break;
    }
    return length > 0 ? rows_parse(rows->line) : NULL;
}

void rows_close(struct rows *rows)
{
    gzclose(rows->file);
    free(rows->line);
    free(rows);
}

struct value *rows_read_document(const char *path)
{
    gzFile file = gzopen(path, "rb");
    struct writer text = { 0 };
    struct error error = { 0 };
    char bytes[1 << 16];
    int length;
    if (file == NULL)
        return NULL;
    while ((length = gzread(file, bytes, sizeof bytes)) > 0)
        writer_add_bytes(&text, bytes, (size_t)length);
    gzclose(file);
    struct value *document =
        text.length == 0
            ? NULL
            : json_read(text.bytes, text.length, (struct place){ path, 1, 1 }, NULL, &error);
    writer_close(&text);
    error_close(&error);
    return document;
}
