/* Manifests: lists, kinds that are known, our own and others, and what is said of each. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/manifest.h"
#include "sim/base/writer.h"

static void add_lines(struct writer *out, const char *before, struct error_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        char *line = error_print(&list->items[i]);
        writer_format(out, "%s%s\n", before, line);
        free(line);
    }
    error_list_close(list);
}

/* "kind name" of each object, then faults, then warnings, then what is kept. */
static char *read_all(const char *text, bool strict)
{
    struct manifest manifest = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct writer out = { 0 };
    manifest_load(&manifest, text, strlen(text), "m.yaml", strict, &faults, &warnings);
    for (size_t i = 0; i < manifest.count; i++) {
        const struct value *document = manifest.items[i].document;
        writer_format(&out, "%s %s\n", value_text(value_get(document, "kind"), "?"),
                      value_text(value_path(document, "metadata", "name", NULL), "?"));
    }
    add_lines(&out, "fault: ", &faults);
    add_lines(&out, "warning: ", &warnings);
    char *kept = manifest_kept(&manifest);
    writer_format(&out, "kept: %s\n", kept == NULL ? "nothing" : kept);
    free(kept);
    manifest_close(&manifest);
    return writer_take(&out);
}

#define POD(name)    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\n"
#define CUSTOM(name) "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: " name "}\n"

static const struct {
    const char *why, *text, *want;
    bool strict;
} rows[] = {
    { "several documents", POD("a") "---\n" POD("b"), "Pod a\nPod b\nkept: nothing\n", false },
    { "a list",
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: "
      "{name: s}}\n- {apiVersion: v1, kind: Secret, metadata: {name: t}}\n",
      "Service s\nSecret t\nkept: 1 Secret\n", false },
    { "items of a typed list need not tell their kind",
      "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: web}}]\n",
      "Deployment web\nkept: nothing\n", false },
    { "an empty list", "apiVersion: v1\nkind: List\nitems: []\n", "kept: nothing\n", false },
    { "what is kept is counted by kind",
      CUSTOM("a") "---\n" CUSTOM("b") "---\n"
                                      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
      "Widget a\nWidget b\nConfigMap c\nkept: 1 ConfigMap, 2 Widget\n", false },
    { "an unknown field is a warning", POD("a") "spec: {nodName: n1}\n",
      "Pod a\nwarning: m.yaml:4:8: Pod a: spec.nodName: unknown field (did you mean nodeName?)\n"
      "kept: nothing\n",
      false },
    { "or a fault when strict", POD("a") "spec: {nodName: n1}\n",
      "fault: m.yaml:4:8: Pod a: spec.nodName: unknown field (did you mean nodeName?)\n"
      "kept: nothing\n",
      true },
    { "a wrong type is a fault, and the others are read on",
      POD("a") "spec: {nodeName: [n1]}\n---\n" POD("b"),
      "Pod b\nfault: m.yaml:4:18: Pod a: spec.nodeName: expected string, got list\nkept: nothing\n",
      false },
    { "our own kinds are strict",
      "apiVersion: seatrial.dev/v1alpha1\nkind: Image\nmetadata: {name: 'a:1'}\n"
      "spec: {neverRedy: true, startProbability: 1.5, ready: {normal: {}}}\n",
      "fault: m.yaml:4:8: Image a:1: spec.neverRedy: unknown field (did you mean neverReady?)\n"
      "fault: m.yaml:4:43: Image a:1: spec.startProbability: 1.5 is not between 0 and 1\n"
      "fault: m.yaml:4:56: Image a:1: spec.ready: ",
      false },
    { "and few", "apiVersion: seatrial.dev/v1alpha1\nkind: Imag\nmetadata: {name: a}\n",
      "fault: m.yaml:2:7: seatrial.dev has no kind Imag (did you mean Image?)\nkept: nothing\n",
      false },
    { "no kind", "apiVersion: v1\nmetadata: {name: x}\n",
      "fault: m.yaml:1:1: an object without kind (is it a Kubernetes manifest?)\nkept: nothing\n",
      false },
    { "no map", "- a\n- b\n",
      "fault: m.yaml:1:1: an object is a map with apiVersion, kind and metadata\nkept: nothing\n",
      false },
    { "a version that is gone",
      "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: "
      "{name: old}\n",
      "Deployment old\nwarning: m.yaml:1:13: Deployment is no kind of extensions/v1beta1 in this "
      "release (use apps/v1); it is kept, not simulated\nkept: 1 Deployment\n",
      false },
    { "files of tools", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
      "warning: m.yaml:1:1: Kustomization without metadata.name is no object: left out\n"
      "kept: nothing\n",
      false },
};

Test(manifest, objects_are_found_checked_and_counted)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = read_all(rows[i].text, rows[i].strict);
        size_t length = strlen(rows[i].want);
        bool prefix = rows[i].want[length - 1] != '\n';
        cr_expect(prefix ? strncmp(got, rows[i].want, length) == 0 : strcmp(got, rows[i].want) == 0,
                  "%s: got\n%s", rows[i].why, got);
        free(got);
    }
}

/* A folder may hold what is not meant to be applied as it is; a file that is named is meant. */
Test(manifest, forms_and_files_of_tools_are_left_out_of_folders)
{
    static const char text[] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x-<node>}\n"
                               "---\nreplicaCount: 2\n"
                               "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: real}\n";
    struct manifest manifest = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    cr_expect(manifest_load(&manifest, text, strlen(text), "m.yaml", MANIFEST_FROM_FOLDER, &faults,
                            &warnings));
    cr_expect_eq(manifest.count, 1);
    cr_assert_eq(warnings.count, 2);
    cr_expect_str_eq(warnings.items[0].text,
                     "the name has a placeholder to fill in (x-<node>): left out");
    error_list_close(&warnings);
    manifest_close(&manifest);
    manifest = (struct manifest){ 0 };
    cr_expect_not(manifest_load(&manifest, text, strlen(text), "m.yaml", 0, &faults, &warnings));
    error_list_close(&faults);
    error_list_close(&warnings);
    manifest_close(&manifest);
}
