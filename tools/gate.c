/* Reading and judging gates. */
#include "tools/gate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/document_path.h"
#include "models/api/kinds.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/time.h"
#include "tools/files.h"
#include "tools/inputs.h"
#include "tools/report/junit.h"
#include "tools/report/report.h"

/* ---- the functions ---- */

enum unit { SHARE, SECONDS, COUNT };

static const struct function {
    const char *name;
    const char
        *lists[3];       /* of the summary, the first that has the name; none: the summary itself */
    const char *path[3]; /* of the value in the row; a list counts as its length */
    enum unit unit;
    bool low_is_bad; /* which row is the worst */
    const char
        *percent; /* what is looked at instead where the threshold is a share; NULL: nothing */
} functions[] = {
    { "availability", { "workloads", "services" }, { "availability" }, SHARE, true, NULL },
    { "downtime", { "workloads", "services" }, { "downtimeSeconds" }, SECONDS, false, NULL },
    { "degraded", { "workloads", "services" }, { "degradedSeconds" }, SECONDS, false, NULL },
    { "unready", { "workloads", "services" }, { "notReadyReplicaSeconds" }, SECONDS, false, NULL },
    { "outages", { "workloads", "services" }, { "outages" }, COUNT, false, NULL },
    { "bring_up", { "workloads", "services" }, { "bringUpSeconds" }, SECONDS, false, NULL },
    { "ready", { "workloads", "services" }, { "ready" }, COUNT, true, NULL },
    { "recover", { "workloads", "services" }, { "recover", "max" }, SECONDS, false, NULL },
    { "restarts", { "workloads" }, { "restarts" }, COUNT, false, NULL },
    { "requests", { "traffic" }, { "requests" }, COUNT, true, NULL },
    { "requests_failed", { "traffic" }, { "failed" }, COUNT, false, "failedShare" },
    { "latency_p50", { "traffic" }, { "latency", "p50" }, SECONDS, false, NULL },
    { "latency_p95", { "traffic" }, { "latency", "p95" }, SECONDS, false, NULL },
    { "latency_p99", { "traffic" }, { "latency", "p99" }, SECONDS, false, NULL },
    { "objective", { "objectives" }, { "attainment" }, SHARE, true, NULL },
    { "budget_left", { "objectives" }, { "budget", "leftShare" }, SHARE, true, NULL },
    { "burn_rate", { "objectives" }, { "burnRate" }, COUNT, false, NULL },
    { "pods_pending", { NULL }, { "pods", "pending" }, COUNT, false, NULL },
    { "pods_failed", { NULL }, { "pods", "failed" }, COUNT, false, NULL },
    { "preempted", { NULL }, { "pods", "preempted" }, COUNT, false, NULL },
    { "scheduling_p99", { NULL }, { "pods", "schedulingLatency", "p99" }, SECONDS, false, NULL },
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const struct {
    const char *text;
    bool less, equal, more; /* true of what */
} operators[] = {
    { "<=", true, true, false }, { ">=", false, true, true }, { "==", false, true, false },
    { "!=", true, false, true }, { "<", true, false, false }, { ">", false, false, true },
    { "=", false, true, false },
};

struct gate {
    char *text;
    const struct function *function; /* NULL: a path */
    char *space, *kind_name, *name;  /* of the row; NULL: any. No name: the worst */
    enum kind kind;                  /* KIND_COUNT: any */
    int name_column;
    char *path_text;
    struct document_path *path;
    int path_column;
    size_t operator;
    char *threshold; /* a number's text, in the unit of the summary */
    enum unit unit;
};

/* ---- reading ---- */

struct reader {
    const char *text, *at;
    struct error *error;
};

static struct place place_at(const struct reader *reader, const char *at)
{
    return (struct place){ "--fail-on", 1, (int)(at - reader->text) + 1 };
}

static void skip_blanks(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
}

static bool read_function(struct reader *reader, const char *name, size_t length, struct gate *gate)
{
    char *word = mem_text(name, length);
    struct nearest near = nearest_to(word);
    for (size_t i = 0; i < FUNCTIONS && gate->function == NULL; i++) {
        if (strcmp(functions[i].name, word) == 0)
            gate->function = &functions[i];
        nearest_offer(&near, functions[i].name);
    }
    if (gate->function == NULL)
        error_set(reader->error, place_at(reader, name), "there is no %s()%s%s%s", word,
                  near.found ? " (did you mean " : "", near.found ? near.found : "",
                  near.found ? "?)" : " (docs/gates.md lists what there is)");
    free(word);
    return gate->function != NULL;
}

/* web, deployment/web, shop/web, shop/deployment/web. */
static bool read_name(struct reader *reader, const char *from, size_t length, struct gate *gate)
{
    char *text = mem_text(from, length);
    char *first = strchr(text, '/'), *second = first != NULL ? strchr(first + 1, '/') : NULL;
    bool well = true;
    if (second != NULL && strchr(second + 1, '/') != NULL)
        first = second = NULL; /* too many: the whole is no name */
    gate->kind = KIND_COUNT;
    gate->name_column = place_at(reader, from).column;
    const char *name = second != NULL ? second + 1 : first != NULL ? first + 1 : text;
    gate->name = mem_text(name, strlen(name));
    char *type = NULL;
    if (second != NULL) {
        gate->space = mem_text(text, (size_t)(first - text));
        type = mem_text(first + 1, (size_t)(second - first - 1));
    } else if (first != NULL) {
        type = mem_text(text, (size_t)(first - text));
    }
    if (type != NULL) {
        gate->kind = kind_of_resource(type);
        if (gate->kind == KIND_COUNT && second != NULL)
            well = error_set(reader->error, place_at(reader, from + (first + 1 - text)),
                             "no resource type is called \"%s\"", type);
        else if (gate->kind == KIND_COUNT)
            gate->space = mem_text(type, strlen(type));
    }
    if (*gate->name == '\0' || strchr(gate->name, '/') != NULL)
        well = error_set(reader->error, place_at(reader, from),
                         "\"%s\" is none of NAME, TYPE/NAME, NAMESPACE/NAME and "
                         "NAMESPACE/TYPE/NAME",
                         text);
    free(type);
    free(text);
    return well;
}

static bool read_call(struct reader *reader, struct gate *gate)
{
    const char *name = reader->at, *end;
    while (isalnum((unsigned char)*reader->at) || *reader->at == '_')
        reader->at++;
    if (reader->at == name)
        return error_set(reader->error, place_at(reader, name),
                         "expected a function or a path in quotes: availability(web) < 99.9");
    if (!read_function(reader, name, (size_t)(reader->at - name), gate))
        return false;
    gate->unit = gate->function->unit;
    skip_blanks(reader);
    if (*reader->at != '(' || (end = strchr(reader->at, ')')) == NULL)
        return error_set(reader->error, place_at(reader, reader->at),
                         "expected a name in parentheses: %s(web)", gate->function->name);
    reader->at++;
    skip_blanks(reader);
    const char *from = reader->at, *to = end;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    reader->at = end + 1;
    if (to == from)
        return true;
    if (gate->function->lists[0] == NULL)
        return error_set(reader->error, place_at(reader, from),
                         "%s() is of all pods: it takes no "
                         "name",
                         gate->function->name);
    return read_name(reader, from, (size_t)(to - from), gate);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* What the last field of a path is called says in what it counts. */
static enum unit unit_of_path(const char *path)
{
    return ends_with(path, "Seconds") ? SECONDS
           : ends_with(path, "availability") || ends_with(path, "Share") ||
                   ends_with(path, "attainment")
               ? SHARE
               : COUNT;
}

static bool read_path(struct reader *reader, struct gate *gate)
{
    const char quote = *reader->at, *from = reader->at + 1, *end = strchr(from, quote);
    struct error error = { 0 };
    if (end == NULL)
        return error_set(reader->error, place_at(reader, reader->at), "a quote is open at the end");
    gate->path_text = mem_text(from, (size_t)(end - from));
    gate->path_column = place_at(reader, from).column;
    gate->path = document_path_parse(gate->path_text, place_at(reader, from), &error);
    gate->unit = unit_of_path(gate->path_text);
    reader->at = end + 1;
    if (gate->path == NULL) {
        error_set(reader->error, error.at, "%s", error.text);
        error_close(&error);
    }
    return gate->path != NULL;
}

static bool read_operator(struct reader *reader, struct gate *gate)
{
    skip_blanks(reader);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        const size_t length = strlen(operators[i].text);
        if (strncmp(reader->at, operators[i].text, length) != 0)
            continue;
        gate->operator= i;
        reader->at += length;
        skip_blanks(reader);
        return true;
    }
    return error_set(reader->error, place_at(reader, reader->at),
                     "expected one of <, <=, >, >=, == and !=");
}

/* The text of a number or duration, behind the operator. */
static bool read_threshold(struct reader *reader, struct gate *gate)
{
    const char *from = reader->at;
    const struct place at = place_at(reader, from);
    char *text = mem_text(from, strlen(from));
    size_t length = strlen(text);
    struct error error = { 0 };
    sim_time time;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    const bool percent = length > 0 && text[length - 1] == '%';
    if (percent)
        text[--length] = '\0';
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    if (decimal_is_json(text)) {
        if (percent && gate->unit == SECONDS)
            error_set(reader->error, at, "a duration is no percentage (try 5m)");
        else if (percent && gate->unit == COUNT && gate->path == NULL &&
                 gate->function->percent == NULL)
            error_set(reader->error, at, "%s() is a number, not a percentage",
                      gate->function->name);
        else if (!percent && gate->function != NULL && gate->unit == SHARE &&
                 decimal_compare(text, "1") <= 0 && decimal_compare(text, "0") > 0)
            error_set(reader->error, at,
                      "%s() is in percent: write %s%% if you mean so little, or 99.9",
                      gate->function->name, text);
        if (percent && gate->unit == COUNT)
            gate->unit = SHARE;
        const bool is_share = percent || (gate->function != NULL && gate->unit == SHARE);
        const bool has_exponent = strpbrk(text, "eE") != NULL;
        if (is_share && has_exponent)
            error_set(reader->error, at, "write a percentage in plain digits");
        gate->threshold = mem_format("%s%s", text, is_share ? "e-2" : "");
    } else if (!percent && gate->unit == SECONDS && sim_time_parse(text, at, &time, &error)) {
        gate->threshold = mem_format("%lld.%09lld", (long long)(time / SIM_SECOND),
                                     (long long)(time % SIM_SECOND));
        if (time < 0)
            error_set(reader->error, at, "\"%s\" is negative", text);
    } else {
        error_set(reader->error, at, "\"%s\" is no %s", from,
                  gate->unit == SECONDS ? "duration (try 90s, 5m, 1h30m)"
                  : gate->unit == SHARE ? "percentage (try 99.9)"
                                        : "number (try 0)");
    }
    error_close(&error);
    free(text);
    return reader->error->text == NULL;
}

struct gate *gate_read(const char *text, struct error *error)
{
    struct gate *gate = mem_new(sizeof *gate);
    gate->text = mem_text(text, strlen(text));
    gate->kind = KIND_COUNT;
    struct reader reader = { .text = gate->text, .at = gate->text, .error = error };
    skip_blanks(&reader);
    const bool is_path = *reader.at == '"' || *reader.at == '\'';
    if ((is_path ? read_path(&reader, gate) : read_call(&reader, gate)) &&
        read_operator(&reader, gate) && read_threshold(&reader, gate))
        return gate;
    gate_free(gate);
    return NULL;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    document_path_free(gate->path);
    free(gate->text);
    free(gate->space);
    free(gate->kind_name);
    free(gate->name);
    free(gate->path_text);
    free(gate->threshold);
    free(gate);
}

const char *gate_text(const struct gate *gate)
{
    return gate->text;
}

/* ---- rows ---- */

static const char *text_of(const struct value *row, const char *key)
{
    return value_text(value_get(row, key), "");
}

/* Requests are known by their Service, too. */
static bool fits(const struct gate *gate, const struct value *row)
{
    const char *kind = value_text(value_get(row, "kind"), NULL);
    const char *space = value_text(value_get(row, "namespace"), NULL);
    if (gate->space != NULL && (space == NULL || strcmp(space, gate->space) != 0))
        return false;
    if (gate->kind != KIND_COUNT && strcmp(kind != NULL ? kind : kind_infos[KIND_SERVICE].name,
                                           kind_infos[gate->kind].name) != 0)
        return false;
    return strcmp(text_of(row, "name"), gate->name) == 0 ||
           (kind == NULL && strcmp(text_of(row, "service"), gate->name) == 0);
}

static bool is_namesake(const struct value *a, const struct value *b)
{
    return value_equal(value_get(a, "kind"), value_get(b, "kind")) &&
           value_equal(value_get(a, "namespace"), value_get(b, "namespace")) &&
           value_equal(value_get(a, "name"), value_get(b, "name"));
}

/* The row of a list that is meant, the last of several of one name; *other: another one that fits as well. */
static const struct value *row_in(const struct gate *gate, const struct value *list,
                                  const struct value **other)
{
    const struct value *found = NULL;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (!fits(gate, list->items[i]))
            continue;
        if (found != NULL && !is_namesake(found, list->items[i]))
            *other = found;
        found = list->items[i];
    }
    return found;
}

static const struct value *row_of(const struct gate *gate, const struct value *summary,
                                  const struct value **other)
{
    const struct value *found = NULL;
    *other = NULL;
    for (int i = 0; i < 2 && found == NULL && gate->function->lists[i] != NULL; i++)
        found = row_in(gate, value_get(summary, gate->function->lists[i]), other);
    return found;
}

/* "deployment/web in shop"; the caller frees. */
static char *row_title(const struct value *row)
{
    return mem_format("%s/%s%s%s", text_of(row, "namespace"), text_of(row, "kind"),
                      *text_of(row, "kind") ? "/" : "", text_of(row, "name"));
}

/* Does the timeline apply or create something of this name? */
static bool is_made_later(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; scenario != NULL && i < scenario->action_count; i++) {
        const struct scenario_action *action = &scenario->actions[i];
        for (size_t j = 0; j < action->documents.count; j++)
            if (strcmp(value_text(value_path(action->documents.items[j], "metadata", "name", NULL),
                                  ""),
                       name) == 0)
                return true;
        for (size_t j = 0; j < action->argc; j++)
            if (strcmp(action->argv[j], "create") == 0)
                return true; /* of a name that stands on its command line */
    }
    return false;
}

static bool check_name(const struct gate *gate, const struct value *summary,
                       const struct scenario *scenario, struct error *error)
{
    const struct place at = { "--fail-on", 1, gate->name_column };
    const struct value *other, *row = row_of(gate, summary, &other);
    struct nearest near = nearest_to(gate->name);
    if (row != NULL && other != NULL) {
        char *a = row_title(other), *b = row_title(row);
        error_set(error, at, "%s is meant by several: %s and %s (say NAMESPACE/TYPE/NAME)",
                  gate->name, a, b);
        free(a);
        free(b);
        return false;
    }
    if (row != NULL || is_made_later(scenario, gate->name))
        return true;
    for (int i = 0; i < 2 && gate->function->lists[i] != NULL; i++) {
        const struct value *list = value_get(summary, gate->function->lists[i]);
        for (size_t j = 0; list != NULL && j < list->count; j++)
            nearest_offer(&near, text_of(list->items[j], "name"));
    }
    return error_set(
        error, at, "%s(): nothing among %s%s%s is called %s%s%s%s", gate->function->name,
        gate->function->lists[0], gate->function->lists[1] ? " and " : "",
        gate->function->lists[1] ? gate->function->lists[1] : "", gate->name,
        near.found ? " (did you mean " : "", near.found ? near.found : "", near.found ? "?)" : "");
}

bool gate_check(const struct gate *gate, const struct value *summary,
                const struct scenario *scenario, struct error *error)
{
    const struct value *found;
    const struct place at = { "--fail-on", 1, gate->path_column };
    if (gate->path != NULL)
        return document_path_find(gate->path,
                                  (struct document_view){ .root = summary, .is_whole = true },
                                  &found, at, error);
    return gate->name == NULL || check_name(gate, summary, scenario, error);
}

/* ---- values ---- */

static const struct value *value_of_row(const struct gate *gate, const struct value *row)
{
    const struct function *function = gate->function;
    if (gate->unit == SHARE && function->unit == COUNT)
        return value_get(row, function->percent);
    return value_path(row, function->path[0], function->path[1],
                      function->path[1] ? function->path[2] : NULL, NULL);
}

/* A number as its text, which the caller frees; NULL: there is none. */
static char *number_text(const struct value *value)
{
    if (value == NULL || value->type == VALUE_NULL)
        return NULL;
    if (value->type == VALUE_LIST)
        return mem_format("%zu", value->count);
    if (value->type == VALUE_BOOL)
        return mem_format("%d", value->truth);
    return value->type == VALUE_NUMBER ? mem_text(value->text, value->count) : NULL;
}

/* The worst of all rows. One without a value is the worst there is. */
static char *worst_text(const struct gate *gate, const struct value *summary)
{
    char *worst = NULL;
    bool some = false;
    for (int i = 0; i < 2 && gate->function->lists[i] != NULL; i++) {
        const struct value *list = value_get(summary, gate->function->lists[i]);
        for (size_t j = 0; list != NULL && j < list->count; j++) {
            char *text = number_text(value_of_row(gate, list->items[j]));
            if (value_truth(value_get(list->items[j], "deleted"), false) && text == NULL)
                continue;
            const int order = text != NULL && worst != NULL ? decimal_compare(text, worst) : 0;
            if (some && text != NULL &&
                (worst == NULL || (gate->function->low_is_bad ? order >= 0 : order <= 0))) {
                free(text);
                continue;
            }
            free(worst);
            worst = text;
            some = true;
        }
    }
    return worst;
}

/* What the gate looks at; the caller frees. NULL: there is none. */
static char *found_text(const struct gate *gate, const struct value *summary)
{
    const struct value *found = NULL, *other;
    struct error error = { 0 };
    if (gate->path != NULL) {
        document_path_find(gate->path, (struct document_view){ .root = summary }, &found,
                           (struct place){ 0 }, &error);
        error_close(&error);
        return number_text(found);
    }
    if (gate->function->lists[0] == NULL)
        return number_text(value_of_row(gate, summary));
    if (gate->name == NULL)
        return worst_text(gate, summary);
    const struct value *row = row_of(gate, summary, &other);
    return row != NULL ? number_text(value_of_row(gate, row)) : NULL;
}

static bool is_true(const struct gate *gate, const char *number)
{
    const int order = decimal_compare(number, gate->threshold);
    return order < 0 ? operators[gate->operator].less : order> 0
        ? operators[gate->operator].more : operators[gate->operator].equal;
}

bool gate_value(const struct gate *gate, const struct value *summary, double *value)
{
    char *text = found_text(gate, summary);
    if (text != NULL)
        *value = strtod(text, NULL);
    free(text);
    return text != NULL;
}

bool gate_is_true(const struct gate *gate, double value)
{
    char *text = mem_format("%.12g", value);
    const bool truth = is_true(gate, text);
    free(text);
    return truth;
}

char *gate_print(const struct gate *gate, double value)
{
    char *number = mem_format("%.12g", value);
    struct value *node = value_new_number(number);
    char *text = gate->unit == SHARE     ? mem_format("%.8g %%", 100 * value)
                 : gate->unit == SECONDS ? print_duration(node)
                                         : mem_format("%.8g", value);
    value_drop(node);
    free(number);
    return text;
}

struct value *gate_judge(const struct gate *gate, const struct value *summary)
{
    static const char *const units[] = { "share", "seconds", NULL };
    struct value *verdict = value_new_map();
    char *text = found_text(gate, summary);
    value_set(verdict, "expression", value_new_string(gate->text));
    value_set(verdict, "failed", value_new_bool(text == NULL || is_true(gate, text)));
    value_set(verdict, "value", text != NULL ? value_new_number(text) : value_new_null());
    value_set(verdict, "unit",
              units[gate->unit] ? value_new_string(units[gate->unit]) : value_new_null());
    if (text == NULL)
        value_set(verdict, "problem", value_new_string("there is no value"));
    free(text);
    return verdict;
}

/* Is this the part of a path in brackets, "deployment/web" or "web", of the row that is meant? */
static bool is_key(const struct gate *gate, const char *key, size_t length)
{
    char *text = mem_text(key, length), *slash = strchr(text, '/');
    bool fits = gate->name == NULL || strcmp(slash != NULL ? slash + 1 : text, gate->name) == 0;
    if (slash != NULL) {
        *slash = '\0';
        fits = fits && (gate->kind == KIND_COUNT || kind_of_resource(text) == gate->kind);
    }
    free(text);
    return fits;
}

bool gate_is_of(const struct gate *gate, const char *path)
{
    const struct function *function = gate->function;
    if (gate->path != NULL)
        return strcmp(gate->path_text, path) == 0;
    const bool by_share = gate->unit == SHARE && function->unit == COUNT;
    char *field = by_share
                      ? mem_format("%s", function->percent)
                      : mem_format("%s%s%s%s%s", function->path[0], function->path[1] ? "." : "",
                                   function->path[1] ? function->path[1] : "",
                                   function->path[1] && function->path[2] ? "." : "",
                                   function->path[1] && function->path[2] ? function->path[2] : "");
    bool fits = function->lists[0] == NULL && strcmp(path, field) == 0;
    for (int i = 0; i < 2 && function->lists[i] != NULL && !fits; i++) {
        const size_t length = strlen(function->lists[i]);
        const char *end = strchr(path, ']');
        fits = strncmp(path, function->lists[i], length) == 0 && path[length] == '[' &&
               end != NULL && end[1] == '.' && strcmp(end + 2, field) == 0 &&
               is_key(gate, path + length + 1, (size_t)(end - path - (ptrdiff_t)length - 1));
    }
    free(field);
    return fits;
}

/* ---- those of a command line ---- */

bool gates_read(struct gates *gates, const struct command_line *line)
{
    size_t count;
    const char *const *texts = command_line_options(line, "fail-on", &count);
    struct error_list faults = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        struct gate *gate = gate_read(texts[i], &error);
        error_list_take(&faults, &error);
        if (gate == NULL)
            continue;
        MEM_GROW(gates->items, gates->count, gates->capacity);
        gates->items[gates->count++] = gate;
    }
    const bool well = faults.count == 0;
    errors_print(&faults);
    error_list_close(&faults);
    return well;
}

void gates_close(struct gates *gates)
{
    for (size_t i = 0; i < gates->count; i++)
        gate_free(gates->items[i]);
    free(gates->items);
    *gates = (struct gates){ 0 };
}

bool gates_check(const struct gates *gates, const struct value *summary,
                 const struct scenario *scenario, struct error_list *faults)
{
    const size_t before = faults->count;
    for (size_t i = 0; i < gates->count; i++) {
        struct error error = { 0 };
        gate_check(gates->items[i], summary, scenario, &error);
        error_list_take(faults, &error);
    }
    return faults->count == before;
}

size_t gates_judge(const struct gates *gates, struct value *summary)
{
    size_t failed = 0;
    if (gates->count == 0)
        return 0;
    struct value *list = value_new_list();
    for (size_t i = 0; i < gates->count; i++) {
        struct value *verdict = gate_judge(gates->items[i], summary);
        double value;
        if (value_truth(value_get(verdict, "failed"), false)) {
            char *text = gate_value(gates->items[i], summary, &value)
                             ? gate_print(gates->items[i], value)
                             : mem_format("there is no value");
            fprintf(stderr, "failed: %s: %s\n", gates->items[i]->text, text);
            free(text);
            failed++;
        }
        value_add(list, verdict);
    }
    value_set(summary, "gates", list);
    return failed;
}

bool gates_check_responses(const struct gates *gates, const char *const *paths, size_t count,
                           struct error_list *faults)
{
    const size_t before = faults->count;
    for (size_t i = 0; i < gates->count; i++) {
        struct writer known = { 0 };
        bool found = false;
        for (size_t j = 0; j < count; j++) {
            found = found || gate_is_of(gates->items[i], paths[j]);
            writer_format(&known, "%s%s", j > 0 ? ", " : "", paths[j]);
        }
        if (!found)
            error_list_add(faults, (struct place){ "--fail-on", 1, 1 },
                           "%s: no response of the study is that (there are %s)",
                           gates->items[i]->text, known.bytes != NULL ? known.bytes : "none");
        writer_close(&known);
    }
    return faults->count == before;
}

/* One gate at one point. */
static bool judge_point(const struct gate *gate, const struct value *point,
                        const struct value *estimate, struct value *list)
{
    const struct value *mean = value_get(estimate, "mean");
    const bool there = !value_is_null(mean);
    const double value = value_double(mean, 0);
    const bool failed = !there || gate_is_true(gate, value);
    struct value *verdict = value_new_map();
    value_set(verdict, "expression", value_new_string(gate->text));
    value_set(verdict, "point", value_hold(value_get(point, "number")));
    value_set(verdict, "failed", value_new_bool(failed));
    value_set(verdict, "value", there ? value_hold(mean) : value_new_null());
    value_add(list, verdict);
    if (failed) {
        char *text = there ? gate_print(gate, value) : mem_format("there is no value");
        const char *name = text_of(point, "name");
        fprintf(stderr, "failed: %s%s%s: %s on average\n", gate->text, *name ? ", at " : "", name,
                text);
        free(text);
    }
    return failed;
}

size_t gates_judge_results(const struct gates *gates, struct value *results)
{
    const struct value *responses = value_get(results, "responses");
    const struct value *points = value_get(results, "points");
    struct value *list = value_new_list();
    size_t failed = 0;
    for (size_t i = 0; i < gates->count; i++)
        for (size_t j = 0; j < points->count; j++) {
            const struct value *estimates = value_get(points->items[j], "estimates");
            if (!value_is_null(value_get(points->items[j], "without")))
                continue; /* a cause was switched off, to see what it costs */
            for (size_t k = 0; estimates != NULL && k < estimates->count; k++)
                if (gate_is_of(gates->items[i], text_of(value_at(responses, k), "path")))
                    failed +=
                        judge_point(gates->items[i], points->items[j], estimates->items[k], list);
        }
    value_set(results, "gates", list);
    return failed;
}

bool gates_write_junit(const struct command_line *line, const char *command,
                       const struct value *summary)
{
    const char *path = command_line_option(line, "junit");
    struct writer out = { 0 };
    struct error error = { 0 };
    if (path == NULL)
        return true;
    char *directory = path_directory(path);
    const char *slash = strrchr(path, '/');
    junit_report.write(summary, &out);
    const bool fine =
        file_write(directory, slash ? slash + 1 : path, out.bytes, out.length, &error);
    if (!fine)
        fprintf(stderr, "seatrial %s: %s\n", command, error.text);
    error_close(&error);
    writer_close(&out);
    free(directory);
    return fine;
}
