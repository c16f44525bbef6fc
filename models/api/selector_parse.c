/* Label selectors as text: "app=web,tier in (a, b),!old".
 *
 * Follows the lexer and parser of apimachinery pkg/labels/selector.go of Kubernetes 1.36.4,
 * which accept more than their documentation says ("in" may be a key, "x in ()" is a set of
 * one empty value) and whose messages kubectl prints. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/selector_private.h"
#include "models/api/text_rules.h"
#include "sim/base/memory.h"

enum token { END, IDENTIFIER, SYMBOL };

struct parser {
    const char *at;
    enum token token; /* the token at hand */
    char *text;       /* its text; owned */
    struct texts *texts;
    struct requirements list;
    struct place place;
    struct error *error;
};

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\n", c) != NULL;
}

static bool is_symbol(char c)
{
    return c != '\0' && strchr("=!(),<>", c) != NULL;
}

/* Symbols are =, ==, !=, !, (, ), comma, < and >: two characters only before an "=". */
static size_t symbol_length(const char *at)
{
    return (at[0] == '=' || at[0] == '!') && at[1] == '=' ? 2 : 1;
}

static void advance(struct parser *parser)
{
    while (is_blank(*parser->at))
        parser->at++;
    const char *start = parser->at;
    parser->token = *start == '\0' ? END : is_symbol(*start) ? SYMBOL : IDENTIFIER;
    if (parser->token == SYMBOL)
        parser->at += symbol_length(start);
    while (parser->token == IDENTIFIER && *parser->at != '\0' && !is_symbol(*parser->at) &&
           !is_blank(*parser->at))
        parser->at++;
    free(parser->text);
    parser->text = mem_text(start, (size_t)(parser->at - start));
}

static bool at_symbol(const struct parser *parser, const char *symbol)
{
    return parser->token == SYMBOL && strcmp(parser->text, symbol) == 0;
}

static char *take_text(struct parser *parser)
{
    char *text = parser->text;
    parser->text = NULL;
    advance(parser);
    return text;
}

/* In the requirement that is being read. */
static bool expected(struct parser *parser, const char *what)
{
    return error_set(parser->error, parser->place, "unable to parse requirement: found '%s'%s",
                     parser->text, what);
}

/* ── the values ── */

/* A set of values, sorted and without doubles. */
struct values {
    char **items;
    size_t count, capacity;
};

static void values_add(struct values *values, char *text)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i], text) == 0) {
            free(text);
            return;
        }
    MEM_GROW(values->items, values->count, values->capacity);
    size_t at = values->count++;
    for (; at > 0 && strcmp(values->items[at - 1], text) > 0; at--)
        values->items[at] = values->items[at - 1];
    values->items[at] = text;
}

static void values_close(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->items[i]);
    free(values->items);
}

/* Behind "(": identifiers and commas, where nothing between two commas is the empty value. */
static bool parse_members(struct parser *parser, struct values *values)
{
    for (;;) {
        if (parser->token == IDENTIFIER) {
            values_add(values, take_text(parser));
            if (at_symbol(parser, ")"))
                return true;
            if (!at_symbol(parser, ","))
                return expected(parser, ", expected: ',' or ')'");
        } else if (at_symbol(parser, ",")) {
            if (values->count == 0)
                values_add(values, mem_text("", 0));
            advance(parser);
            if (at_symbol(parser, ")") || at_symbol(parser, ","))
                values_add(values, mem_text("", 0));
            if (at_symbol(parser, ")"))
                return true;
        } else {
            return expected(parser, ", expected: ',', or identifier");
        }
    }
}

static bool parse_set(struct parser *parser, struct values *values)
{
    if (!at_symbol(parser, "("))
        return expected(parser, " expected: '('");
    advance(parser);
    if (at_symbol(parser, ")"))
        values_add(values, mem_text("", 0));
    else if (parser->token != IDENTIFIER && !at_symbol(parser, ","))
        return expected(parser, ", expected: ',', ')' or identifier");
    else if (!parse_members(parser, values))
        return false;
    advance(parser);
    return true;
}

static bool parse_exact(struct parser *parser, struct values *values)
{
    if (parser->token == END || at_symbol(parser, ",")) {
        values_add(values, mem_text("", 0));
        return true;
    }
    if (parser->token != IDENTIFIER)
        return expected(parser, ", expected: identifier");
    values_add(values, take_text(parser));
    return true;
}

/* ── one requirement ── */

static const struct {
    const char *text;
    enum selector_operator operator;
} operators[] = {
    { "in", OPERATOR_IN },         { "notin", OPERATOR_NOT_IN },     { "=", OPERATOR_EQUALS },
    { "!=", OPERATOR_NOT_EQUALS }, { "==", OPERATOR_DOUBLE_EQUALS }, { ">", OPERATOR_GREATER },
    { "<", OPERATOR_LESS },
};

static bool parse_operator(struct parser *parser, enum selector_operator *operator)
{
    for (size_t i = 0; parser->token != END && i < sizeof operators / sizeof *operators; i++)
        if (strcmp(parser->text, operators[i].text) == 0) {
            *operator= operators[i].operator;
            advance(parser);
            return true;
        }
    return expected(parser, ", expected: in, notin, =, ==, !=, gt, lt");
}

static bool check_key(struct parser *parser)
{
    char *problem = text_problem(parser->text, text_label_key);
    if (problem == NULL)
        return true;
    struct writer quoted = { 0 };
    json_print_string(&quoted, parser->text, strlen(parser->text), false);
    error_set(parser->error, parser->place,
              "unable to parse requirement: <nil>: Invalid value: %s: %s", quoted.bytes, problem);
    writer_close(&quoted);
    free(problem);
    return false;
}

static bool parse_condition(struct parser *parser, const char *key,
                            enum selector_operator *operator, struct values * values)
{
    bool ends = parser->token == END || at_symbol(parser, ",");
    if (ends && *operator!= OPERATOR_DOES_NOT_EXIST)
        *operator= OPERATOR_EXISTS;
    else if (*operator!= OPERATOR_DOES_NOT_EXIST) {
        if (!parse_operator(parser, operator))
            return false;
        bool is_set = *operator== OPERATOR_IN || * operator== OPERATOR_NOT_IN;
        if (!(is_set ? parse_set(parser, values) : parse_exact(parser, values)))
            return false;
    }
    if (!requirements_add(&parser->list, parser->texts, "", key,
                          *operator,(const char *const *) values->items, values->count,
                          parser->place, parser->error))
        return error_wrap(parser->error, "unable to parse requirement");
    return true;
}

static bool parse_requirement(struct parser *parser)
{
    enum selector_operator operator= OPERATOR_EXISTS;
    if (at_symbol(parser, "!")) {
        operator= OPERATOR_DOES_NOT_EXIST;
        advance(parser);
    }
    if (parser->token != IDENTIFIER)
        return expected(parser, ", expected: identifier");
    if (!check_key(parser))
        return false;
    char *key = take_text(parser);
    struct values values = { 0 };
    bool good = parse_condition(parser, key, &operator, & values);
    values_close(&values);
    free(key);
    return good;
}

static bool parse_all(struct parser *parser)
{
    while (parser->token != END) {
        if (parser->token == SYMBOL && !at_symbol(parser, "!"))
            return error_set(parser->error, parser->place,
                             "found '%s', expected: !, identifier, or 'end of string'",
                             parser->text);
        if (!parse_requirement(parser))
            return false;
        if (parser->token == END)
            return true;
        if (!at_symbol(parser, ","))
            return error_set(parser->error, parser->place,
                             "found '%s', expected: ',' or 'end of string'", parser->text);
        advance(parser);
        if (parser->token != IDENTIFIER && !at_symbol(parser, "!"))
            return error_set(parser->error, parser->place,
                             "found '%s', expected: identifier after ','", parser->text);
    }
    return true;
}

const struct selector *selector_parse(struct texts *texts, const char *text, struct place at,
                                      struct error *error)
{
    struct parser parser = { .at = text, .texts = texts, .place = at, .error = error };
    advance(&parser);
    const struct selector *selector = NULL;
    if (parse_all(&parser))
        selector = selector_from(&parser.list);
    requirements_close(&parser.list);
    free(parser.text);
    return selector;
}
