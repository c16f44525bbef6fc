/* Gates: what a run must not come to, as `--fail-on 'availability(web) < 99.9'`.
 *
 *     FUNCTION(NAME) OPERATOR NUMBER[UNIT]        'a.path[of/the].summary' OPERATOR NUMBER[UNIT]
 *
 * docs/gates.md lists the functions. NAME is web, deployment/web, shop/web or shop/deployment/web; without
 * one the worst row is meant. A gate fails when its expression is true, and when there is no value: nobody
 * can say then that all is well. Comparisons are exact. */
#ifndef TOOLS_GATE_H
#define TOOLS_GATE_H

#include "models/cluster/scenario.h"
#include "sim/base/error.h"
#include "sim/base/value.h"
#include "tools/command.h"

/* The options of commands with gates. */
#define GATE_OPTIONS                                                                               \
    { "fail-on", 0, "EXPRESSION",                                                                  \
      "status 1 if it is true: 'availability(web) < 99.9' (may be repeated)" },                    \
    {                                                                                              \
        "junit", 0, "FILE", "what held and what did not as JUnit XML, for CI systems"              \
    }

struct gate;

/* Read an expression; the text is copied. NULL with the error, whose column is the character's. Free with
 * gate_free(). */
struct gate *gate_read(const char *text, struct error *error);
void gate_free(struct gate *gate);

/* The expression as it was written. */
const char *gate_text(const struct gate *gate);

/* Is there what it is about? `summary` is of the beginning of a run; what the scenario's timeline makes
 * later is there as well. False with the error, which knows a name like it. */
bool gate_check(const struct gate *gate, const struct value *summary,
                const struct scenario *scenario, struct error *error);

/* What it looks at in a summary, in the summary's own unit (shares, seconds); false: there is none. */
bool gate_value(const struct gate *gate, const struct value *summary, double *value);
/* The same number as people read it: "99.52 %", "4m12s"; the caller frees. */
char *gate_print(const struct gate *gate, double value);
/* Is the expression true of such a number, say a mean over many runs? */
bool gate_is_true(const struct gate *gate, double value);

/* Is it about what stands at a path of the summary, `workloads[deployment/web].availability`? Without a name
 * it is about all rows. */
bool gate_is_of(const struct gate *gate, const char *path);

/* What came of it: {expression, failed, value, unit} and, where there is no value, `problem`; a new
 * reference. `unit` is share, seconds or null. */
struct value *gate_judge(const struct gate *gate, const struct value *summary);

/* Those of a command line. */
struct gates {
    struct gate **items; /* owned */
    size_t count, capacity;
};
/* Read --fail-on. Prints what is wrong; false then. Close in either case. */
bool gates_read(struct gates *gates, const struct command_line *line);
void gates_close(struct gates *gates);
/* Check all of them. Each fault is appended; false when there was one. */
bool gates_check(const struct gates *gates, const struct value *summary,
                 const struct scenario *scenario, struct error_list *faults);
/* Judge all of them, and put what came of it into the summary as `gates` (docs/summary.md); nothing without
 * gates. Prints those that fail to standard error. Returns how many. */
size_t gates_judge(const struct gates *gates, struct value *summary);

/* The same of the results of an experiment (docs/experiment.md): each gate is held against the mean of the
 * response it is about, at every point. gates_check_responses() tells beforehand if there is none of `count`
 * paths; each fault is appended. gates_judge_results() puts what came of it into `gates`. */
bool gates_check_responses(const struct gates *gates, const char *const *paths, size_t count,
                           struct error_list *faults);
size_t gates_judge_results(const struct gates *gates, struct value *results);

/* Write --junit, if it was asked for. False after the error was printed in the command's name. */
bool gates_write_junit(const struct command_line *line, const char *command,
                       const struct value *summary);

#endif
