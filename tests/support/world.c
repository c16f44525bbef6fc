/* The fixture of stories. */
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

static void keep_line(void *context, const struct trace_line *line)
{
    struct world *world = context;
    MEM_GROW(world->lines, world->line_count, world->line_capacity);
    world->lines[world->line_count++] =
        (struct world_line){ sim_time_to_seconds(line->at),
                             mem_text(line->subject, strlen(line->subject)),
                             mem_text(line->text, strlen(line->text)) };
}

void forget(struct world *world)
{
    for (size_t i = 0; i < world->line_count; i++) {
        free(world->lines[i].subject);
        free(world->lines[i].text);
    }
    world->line_count = 0;
}

static void no_faults(struct error_list *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        char *text = error_print(&faults->items[i]);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
    cr_assert_eq(faults->count, 0, "the YAML of a test has no faults");
    error_list_close(faults);
}

/* "flag=value flag=value" */
static void set_all(struct settings *settings, const char *text)
{
    char *words = mem_text(text, strlen(text)), *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        struct error error = { 0 };
        char *value = strchr(word, '=');
        cr_assert_not_null(value, "a setting is flag=value: %s", word);
        *value++ = '\0';
        cr_assert(settings_set(settings, word, value, (struct place){ 0 }, &error), "%s",
                  error.text);
    }
    free(words);
}

struct world *given_with(const char *manifests, const struct component *const *components,
                         const char *settings_text)
{
    struct world *world = mem_new(sizeof *world);
    struct settings settings;
    settings_init(&settings);
    set_all(&settings, settings_text);
    world->run = run_new(1);
    world->run->trace.sink = keep_line;
    world->run->trace.context = world;
    world->cluster = components != NULL ? cluster_new_with(world->run, "", settings, components)
                                        : cluster_new(world->run, "", settings);
    world->user = &world->cluster->admin;
    create(world, manifests);
    until(world, 0);
    forget(world);
    return world;
}

struct world *given(const char *manifests)
{
    return given_with(manifests, NULL, "");
}

void done(struct world *world)
{
    forget(world);
    free(world->lines);
    free(world->last_error);
    cluster_free(world->cluster);
    run_free(world->run);
    free(world);
}

void until(struct world *world, double seconds)
{
    run_until(world->run, sim_time_from_seconds(seconds));
}

static void begin(struct world *world)
{
    client_begin(world->user, (struct cause){ 0, 0 });
    free(world->last_error);
    world->last_error = NULL;
}

static enum reply keep_error(struct world *world, enum reply reply, struct error *error)
{
    if (error->text != NULL)
        world->last_error = mem_text(error->text, strlen(error->text));
    error_close(error);
    return reply;
}

void create(struct world *world, const char *manifests)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    begin(world);
    documents_read(&documents, manifests, strlen(manifests), "test", &faults);
    for (size_t i = 0; i < documents.count; i++) {
        struct object *object =
            cluster_admit(world->cluster, documents.items[i], "default", &faults, NULL);
        struct error error = { 0 };
        if (object != NULL && client_create(world->user, object, NULL, &error) != REPLY_CREATED)
            error_list_take(&faults, &error);
    }
    documents_close(&documents);
    no_faults(&faults);
}

struct object_key key_of(struct world *world, const char *name)
{
    char text[512];
    snprintf(text, sizeof text, "%s", name);
    char *rest = NULL, *resource = strtok_r(text, "/", &rest);
    char *first = strtok_r(NULL, "/", &rest), *second = strtok_r(NULL, "/", &rest);
    const enum kind kind = kind_of_resource(resource);
    cr_assert_neq(kind, KIND_COUNT, "no kind %s", resource);
    const struct texts *texts = world->run->texts;
    return (struct object_key){ (uint16_t)kind, second != NULL ? text_find(texts, first) : NULL,
                                text_find(texts, second != NULL ? second : first) };
}

const struct object *find(struct world *world, const char *name)
{
    const struct object_key key = key_of(world, name);
    return key.name != NULL ? store_get(world->cluster->store, key) : NULL;
}

enum reply delete_object(struct world *world, const char *name, enum propagation propagation)
{
    struct error error = { 0 };
    struct delete_options options = delete_options_default();
    options.propagation = propagation;
    begin(world);
    const enum reply reply = client_delete(world->user, key_of(world, name), options, &error);
    return keep_error(world, reply, &error);
}

void expect_trace(struct world *world, const char *about, const char *text)
{
    struct writer lines = { 0 };
    for (size_t i = 0; i < world->line_count; i++)
        if (strncmp(world->lines[i].subject, about, strlen(about)) == 0)
            writer_format(&lines, "%8.3f %s %s\n", world->lines[i].at, world->lines[i].subject,
                          world->lines[i].text);
    char *happened = writer_take(&lines);
    cr_expect_str_eq(happened, text, "happened:\n%sexpected:\n%s", happened, text);
    free(happened);
}

static const struct value *follow(const struct value *value, const char *path)
{
    char step[128];
    while (value != NULL && *path != '\0') {
        const size_t length = strcspn(path, ".");
        snprintf(step, sizeof step, "%.*s", (int)length, path);
        path += length + (path[length] == '.');
        value = value->type == VALUE_LIST ? value_at(value, strtoul(step, NULL, 10))
                                          : value_get(value, step);
    }
    return value;
}

void expect_field(struct world *world, const char *name, const char *path, const char *text)
{
    const struct object *object = find(world, name);
    cr_assert_not_null(object, "%s is there", name);
    struct value *tree = cluster_print(world->cluster, object);
    const struct value *field = follow(tree, path);
    char *found = field == NULL ? NULL
                  : field->type == VALUE_STRING
                      ? mem_text(field->text, field->count)
                      : json_text(field, (struct json_style){ .sort_keys = true });
    if (text == NULL || found == NULL)
        cr_expect(text == found, "%s of %s is %s", path, name, found != NULL ? found : "absent");
    else
        cr_expect_str_eq(found, text, "%s of %s is %s, not %s", path, name, found, text);
    free(found);
    value_drop(tree);
}
