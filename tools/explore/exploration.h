/* One run of an exploration: a scenario under a seed, whose watches, queues, calls and failures take
 * another course each time, watched by invariants.
 *
 * Everything follows from the scenario, the seed and what is varied, so that a run is replayed by
 * naming these. */
#ifndef TOOLS_EXPLORE_EXPLORATION_H
#define TOOLS_EXPLORE_EXPLORATION_H

#include "models/cluster/scenario.h"
#include "models/invariants/invariant.h"

/* What is varied in a run: by default whatever the seed says. */
struct variance {
    uint64_t seed;
    /* If `only` is set, nothing but these: "watch-late:controllers-1/pod". Owned. */
    bool only;
    char **items;
    size_t count, capacity;
    sim_time from, until; /* when; until 0: to the end of the scenario */
};

void variance_close(struct variance *variance);
struct variance variance_copy(const struct variance *variance);
/* Read "17 watch-late:controllers-1/pod 10s..20s", the argument of --replay; "17" alone varies all.
 * False with the error. The text is copied. And print it; the caller frees. */
bool variance_read(struct variance *variance, const char *text, struct error *error);
char *variance_print(const struct variance *variance);

/* What was found in a run. Of plain bytes, so that it can be told through a pipe. */
struct finding {
    char invariant[32]; /* its name; "": nothing; "crash": the program itself ended */
    char text[400];
    sim_time at;
    uint64_t line; /* of the trace that is the last before it; 0: none */
    uint64_t seed;
    uint64_t hash; /* of the trace up to there */
    uint64_t events;
};

/* A line of the trace, kept. */
struct kept_line {
    sim_time at;
    uint64_t cause;
    char *subject, *text; /* owned */
};
struct kept_trace {
    struct kept_line *lines; /* line i stands at index i - 1 */
    size_t count, capacity;
};
void kept_trace_close(struct kept_trace *trace);

/* What a run may ask for besides. */
struct exploring {
    struct kept_trace *trace; /* take every line; NULL: none */
    struct variance *varied;  /* take the names of what was varied; NULL: no */
};

/* Run once, to the end of the scenario and until everything has come to rest, or to the first
 * violation. False with faults when the API server refuses an object. */
bool explore_once(const struct scenario *scenario, const struct variance *variance,
                  struct exploring exploring, struct finding *finding, struct error_list *faults);

/* The same in a process of its own: a crash, or a run without end, is a finding. */
struct finding explore_apart(const struct scenario *scenario, const struct variance *variance);

static inline bool finding_is_one(const struct finding *finding)
{
    return finding->invariant[0] != '\0';
}
/* The rule of an invariant by its name. */
const char *finding_rule(const struct finding *finding);

/* ---- many runs ---- */

struct exploration {
    const struct scenario *scenario;
    uint64_t first_seed, runs;
    int jobs;
    bool keep_going; /* past the first finding */
    /* Of all runs so far, for a progress bar; NULL: nobody asks. */
    void (*progress)(void *context, double done);
    void *context;
};

struct exploration_result {
    struct finding *findings; /* owned; by seed: the first one only unless it keeps going */
    size_t count, capacity;
    uint64_t runs;   /* up to the first finding, or all */
    uint64_t events; /* of the runs that were made */
};

/* The same result whatever the number of jobs. */
struct exploration_result explore_many(const struct exploration *exploration);
void exploration_result_close(struct exploration_result *result);

/* ---- shrinking ---- */

/* The smallest scenario found that still breaks the invariant, as a document, and what has to be varied
 * in it. */
struct shrunk {
    struct value *document; /* owned */
    struct variance variance;
    struct finding finding;
    size_t tried; /* runs */
};
struct shrunk explore_shrink(const struct scenario *scenario, const struct finding *finding,
                             void (*progress)(void *context, double done), void *context);
void shrunk_close(struct shrunk *shrunk);

/* A document as YAML; the caller frees. */
char *yaml_print(const struct value *document);

#endif
