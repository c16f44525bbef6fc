/* Thousands of published manifests load, or are refused for a reason that is known.
 *
 * Known are the reader errors and kinds in the index of the corpus, the files that its README
 * says are meant to fail, and the rules in corpus_refusals.txt. The corpus stays outside the
 * repository, in $SEATRIAL_SHARED (../shared); where it is absent its files are NOT RUN. */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/pod_spec.h"
#include "models/cluster/admission.h"
#include "models/cluster/manifest.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/shared.h"
#include "tests/support/tables.h"

enum { CORPUS_FILES = 3601, MAX_RULES = 60 };

/* What the README calls meant to fail, or without valid values. */
static const char *const meant_to_fail[] = {
    "linkerd-injected/*.bad.input.yml",
    "kubeconform-fixtures/*invalid*",
    "gateway-api/hack/invalid-examples/*",
    "kubernetes-examples/_archived/*-template.yaml",
    "api-all-fields/*",
};

/* A line of corpus_refusals.txt: so many files are refused because of this rule. */
struct rule {
    size_t files, found;
    bool here;  /* in the file being read */
    char *path; /* "" for a rule that is about no field */
    char *text; /* part of what the fault says of it */
};

struct corpus {
    char *root;
    struct rule rules[MAX_RULES];
    size_t rule_count;
    struct codec codec;
    size_t files, objects, refused_by_index, refused_by_readme, refused_by_rule;
    struct writer unexplained;
};

/* ── the list of rules ── */

/* "12 spec.containers[].name: Required value", "5 -: already set in map" */
static struct rule read_rule(const char *line)
{
    char *path_at, *colon;
    struct rule rule = { .files = strtoul(line, &path_at, 10) };
    path_at += strspn(path_at, " ");
    colon = strstr(path_at, ": ");
    cr_assert(rule.files > 0 && colon != NULL, "corpus_refusals.txt: %s", line);
    rule.path = mem_text(path_at, (size_t)(colon - path_at));
    if (strcmp(rule.path, "-") == 0)
        *rule.path = '\0';
    rule.text = mem_text(colon + 2, strcspn(colon + 2, "\n"));
    return rule;
}

static void read_rules(struct corpus *corpus)
{
    FILE *file = fopen("tests/models/corpus_refusals.txt", "r");
    char line[512];
    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (*line == '#')
            continue;
        cr_assert_lt(corpus->rule_count, MAX_RULES);
        corpus->rules[corpus->rule_count++] = read_rule(line);
    }
    fclose(file);
}

/* A fault with every index and key of its path left out. */
static char *without_keys(const char *fault)
{
    struct writer text = { 0 };
    for (const char *at = fault; *at != '\0'; at++) {
        writer_add_char(&text, *at);
        if (*at == '[' && strchr(at, ']') != NULL)
            at = strchr(at, ']') - 1;
    }
    return writer_take(&text);
}

static bool names_path(const char *fault, const struct rule *rule)
{
    const size_t length = strlen(rule->path);
    const char *at = strstr(fault, rule->path);
    return at != NULL && (length == 0 || ((at == fault || at[-1] == ' ') && at[length] == ':')) &&
           strstr(at + length, rule->text) != NULL;
}

static bool is_listed(struct corpus *corpus, const char *fault)
{
    char *plain = without_keys(fault);
    bool listed = false;
    for (size_t i = 0; i < corpus->rule_count && !listed; i++) {
        listed = names_path(plain, &corpus->rules[i]);
        corpus->rules[i].here |= listed;
    }
    free(plain);
    return listed;
}

/* ── one file ── */

static bool is_meant_to_fail(const char *file)
{
    for (size_t i = 0; i < sizeof meant_to_fail / sizeof *meant_to_fail; i++)
        if (fnmatch(meant_to_fail[i], file, 0) == 0)
            return true;
    return false;
}

/* The index says what is no object; such a file has no other faults. */
static bool is_in_index(const struct value *row, const struct error_list *faults)
{
    const char *kinds = table_text(row, "kinds");
    const char *expected = strstr(kinds, "(none)") != NULL ? "an object without apiVersion"
                           : strstr(kinds, "(scalar-or-list)") != NULL ? "an object is a map"
                                                                       : NULL;
    if (*table_text(row, "reader_error") != '\0')
        return true;
    for (size_t i = 0; i < faults->count; i++)
        if (expected == NULL || strstr(faults->items[i].text, expected) == NULL)
            return false;
    return true;
}

/* Are the faults explained by the list? Those that are not are kept for the message. */
static bool are_all_listed(struct corpus *corpus, const struct error_list *faults)
{
    bool all = true;
    for (size_t i = 0; i < corpus->rule_count; i++)
        corpus->rules[i].here = false;
    for (size_t i = 0; i < faults->count; i++) {
        if (is_listed(corpus, faults->items[i].text))
            continue;
        char *text = error_print(&faults->items[i]);
        writer_format(&corpus->unexplained, "%s\n", text);
        free(text);
        all = false;
    }
    for (size_t i = 0; i < corpus->rule_count; i++)
        corpus->rules[i].found += corpus->rules[i].here;
    return all;
}

static void explain(struct corpus *corpus, const struct value *row, const struct error_list *faults)
{
    if (faults->count == 0)
        return;
    if (is_in_index(row, faults))
        corpus->refused_by_index++;
    else if (is_meant_to_fail(table_text(row, "file")))
        corpus->refused_by_readme++;
    else if (are_all_listed(corpus, faults))
        corpus->refused_by_rule++;
}

/* The whole way of an object into a record, in a cluster that has every priority class. */
static void load_object(struct corpus *corpus, const struct manifest_object *item,
                        struct error_list *faults)
{
    const struct admission any_cluster = { .default_namespace = "default" };
    struct refusal refusal = { 0 };
    struct error_list warnings = { 0 };
    struct value *admitted =
        admit_create(&any_cluster, item->document, &refusal, faults, &warnings);
    if (admitted != NULL) {
        struct object *object = kind_infos[item->kind].load(&corpus->codec, admitted);
        corpus->objects++;
        object_drop(object);
    }
    value_drop(admitted);
    error_list_close(&warnings);
    refusal_close(&refusal);
}

static char *read_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    struct writer bytes = { 0 };
    char block[1 << 16];
    cr_assert_not_null(file, "%s is in the index", path);
    while ((*length = fread(block, 1, sizeof block, file)) > 0)
        writer_add_bytes(&bytes, block, *length);
    fclose(file);
    *length = bytes.length;
    return writer_take(&bytes);
}

static bool load_file(void *context, const struct value *row)
{
    struct corpus *corpus = context;
    const char *name = table_text(row, "file");
    struct manifest manifest = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    size_t length;
    char *path = mem_format("%s/%s", corpus->root, name), *bytes = read_bytes(path, &length);
    manifest_load(&manifest, bytes, length, name, false, &faults, &warnings);
    for (size_t i = 0; i < manifest.count; i++)
        load_object(corpus, &manifest.items[i], &faults);
    explain(corpus, row, &faults);
    corpus->files++;
    manifest_close(&manifest);
    error_list_close(&faults);
    error_list_close(&warnings);
    free(path);
    free(bytes);
    return true;
}

/* ── all of them ── */

static void open_corpus(struct corpus *corpus)
{
    *corpus = (struct corpus){ .codec.texts = texts_new() };
    corpus->root = shared_path("data/manifests");
    corpus->codec.specs = pod_specs_new(corpus->codec.texts);
    read_rules(corpus);
}

static void close_corpus(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->rule_count; i++) {
        free(corpus->rules[i].path);
        free(corpus->rules[i].text);
    }
    pod_specs_free(corpus->codec.specs);
    texts_free(corpus->codec.texts);
    writer_close(&corpus->unexplained);
    free(corpus->root);
}

static void expect_rules_to_strike(const struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->rule_count; i++)
        cr_expect_eq(corpus->rules[i].found, corpus->rules[i].files,
                     "%s: %s: refuses %zu files, not %zu", corpus->rules[i].path,
                     corpus->rules[i].text, corpus->rules[i].found, corpus->rules[i].files);
}

Test(corpus, loads_or_is_refused_for_a_known_reason)
{
    struct corpus corpus;
    open_corpus(&corpus);
    char *index = mem_format("%s/INDEX.csv", corpus.root);
    if (access(index, R_OK) != 0) {
        printf("NOT RUN: %d manifests of %s (not found)\n", CORPUS_FILES, corpus.root);
    } else {
        cr_assert(table_each(index, load_file, &corpus));
        const size_t refused =
            corpus.refused_by_index + corpus.refused_by_readme + corpus.refused_by_rule;
        printf("corpus: %zu files with %zu objects; refused are %zu: %zu that are no manifests, "
               "%zu meant to fail, %zu by the rules listed\n",
               corpus.files, corpus.objects, refused, corpus.refused_by_index,
               corpus.refused_by_readme, corpus.refused_by_rule);
        cr_expect_eq(corpus.files, CORPUS_FILES, "the index has another length");
        cr_expect_eq(corpus.unexplained.length, 0, "refused without a known reason:\n%s",
                     corpus.unexplained.bytes);
        expect_rules_to_strike(&corpus);
    }
    free(index);
    close_corpus(&corpus);
}
