/* What the rules of comparison share. */
#include "tests/support/compare.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

struct comparison compare_timelines(const struct timeline *recorded, const struct timeline *ours)
{
    struct comparison comparison = { .recorded = recorded, .ours = ours };
    compare_lives(&comparison);
    compare_checkpoints(&comparison);
    compare_order(&comparison);
    compare_rollouts(&comparison);
    compare_events(&comparison);
    return comparison;
}

struct comparison compare_calls_of(const struct timeline *recorded, const struct timeline *ours)
{
    struct comparison comparison = { .recorded = recorded, .ours = ours };
    compare_calls(&comparison);
    return comparison;
}

void compare_differs(struct comparison *comparison, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    writer_format(&comparison->report, "%s\n", text);
    free(text);
    comparison->differences++;
}

/* "w3" and "bare-0" are numbered by hand: ties among them are free, as among random names. */
static size_t without_number(const char *name)
{
    size_t length = strlen(name);
    while (length > 1 && isdigit((unsigned char)name[length - 1]))
        length--;
    return length;
}

const struct text *life_group(const struct timeline *timeline, const struct life *life)
{
    const char *name = text_s(life->name);
    bool is_pod = strcmp(text_s(life->kind), "Pod") == 0;
    bool is_numbered = is_pod && strstr(name, "<n>") == NULL &&
                       strncmp(text_s(life->owner), "StatefulSet/", 12) != 0;
    int length = (int)(is_numbered ? without_number(name) : strlen(name));
    return text_format(timeline->texts, "%s/%.*s%s", text_s(life->kind), length, name,
                       name[length] != '\0' ? "<n>" : "");
}

static bool is_known(const struct timeline *timeline, const struct life *wanted)
{
    for (size_t i = 0; i < timeline->life_count; i++)
        if (timeline->lives[i].kind == wanted->kind && timeline->lives[i].name == wanted->name)
            return true;
    return false;
}

bool life_counts(const struct comparison *comparison, const struct life *life)
{
    const char *kind = text_s(life->kind);
    if (strcmp(kind, "Namespace") == 0)
        return life->deletion_row != SIZE_MAX;
    return strcmp(kind, "Node") != 0 || is_known(comparison->recorded, life);
}

size_t replicasets_around(const struct timeline *timeline, const struct life *life)
{
    const char *kind = text_s(life->kind);
    const struct text *owner =
        strcmp(kind, "Deployment") == 0
            ? text_format(timeline->texts, "Deployment/%s", text_s(life->name))
            : text_hold(life->owner);
    size_t count = 0;
    for (size_t i = 0; i < timeline->life_count; i++)
        count += owner != NULL && timeline->lives[i].owner == owner &&
                 strcmp(text_s(timeline->lives[i].kind), "ReplicaSet") == 0;
    text_drop(owner);
    return count;
}

/* Which life of its kind and name this is, from 0. */
static size_t number_of(const struct timeline *timeline, size_t index)
{
    size_t number = 0;
    for (size_t i = 0; i < index; i++)
        number += timeline->lives[i].kind == timeline->lives[index].kind &&
                  timeline->lives[i].name == timeline->lives[index].name;
    return number;
}

const struct life *life_counterpart(const struct comparison *comparison, size_t index)
{
    const struct life *recorded = &comparison->recorded->lives[index];
    size_t number = number_of(comparison->recorded, index);
    for (size_t i = 0; i < comparison->ours->life_count; i++) {
        const struct life *life = &comparison->ours->lives[i];
        if (life->kind == recorded->kind && life->name == recorded->name && number-- == 0)
            return life;
    }
    return NULL;
}

struct bag_item *bag_item(struct bag *bag, const struct text *text)
{
    for (size_t i = 0; i < bag->count; i++)
        if (bag->items[i].text == text) {
            text_drop(text);
            return &bag->items[i];
        }
    MEM_GROW(bag->items, bag->count, bag->capacity);
    bag->items[bag->count] = (struct bag_item){ .text = text };
    return &bag->items[bag->count++];
}

void bag_close(struct bag *bag)
{
    for (size_t i = 0; i < bag->count; i++)
        text_drop(bag->items[i].text);
    free(bag->items);
    *bag = (struct bag){ 0 };
}
