/* Paths into documents: what they find, and what is no path or does not fit. */
#include "models/api/document_path.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static const char text[] =
    "{\"pods\": {\"created\": 3, \"latency\": null},"
    " \"workloads\": ["
    "  {\"kind\": \"Deployment\", \"namespace\": \"default\", \"name\": \"web\", \"ready\": 2,"
    "   \"outages\": [{\"seconds\": 1.5}, {\"seconds\": 7}]},"
    "  {\"kind\": \"Deployment\", \"namespace\": \"shop\", \"name\": \"web\", \"ready\": 5},"
    "  {\"kind\": \"StatefulSet\", \"namespace\": \"default\", \"name\": \"web\", \"ready\": 9}],"
    " \"nodes\": [{\"name\": \"a.b\", \"pods\": 4}],"
    " \"labels\": {\"example.com/tier\": \"front\", \"a=b\": 1},"
    " \"conditions\": [{\"type\": \"Ready\", \"status\": \"True\"}, {\"type\": 7, \"status\": "
    "\"x\"}]}";

static const struct {
    const char *why, *path, *space, *want; /* the value as JSON, "nothing", or the error */
} rows[] = {
    { "fields", "pods.created", NULL, "3" },
    { "a row by type and name", "workloads[deployment/web].ready", NULL, "2" },
    { "types as kubectl knows them", "workloads[sts/web].ready", NULL, "9" },
    { "rows of another namespace do not count", "workloads[deploy/web].ready", "shop", "5" },
    { "a row by its name alone: the first", "workloads[web].ready", NULL, "2" },
    { "a name may have dots", "nodes[a.b].pods", NULL, "4" },
    { "a row by its number", "workloads[1].ready", NULL, "5" },
    { "from the end", "workloads[-1].kind", NULL, "\"StatefulSet\"" },
    { "rows of rows", "workloads[0].outages[1].seconds", NULL, "7" },
    { "a row by a field", "conditions[type=Ready].status", NULL, "\"True\"" },
    { "also by a number", "conditions[type=7].status", NULL, "\"x\"" },
    { "a key of a map", "labels[example.com/tier]", NULL, "\"front\"" },
    { "a whole list", "workloads[0].outages", NULL, "[{\"seconds\":1.5},{\"seconds\":7}]" },
    { "no such row", "workloads[deployment/api].ready", NULL, "nothing" },
    { "in no such namespace", "workloads[sts/web].ready", "shop", "nothing" },
    { "beyond the end", "workloads[3].ready", NULL, "nothing" },
    { "before the beginning", "workloads[-4].ready", NULL, "nothing" },
    { "a null has nothing behind it", "pods.latency.max", NULL, "nothing" },
    { "null is nothing", "pods.latency", NULL, "nothing" },
    { "no such key", "labels[example.com/team]", NULL, "nothing" },
    { "a field that was mistyped", "pods.creatd", NULL,
      "there is no field creatd (did you mean created?)" },
    { "a type that was mistyped", "workloads[deplyment/web].ready", NULL,
      "no resource type is called \"deplyment\" (did you mean deployments?)" },
    { "a list has no fields", "workloads.ready", NULL,
      "ready is asked of a list: say of which row (try [0], or its name)" },
    { "a number has none either", "pods.created.x", NULL,
      "x is asked of a number, which has no parts" },
    { "no path at all", "", NULL, "a name is expected before \"\" (try pods.created)" },
    { "a dot too many", "pods..created", NULL,
      "a name is expected before \".created\" (try pods.created)" },
    { "a dot at the end", "pods.", NULL, "a name is expected before \"\" (try pods.created)" },
    { "a bracket that does not close", "workloads[web", NULL, "\"[web\" has no closing bracket" },
    { "empty brackets", "workloads[].x", NULL,
      "nothing stands in the brackets (try a number, TYPE/NAME, a name, or FIELD=VALUE)" },
    { "something behind the brackets", "workloads[0]x", NULL,
      "a dot or a bracket is expected before \"x\"" },
};

static struct value *document(void)
{
    struct error error = { 0 };
    struct value *root = json_read(text, strlen(text), (struct place){ 0 }, NULL, &error);
    cr_assert(root != NULL, "%s", error.text);
    return root;
}

static char *follow(const struct value *root, const char *path, const char *space)
{
    struct error error = { 0 };
    const struct value *found = NULL;
    const struct document_view view = { .root = root, .space = space, .is_whole = true };
    struct document_path *steps = document_path_parse(path, (struct place){ 0 }, &error);
    if (steps != NULL)
        document_path_find(steps, view, &found, (struct place){ 0 }, &error);
    document_path_free(steps);
    if (error.text != NULL)
        return error.text;
    return found != NULL ? json_text(found, (struct json_style){ 0 }) : mem_format("nothing");
}

Test(document_path, finds_rows_by_what_they_are_called)
{
    struct value *root = document();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = follow(root, rows[i].path, rows[i].space);
        cr_expect_str_eq(got, rows[i].want, "%s: got %s", rows[i].why, got);
        free(got);
    }
    value_drop(root);
}

/* Objects leave out what is empty: a field that is not there is no mistake. */
Test(document_path, takes_what_an_object_leaves_out_for_nothing)
{
    struct value *root = document();
    struct document_path *path = document_path_parse("pods.creatd", (struct place){ 0 }, NULL);
    const struct value *found = root;
    cr_expect(document_path_find(path, (struct document_view){ .root = root }, &found,
                                 (struct place){ 0 }, NULL));
    cr_expect_null(found);
    document_path_free(path);
    value_drop(root);
}
