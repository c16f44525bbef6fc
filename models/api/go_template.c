/* Reads templates into trees and runs them. */
#include "models/api/go_template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

enum { DEPTH = 100, ARGUMENTS = 12 };

enum operand_type { OPERAND_FIELD, OPERAND_VARIABLE, OPERAND_LITERAL, OPERAND_GROUP, OPERAND_CALL };

/* What a command is made of: something, and the members behind it. */
struct operand {
    enum operand_type type;
    char *name; /* owned: of a variable or function */
    struct value *literal;
    struct pipeline *group; /* owned */
    char **members;         /* owned */
    size_t member_count, member_capacity;
};

struct command {
    struct operand operands[ARGUMENTS];
    size_t count;
};

struct pipeline {
    char *variables[2]; /* owned: that take its value; of a range, number and item */
    bool declares;
    struct command *commands; /* owned */
    size_t count, capacity;
};

enum node_type { NODE_TEXT, NODE_VALUE, NODE_IF, NODE_RANGE, NODE_WITH };

struct node {
    enum node_type type;
    char *text; /* owned */
    struct pipeline *pipeline;
    struct node *body, *otherwise, *next; /* owned */
};

struct go_template {
    struct node *first;
};

/* ---- release ---- */

static void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->count; i++)
        for (size_t k = 0; k < pipeline->commands[i].count; k++) {
            struct operand *operand = &pipeline->commands[i].operands[k];
            for (size_t m = 0; m < operand->member_count; m++)
                free(operand->members[m]);
            free(operand->members);
            free(operand->name);
            value_drop(operand->literal);
            pipeline_free(operand->group);
        }
    free(pipeline->variables[0]);
    free(pipeline->variables[1]);
    free(pipeline->commands);
    free(pipeline);
}

static void nodes_free(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        free(node->text);
        pipeline_free(node->pipeline);
        nodes_free(node->body);
        nodes_free(node->otherwise);
        free(node);
        node = next;
    }
}

void go_template_free(struct go_template *template)
{
    if (template == NULL)
        return;
    nodes_free(template->first);
    free(template);
}

/* ---- reading ---- */

struct reader {
    const char *text, *at, *action; /* `action`: where the one that is read began */
    const char *const *functions;
    struct place place;
    struct error *error;
    const char *names[DEPTH]; /* of variables, borrowed from the tree */
    size_t name_count;
    int depth;
    bool trim; /* blanks of the text that follows */
};

static bool refuse(struct reader *reader, const char *what, const char *name, size_t length)
{
    int line = 1;
    for (const char *at = reader->text; at < reader->at; at++)
        line += *at == '\n';
    if (reader->error->text == NULL)
        error_set(reader->error, reader->place, "template, line %d: %s%.*s", line, what,
                  (int)length, name);
    return false;
}

static bool fault(struct reader *reader, const char *what)
{
    return refuse(reader, what, "", 0);
}

static void skip(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static bool accept(struct reader *reader, const char *token)
{
    skip(reader);
    if (strncmp(reader->at, token, strlen(token)) != 0)
        return false;
    reader->at += strlen(token);
    return true;
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return length;
}

static bool accept_word(struct reader *reader, const char *word)
{
    skip(reader);
    if (word_length(reader->at) != strlen(word) || strncmp(reader->at, word, strlen(word)) != 0)
        return false;
    reader->at += strlen(word);
    return true;
}

static bool is_function(const struct reader *reader, const char *name)
{
    static const char *const own[] = { "or",    "and",  "not",     "eq",    "ne",
                                       "index", "len",  "default", "print", "printf",
                                       "Quote", "YAML", "dict",    NULL };
    for (size_t i = 0; own[i] != NULL; i++)
        if (strcmp(own[i], name) == 0)
            return true;
    for (size_t i = 0; reader->functions[i] != NULL; i++)
        if (strcmp(reader->functions[i], name) == 0)
            return true;
    return false;
}

static bool is_known(const struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->name_count; i++)
        if (strcmp(reader->names[i], name) == 0)
            return true;
    return *name == '\0';
}

static bool declare(struct reader *reader, const char *name)
{
    if (reader->name_count == DEPTH)
        return fault(reader, "too many variables");
    reader->names[reader->name_count++] = name;
    return true;
}

static struct pipeline *read_pipeline(struct reader *reader, bool is_range);

static bool read_members(struct reader *reader, struct operand *operand)
{
    while (*reader->at == '.') {
        const size_t length = word_length(reader->at + 1);
        if (length == 0)
            return fault(reader, "a field has a name");
        MEM_GROW(operand->members, operand->member_count, operand->member_capacity);
        operand->members[operand->member_count++] = mem_text(reader->at + 1, length);
        reader->at += 1 + length;
    }
    return true;
}

static bool read_text_literal(struct reader *reader, struct operand *operand)
{
    const char quote = *reader->at, *end = reader->at + 1;
    while (*end != '\0' && *end != quote)
        end += quote == '"' && *end == '\\' && end[1] != '\0' ? 2 : 1;
    if (*end == '\0')
        return fault(reader, "a text does not end");
    operand->type = OPERAND_LITERAL;
    if (quote == '`') {
        operand->literal = value_new_text(reader->at + 1, (size_t)(end - reader->at - 1));
    } else {
        struct error error = { 0 };
        operand->literal =
            json_read(reader->at, (size_t)(end + 1 - reader->at), reader->place, NULL, &error);
        error_close(&error);
    }
    if (operand->literal == NULL)
        return fault(reader, "a text is not understood");
    reader->at = end + 1;
    return true;
}

static bool read_number(struct reader *reader, struct operand *operand)
{
    char *end;
    const long long number = strtoll(reader->at, &end, 10);
    if (end == reader->at || *end == '.' || isalnum((unsigned char)*end))
        return fault(reader, "numbers other than whole ones are not understood");
    operand->type = OPERAND_LITERAL;
    operand->literal = value_new_int(number);
    reader->at = end;
    return true;
}

static bool read_word(struct reader *reader, struct operand *operand)
{
    const size_t length = word_length(reader->at);
    if (length == 0)
        return refuse(reader, "not understood: ", reader->at, strcspn(reader->at, " }\n"));
    operand->name = mem_text(reader->at, length);
    operand->type = OPERAND_LITERAL;
    if (strcmp(operand->name, "true") == 0 || strcmp(operand->name, "false") == 0)
        operand->literal = value_new_bool(*operand->name == 't');
    else if (strcmp(operand->name, "nil") != 0)
        operand->type = OPERAND_CALL;
    if (operand->type == OPERAND_CALL && !is_function(reader, operand->name))
        return refuse(reader, "this function is not understood: ", operand->name, length);
    reader->at += length;
    return true;
}

static bool read_variable(struct reader *reader, struct operand *operand)
{
    const size_t length = word_length(++reader->at);
    operand->type = OPERAND_VARIABLE;
    operand->name = mem_text(reader->at, length);
    if (!is_known(reader, operand->name))
        return refuse(reader, "there is no variable $", operand->name, length);
    reader->at += length;
    return read_members(reader, operand);
}

static bool read_group(struct reader *reader, struct operand *operand)
{
    reader->at++;
    operand->type = OPERAND_GROUP;
    if (++reader->depth > DEPTH)
        return fault(reader, "too deep");
    operand->group = read_pipeline(reader, false);
    reader->depth--;
    if (operand->group == NULL || !accept(reader, ")"))
        return fault(reader, "a bracket is not closed");
    return read_members(reader, operand);
}

static bool read_operand(struct reader *reader, struct operand *operand)
{
    switch (*reader->at) {
    case '.':
        operand->type = OPERAND_FIELD;
        if (word_length(reader->at + 1) > 0)
            return read_members(reader, operand);
        reader->at++;
        return true;
    case '$':
        return read_variable(reader, operand);
    case '"':
    case '`':
        return read_text_literal(reader, operand);
    case '(':
        return read_group(reader, operand);
    default:
        return isdigit((unsigned char)*reader->at) || *reader->at == '-'
                   ? read_number(reader, operand)
                   : read_word(reader, operand);
    }
}

static bool at_end_of_action(const struct reader *reader)
{
    return strncmp(reader->at, "}}", 2) == 0 || strncmp(reader->at, "-}}", 3) == 0;
}

static bool read_command(struct reader *reader, struct command *command)
{
    for (;;) {
        skip(reader);
        if (at_end_of_action(reader) || *reader->at == '|' || *reader->at == ')' ||
            *reader->at == '\0')
            break;
        if (command->count == ARGUMENTS - 1)
            return fault(reader, "too many arguments");
        if (!read_operand(reader, &command->operands[command->count++]))
            return false;
    }
    if (command->count == 0)
        return fault(reader, "a command is missing");
    if (command->count > 1 && command->operands[0].type != OPERAND_CALL)
        return fault(reader, "only a function takes arguments");
    return true;
}

/* "$x := ", "$x = ", "$i, $x := ": true as well when there are none. */
static bool read_variables(struct reader *reader, struct pipeline *pipeline, bool is_range)
{
    const char *start = reader->at;
    for (int i = 0; i < 2; i++) {
        if (!accept(reader, "$"))
            break;
        const size_t length = word_length(reader->at);
        pipeline->variables[i] = mem_text(reader->at, length);
        reader->at += length;
        if (!is_range || !accept(reader, ","))
            break;
    }
    pipeline->declares = accept(reader, ":=");
    if (pipeline->declares || (pipeline->variables[0] != NULL && accept(reader, "="))) {
        if (!pipeline->declares && (is_range || !is_known(reader, pipeline->variables[0])))
            return fault(reader, "there is no variable of this name");
        return true;
    }
    for (int i = 0; i < 2; i++) {
        free(pipeline->variables[i]);
        pipeline->variables[i] = NULL;
    }
    reader->at = start;
    return true;
}

static struct pipeline *read_pipeline(struct reader *reader, bool is_range)
{
    struct pipeline *pipeline = mem_new(sizeof *pipeline);
    skip(reader);
    bool good = read_variables(reader, pipeline, is_range);
    do {
        if (!good)
            break;
        MEM_GROW(pipeline->commands, pipeline->count, pipeline->capacity);
        pipeline->commands[pipeline->count] = (struct command){ .count = 0 };
        good = read_command(reader, &pipeline->commands[pipeline->count++]);
        if (good && pipeline->count > 1 &&
            pipeline->commands[pipeline->count - 1].operands[0].type != OPERAND_CALL)
            good = fault(reader, "what stands behind | is a function");
    } while (good && accept(reader, "|"));
    for (int i = 0; good && pipeline->declares && i < 2; i++)
        if (pipeline->variables[i] != NULL)
            good = declare(reader, pipeline->variables[i]);
    if (good)
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

static bool end_action(struct reader *reader)
{
    skip(reader);
    reader->trim = *reader->at == '-';
    reader->at += reader->trim;
    if (!accept(reader, "}}"))
        return fault(reader, "an action does not end with }}");
    return true;
}

static struct node *read_text(struct reader *reader)
{
    const char *end = strstr(reader->at, "{{"), *from = reader->at;
    if (end == NULL)
        end = reader->at + strlen(reader->at);
    const char *until = end;
    if (reader->trim)
        from += strspn(from, " \t\r\n");
    if (*end != '\0' && end[2] == '-' && isspace((unsigned char)end[3]))
        while (until > from && isspace((unsigned char)until[-1]))
            until--;
    struct node *node = mem_new(sizeof *node);
    node->type = NODE_TEXT;
    node->text = mem_text(from, until > from ? (size_t)(until - from) : 0);
    reader->at = end;
    return node;
}

enum stop { STOP_END, STOP_ELSE, STOP_TEXT, STOP_FAULT };

static enum stop read_nodes(struct reader *reader, struct node **into);

static bool read_block(struct reader *reader, struct node *node, enum node_type type)
{
    const size_t names = reader->name_count;
    node->type = type;
    if (++reader->depth > DEPTH)
        return fault(reader, "too deep");
    node->pipeline = read_pipeline(reader, type == NODE_RANGE);
    if (node->pipeline == NULL || !end_action(reader))
        return false;
    enum stop stop = read_nodes(reader, &node->body);
    if (stop == STOP_ELSE && (accept_word(reader, "if") || accept_word(reader, "with"))) {
        const bool is_if = reader->at[-1] == 'f';
        node->otherwise = mem_new(sizeof *node->otherwise);
        if (!read_block(reader, node->otherwise, is_if ? NODE_IF : NODE_WITH))
            return false;
        stop = STOP_END;
    } else if (stop == STOP_ELSE) {
        if (!end_action(reader))
            return false;
        stop = read_nodes(reader, &node->otherwise);
        if (stop == STOP_END && !end_action(reader))
            return false;
    } else if (stop == STOP_END && !end_action(reader)) {
        return false;
    }
    reader->name_count = names;
    reader->depth--;
    return stop == STOP_END || fault(reader, "a block has no {{ end }}");
}

/* An action behind its {{; true with `stop` when it ends the list. */
static bool read_action(struct reader *reader, struct node *node, enum stop *stop)
{
    static const char *const others[] = { "define", "template", "block", "break", "continue" };
    *stop = STOP_FAULT;
    if (accept(reader, "/*")) {
        const char *end = strstr(reader->at, "*/");
        if (end == NULL)
            return fault(reader, "a comment does not end"), true;
        reader->at = end + 2;
        node->type = NODE_TEXT;
        node->text = mem_text("", 0);
        return !end_action(reader);
    }
    if (accept_word(reader, "end"))
        return *stop = STOP_END, true;
    if (accept_word(reader, "else"))
        return *stop = STOP_ELSE, true;
    if (accept_word(reader, "if"))
        return !read_block(reader, node, NODE_IF);
    if (accept_word(reader, "range"))
        return !read_block(reader, node, NODE_RANGE);
    if (accept_word(reader, "with"))
        return !read_block(reader, node, NODE_WITH);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (accept_word(reader, others[i]))
            return refuse(reader, "this is not understood: ", others[i], strlen(others[i])), true;
    node->type = NODE_VALUE;
    node->pipeline = read_pipeline(reader, false);
    return node->pipeline == NULL || !end_action(reader);
}

static enum stop read_nodes(struct reader *reader, struct node **into)
{
    for (;;) {
        struct node *text = read_text(reader);
        *into = text;
        into = &text->next;
        if (*reader->at == '\0')
            return STOP_TEXT;
        reader->at += 2;
        if (*reader->at == '-' && isspace((unsigned char)reader->at[1]))
            reader->at++;
        struct node *node = mem_new(sizeof *node);
        enum stop stop;
        if (read_action(reader, node, &stop)) {
            nodes_free(node);
            return stop;
        }
        *into = node;
        into = &node->next;
    }
}

struct go_template *go_template_parse(const char *text, const char *const *functions,
                                      struct place at, struct error *error)
{
    struct reader reader = {
        .text = text, .at = text, .functions = functions, .place = at, .error = error
    };
    struct go_template *template = mem_new(sizeof *template);
    const enum stop stop = read_nodes(&reader, &template->first);
    if (stop == STOP_END || stop == STOP_ELSE)
        fault(&reader, "an end or else without its beginning");
    if (stop == STOP_TEXT)
        return template;
    go_template_free(template);
    return NULL;
}

/* ---- running ---- */

struct variable {
    const char *name;
    struct value *value; /* held; NULL: nothing */
};

struct runner {
    const struct go_functions *functions;
    const struct value *root;
    struct variable *variables; /* owned */
    size_t count, capacity;
    struct writer *into;
};

static bool truth(const struct value *value)
{
    if (value_is_null(value))
        return false;
    switch (value->type) {
    case VALUE_BOOL:
        return value->truth;
    case VALUE_NUMBER:
        return value_double(value, 0) != 0;
    default:
        return value->count > 0;
    }
}

static void print(struct writer *into, const struct value *value)
{
    if (value_is_null(value))
        writer_add(into, "<no value>");
    else if (value->type == VALUE_STRING || value->type == VALUE_NUMBER)
        writer_add_bytes(into, value->text, value->count);
    else
        json_print(into, value, (struct json_style){ .sort_keys = true });
}

static struct value *text_of(struct writer *writer)
{
    struct value *value =
        value_new_text(writer->bytes != NULL ? writer->bytes : "", writer->length);
    writer_close(writer);
    return value;
}

/* A text as JSON writes it; of anything else, its JSON as a text. */
static struct value *quote(const struct value *value)
{
    struct writer json = { 0 }, quoted = { 0 };
    json_print(&json, value != NULL ? value : value_shared_null(),
               (struct json_style){ .sort_keys = true });
    if (value != NULL && value->type == VALUE_STRING)
        return text_of(&json);
    json_print_string(&quoted, json.bytes, json.length, false);
    writer_close(&json);
    return text_of(&quoted);
}

/* YAML on one line (JSON is YAML), two blanks in for each level. */
static struct value *yaml(const struct value *value, int64_t levels)
{
    struct writer text = { 0 };
    for (int64_t i = 0; i < levels && i < DEPTH; i++)
        writer_add(&text, "  ");
    json_print(&text, value != NULL ? value : value_shared_null(),
               (struct json_style){ .sort_keys = true });
    return text_of(&text);
}

static struct value *print_format(struct value *const *arguments, size_t count)
{
    struct writer text = { 0 };
    size_t next = 1;
    for (const char *at = value_text(arguments[0], ""); *at != '\0'; at++)
        if (*at == '%' && at[1] == '%')
            writer_add_char(&text, *at++);
        else if (*at == '%' && strchr("svd", at[1]) != NULL && at[1] != '\0' && next < count)
            print(&text, arguments[next++]), at++;
        else
            writer_add_char(&text, *at);
    return text_of(&text);
}

static struct value *index_of(struct value *const *arguments, size_t count)
{
    const struct value *value = arguments[0];
    for (size_t i = 1; i < count && value != NULL; i++)
        value = value->type == VALUE_MAP    ? value_get(value, value_text(arguments[i], ""))
                : value->type == VALUE_LIST ? value_at(value, (size_t)value_int(arguments[i], -1))
                                            : NULL;
    return value_hold(value);
}

static bool equal(struct value *const *arguments, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (value_equal(arguments[0], arguments[i]))
            return true;
    return false;
}

static struct value *print_all(struct value *const *arguments, size_t count)
{
    struct writer text = { 0 };
    for (size_t i = 0; i < count; i++)
        print(&text, arguments[i]);
    return text_of(&text);
}

static struct value *call(struct runner *runner, const char *name, struct value *const *arguments,
                          size_t count)
{
    struct value *first = count > 0 ? arguments[0] : NULL,
                 *last = count > 0 ? arguments[count - 1] : NULL;
    if (strcmp(name, "or") == 0 || strcmp(name, "and") == 0) {
        for (size_t i = 0; i < count; i++)
            if (truth(arguments[i]) == (*name == 'o'))
                return value_hold(arguments[i]);
        return value_hold(last);
    }
    if (strcmp(name, "not") == 0)
        return value_new_bool(!truth(first));
    if (strcmp(name, "eq") == 0)
        return value_new_bool(equal(arguments, count));
    if (strcmp(name, "ne") == 0)
        return value_new_bool(!equal(arguments, count));
    if (strcmp(name, "dict") == 0) {
        struct value *map = value_new_map();
        for (size_t i = 0; i + 1 < count; i += 2)
            value_set(
                map, value_text(arguments[i], ""),
                value_hold(arguments[i + 1] != NULL ? arguments[i + 1] : value_shared_null()));
        return map;
    }
    if (strcmp(name, "index") == 0)
        return count > 0 ? index_of(arguments, count) : NULL;
    if (strcmp(name, "len") == 0)
        return value_new_int(first != NULL ? (int64_t)first->count : 0);
    if (strcmp(name, "default") == 0)
        return value_hold(truth(last) ? last : first);
    if (strcmp(name, "print") == 0)
        return print_all(arguments, count);
    if (strcmp(name, "printf") == 0)
        return count > 0 ? print_format(arguments, count) : NULL;
    if (strcmp(name, "Quote") == 0)
        return quote(first);
    if (strcmp(name, "YAML") == 0)
        return yaml(first, count > 1 ? value_int(last, 0) : 0);
    return runner->functions->call(runner->functions->context, name, arguments, count);
}

static struct value *evaluate(struct runner *runner, const struct pipeline *pipeline,
                              const struct value *dot);

static struct variable *variable(struct runner *runner, const char *name)
{
    for (size_t i = runner->count; i-- > 0;)
        if (strcmp(runner->variables[i].name, name) == 0)
            return &runner->variables[i];
    return NULL;
}

static struct value *operand_value(struct runner *runner, const struct operand *operand,
                                   const struct value *dot)
{
    struct value *value = NULL;
    if (operand->type == OPERAND_FIELD)
        value = value_hold(dot);
    else if (operand->type == OPERAND_LITERAL)
        value = value_hold(operand->literal);
    else if (operand->type == OPERAND_GROUP)
        value = evaluate(runner, operand->group, dot);
    else if (operand->type == OPERAND_CALL)
        value = call(runner, operand->name, NULL, 0);
    else if (*operand->name == '\0')
        value = value_hold(runner->root);
    else if (variable(runner, operand->name) != NULL)
        value = value_hold(variable(runner, operand->name)->value);
    for (size_t i = 0; i < operand->member_count; i++) {
        struct value *member = value_hold(value_get(value, operand->members[i]));
        value_drop(value);
        value = member;
    }
    return value;
}

/* Takes the reference to what came through the pipe. */
static struct value *run_command(struct runner *runner, const struct command *command,
                                 const struct value *dot, struct value *piped, bool is_piped)
{
    struct value *arguments[ARGUMENTS];
    size_t count = 0;
    if (command->operands[0].type != OPERAND_CALL)
        return operand_value(runner, &command->operands[0], dot);
    for (size_t i = 1; i < command->count; i++)
        arguments[count++] = operand_value(runner, &command->operands[i], dot);
    if (is_piped)
        arguments[count++] = piped;
    struct value *value = call(runner, command->operands[0].name, arguments, count);
    while (count > 0)
        value_drop(arguments[--count]);
    return value;
}

static struct value *evaluate(struct runner *runner, const struct pipeline *pipeline,
                              const struct value *dot)
{
    struct value *value = NULL;
    for (size_t i = 0; i < pipeline->count; i++)
        value = run_command(runner, &pipeline->commands[i], dot, value, i > 0);
    return value;
}

/* Takes the reference. */
static void set(struct runner *runner, const char *name, bool declares, struct value *value)
{
    struct variable *old = declares ? NULL : variable(runner, name);
    if (old != NULL) {
        value_drop(old->value);
        old->value = value;
        return;
    }
    MEM_GROW(runner->variables, runner->count, runner->capacity);
    runner->variables[runner->count++] = (struct variable){ name, value };
}

static void forget(struct runner *runner, size_t count)
{
    while (runner->count > count)
        value_drop(runner->variables[--runner->count].value);
}

static void run(struct runner *runner, const struct node *node, const struct value *dot);

static void run_range(struct runner *runner, const struct node *node, const struct value *dot,
                      const struct value *over)
{
    const struct pipeline *pipeline = node->pipeline;
    const char *first = pipeline->variables[0], *second = pipeline->variables[1];
    const bool is_map = over != NULL && over->type == VALUE_MAP;
    const size_t count = is_map || (over != NULL && over->type == VALUE_LIST) ? over->count : 0;
    const size_t before = runner->count;
    if (count == 0)
        run(runner, node->otherwise, dot);
    for (size_t i = 0; i < count; i++) {
        struct value *item = is_map ? over->entries[i].value : over->items[i];
        if (second != NULL)
            set(runner, first, true,
                is_map ? value_new_string(over->entries[i].key) : value_new_int((int64_t)i));
        if (first != NULL)
            set(runner, second != NULL ? second : first, true, value_hold(item));
        run(runner, node->body, item);
        forget(runner, before);
    }
}

static void run_block(struct runner *runner, const struct node *node, const struct value *dot)
{
    const size_t before = runner->count;
    struct value *value = evaluate(runner, node->pipeline, dot);
    const bool holds = truth(value);
    if (node->type == NODE_RANGE) {
        run_range(runner, node, dot, value);
    } else {
        if (node->pipeline->variables[0] != NULL)
            set(runner, node->pipeline->variables[0], node->pipeline->declares, value_hold(value));
        run(runner, holds ? node->body : node->otherwise,
            holds && node->type == NODE_WITH ? value : dot);
    }
    forget(runner, before);
    value_drop(value);
}

static void run(struct runner *runner, const struct node *node, const struct value *dot)
{
    const size_t before = runner->count;
    for (; node != NULL; node = node->next) {
        if (node->type == NODE_TEXT) {
            writer_add(runner->into, node->text);
            continue;
        }
        if (node->type != NODE_VALUE) {
            run_block(runner, node, dot);
            continue;
        }
        struct value *value = evaluate(runner, node->pipeline, dot);
        if (node->pipeline->variables[0] != NULL) {
            set(runner, node->pipeline->variables[0], node->pipeline->declares, value);
        } else {
            print(runner->into, value);
            value_drop(value);
        }
    }
    forget(runner, before);
}

void go_template_run(const struct go_template *template, const struct value *root,
                     const struct go_functions *functions, struct writer *into)
{
    struct runner runner = { .functions = functions, .root = root, .into = into };
    run(&runner, template->first, root);
    free(runner.variables);
}
