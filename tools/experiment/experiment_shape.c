/* The fields of an Experiment, as one table. */
#include "tools/experiment/experiment_private.h"

static const char *const designs[] = { "fullFactorial", "oneAtATime", NULL };

/* ── factors ── */

static const struct shape_field patch_fields[] = {
    SHAPE_FIELD("target", SHAPE_TEXT, "the object: deployment/web", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of the object; absent: of any"),
    SHAPE_FIELD("patch", SHAPE_VALUE, "as kubectl patch merges it", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape patch_shape = { .name = "LevelPatch", .fields = patch_fields };

static const struct shape_field level_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "what the level is called", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("set", SHAPE_VALUE, "paths in the Scenario, and their values"),
    SHAPE_FIELD("scenario", SHAPE_VALUE, "a merge patch of the Scenario's spec"),
    SHAPE_FIELD("patches", SHAPE_STRUCT, "patches of objects", .of = &patch_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("manifests", SHAPE_TEXT, "paths of manifests applied upon the scenario's",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("objects", SHAPE_OBJECT, "objects, as in a manifest", .form = SHAPE_LIST),
    SHAPE_FIELD("merge", SHAPE_OBJECT,
                "objects, or parts of them: merged with those of the name, or added",
                .form = SHAPE_LIST),
    SHAPE_FIELD("delete", SHAPE_TEXT, "objects that are taken out: poddisruptionbudget/web",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("policy", SHAPE_TEXT, "a scheduling policy"),
    SHAPE_FIELD("without", SHAPE_TEXT, "failures that are switched off, by name or kind",
                .form = SHAPE_OR_LIST),
    SHAPE_END,
};
const struct shape level_shape = { .name = "Level", .fields = level_fields };

static const struct shape_field range_fields[] = {
    SHAPE_FIELD("from", SHAPE_NUMBER, "the least", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("to", SHAPE_NUMBER, "the most", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("scale", SHAPE_TEXT, "how places are spread",
                .choices = (const char *const[]){ "linear", "log", NULL }, .standard = "linear"),
    SHAPE_FIELD("whole", SHAPE_BOOL, "only whole numbers", .standard = "false"),
    SHAPE_FIELD("unit", SHAPE_TEXT, "what stands behind the number: s, m, Mi"),
    SHAPE_END,
};
static const struct shape range_shape = { .name = "Range", .fields = range_fields };

static const struct shape_field factor_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "what is varied", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("path", SHAPE_TEXT, "the field that the levels are values of"),
    SHAPE_FIELD("target", SHAPE_TEXT, "the object with this field; absent: the Scenario"),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of the object; absent: of any"),
    SHAPE_FIELD("levels", SHAPE_VALUE, "what it may be", .form = SHAPE_LIST),
    SHAPE_FIELD("policies", SHAPE_TEXT, "scheduling policies, instead of levels",
                .form = SHAPE_LIST),
    SHAPE_FIELD("range", SHAPE_STRUCT, "any number between two, for a Latin hypercube",
                .of = &range_shape),
    SHAPE_END,
};
static const struct shape factor_shape = { .name = "Factor", .fields = factor_fields };

static const struct shape_field hypercube_fields[] = {
    SHAPE_FIELD("points", SHAPE_COUNT, "how many", .form = SHAPE_REQUIRED, .least = 1,
                .most = 10000),
    SHAPE_END,
};
static const struct shape hypercube_shape = { .name = "LatinHypercube",
                                              .fields = hypercube_fields };

static const struct shape_field design_fields[] = {
    SHAPE_FIELD("latinHypercube", SHAPE_STRUCT, "points all over the ranges",
                .form = SHAPE_REQUIRED, .of = &hypercube_shape),
    SHAPE_END,
};
static const struct shape design_shape = { .name = "Design", .fields = design_fields };

/* ── responses ── */

static const struct shape_field response_fields[] = {
    SHAPE_FIELD("path", SHAPE_TEXT, "a place in the summary", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("name", SHAPE_TEXT, "what it is called; absent: the path"),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of the row; absent: of any"),
    SHAPE_FIELD("better", SHAPE_TEXT, "which way is better",
                .choices = (const char *const[]){ "higher", "lower", NULL }),
    SHAPE_FIELD("unit", SHAPE_TEXT, "printed beside it"),
    SHAPE_FIELD("statistic", SHAPE_TEXT, "of the runs' values",
                .choices = (const char *const[]){ "mean", "median", "p90", "p95", "p99", NULL },
                .standard = "mean"),
    SHAPE_FIELD("interval", SHAPE_TEXT, "where the interval of a mean comes from",
                .choices = (const char *const[]){ "t", "bootstrap", NULL }, .standard = "t"),
    SHAPE_END,
};
static const struct shape response_shape = { .name = "Response", .fields = response_fields };

/* ── how often ── */

static const struct shape_field until_fields[] = {
    SHAPE_FIELD(
        "relativeHalfWidth", SHAPE_NUMBER,
        "half the interval as a share of the mean; of an availability, of what it lacks to 1",
        .least = 1e-9, .most = 10),
    SHAPE_FIELD("of", SHAPE_TEXT, "the responses that count; absent: all", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("significant", SHAPE_BOOL, "every comparison with the baseline is significant"),
    SHAPE_FIELD("time", SHAPE_DURATION, "wall clock: no batch begins later"),
    SHAPE_END,
};
static const struct shape until_shape = { .name = "Until", .fields = until_fields };

static const struct shape_field replications_fields[] = {
    SHAPE_FIELD("first", SHAPE_COUNT, "of each point before anything is judged", .least = 1,
                .most = 1000000, .standard = "10"),
    SHAPE_FIELD("batch", SHAPE_COUNT, "how many more at a time", .least = 1, .most = 1000000,
                .standard = "10"),
    SHAPE_FIELD("most", SHAPE_COUNT, "of each point", .least = 1, .most = 1000000,
                .standard = "1000"),
    SHAPE_FIELD("confidence", SHAPE_NUMBER, "of every interval", .least = 0.5, .most = 0.999999,
                .standard = "0.95"),
    SHAPE_FIELD("until", SHAPE_STRUCT, "when they are enough; absent: the first are",
                .of = &until_shape),
    SHAPE_END,
};
const struct shape replications_shape = { .name = "Replications", .fields = replications_fields };

/* ── estimates ── */

static const struct shape_field by_replications_fields[] = {
    SHAPE_FIELD("warmup", SHAPE_TEXT, "how the warm-up is found",
                .choices = (const char *const[]){ "mser5", NULL }, .form = SHAPE_REQUIRED),
    SHAPE_FIELD("every", SHAPE_DURATION, "how often the responses are read",
                .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape by_replications_shape = { .name = "ByReplications",
                                                    .fields = by_replications_fields };
static const struct shape_field batch_means_fields[] = {
    SHAPE_FIELD("every", SHAPE_DURATION, "how often the responses are read",
                .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape batch_means_shape = { .name = "BatchMeans",
                                                .fields = batch_means_fields };
static const struct shape_field regenerative_fields[] = {
    SHAPE_FIELD("every", SHAPE_DURATION, "how often the responses are read",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("when", SHAPE_TEXT, "the path of the value that a cycle begins with",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("is", SHAPE_AMOUNT, "the value", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape regenerative_shape = { .name = "Regenerative",
                                                 .fields = regenerative_fields };
static const struct shape_field estimate_fields[] = {
    SHAPE_FIELD("replications", SHAPE_STRUCT, "replications, their warm-up left out",
                .of = &by_replications_shape),
    SHAPE_FIELD("batchMeans", SHAPE_STRUCT, "batches of one long run", .of = &batch_means_shape),
    SHAPE_FIELD("regenerative", SHAPE_STRUCT, "cycles of one long run", .of = &regenerative_shape),
    SHAPE_FIELD("splitting", SHAPE_STRUCT, "rare outages: copies of runs that come near one",
                .of = &split_shape),
    SHAPE_END,
};
static const struct shape estimate_shape = { .name = "Estimate", .fields = estimate_fields };

/* ── the whole ── */

static const struct shape_field spec_fields[] = {
    SHAPE_FIELD("scenario", SHAPE_VALUE, "the path of a Scenario, or a Scenario's spec"),
    SHAPE_FIELD("question", SHAPE_TEXT, "what is asked"),
    SHAPE_FIELD("seed", SHAPE_COUNT, "of the whole study; absent: the scenario's",
                .most = 9007199254740991),
    SHAPE_FIELD("factors", SHAPE_STRUCT, "what is varied", .of = &factor_shape, .form = SHAPE_LIST),
    SHAPE_FIELD("design", SHAPE_STRUCT, "which combinations are played: fullFactorial, oneAtATime",
                .of = &design_shape, .form = SHAPE_OR_TEXT, .choices = designs,
                .standard = "fullFactorial"),
    SHAPE_FIELD("baseline", SHAPE_TEXT_MAP,
                "the level of each factor that others are compared with"),
    SHAPE_FIELD("responses", SHAPE_STRUCT, "what is measured of each run", .of = &response_shape,
                .form = SHAPE_LIST | SHAPE_OR_TEXT),
    SHAPE_FIELD("replications", SHAPE_VALUE, "how often: a number, or when to stop",
                .standard = "30"),
    SHAPE_FIELD("commonRandomNumbers", SHAPE_BOOL, "replication r has the same luck at every point",
                .standard = "true"),
    SHAPE_FIELD("antithetic", SHAPE_BOOL, "replication 2k + 1 is the mirror of 2k",
                .standard = "false"),
    SHAPE_FIELD("estimate", SHAPE_STRUCT, "what a mean is made from", .of = &estimate_shape,
                .form = SHAPE_OR_TEXT, .standard = "replications"),
    SHAPE_FIELD("counterfactual", SHAPE_BOOL, "every failure is switched off in turn",
                .standard = "false"),
    SHAPE_END,
};
static const struct shape spec_shape = { .name = "ExperimentSpec", .fields = spec_fields };

static const struct shape_field metadata_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the study", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "labels"),
    SHAPE_FIELD("annotations", SHAPE_TEXT_MAP, "annotations"),
    SHAPE_END,
};
static const struct shape metadata_shape = { .name = "ExperimentMetadata",
                                             .fields = metadata_fields };

static const struct shape_field experiment_fields[] = {
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "the version of this format", .form = SHAPE_REQUIRED,
                .choices = (const char *const[]){ "seatrial.dev/v1alpha1", NULL }),
    SHAPE_FIELD("kind", SHAPE_TEXT, "Experiment", .form = SHAPE_REQUIRED,
                .choices = (const char *const[]){ "Experiment", NULL }),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .form = SHAPE_REQUIRED,
                .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "the study", .form = SHAPE_REQUIRED, .of = &spec_shape),
    SHAPE_END,
};
const struct shape experiment_shape = { .name = "Experiment", .fields = experiment_fields };
