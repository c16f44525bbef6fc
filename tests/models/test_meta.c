#include "models/api/meta.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/condition.h"
#include "models/api/node.h"
#include "tests/support/rows.h"

static struct texts *texts;

static void open_texts(void)
{
    texts = texts_new();
}

static void close_texts(void)
{
    texts_free(texts);
}

TestSuite(meta, .init = open_texts, .fini = close_texts);

Test(meta, draws_identities_that_are_version_4_and_come_back)
{
    char text[UID_TEXT];
    const struct uid uid = uid_from_bits(~0ull, 0x0123456789abcdef);
    cr_expect_str_eq(uid_print(uid, text), "ffffffff-ffff-4fff-8123-456789abcdef");
    struct uid read;
    cr_expect(uid_parse(text, &read));
    cr_expect(uid_equal(read, uid));
    cr_expect_not(uid_parse("ffffffff-ffff-4fff-8123-456789abcde", &read), "one digit short");
    cr_expect_not(uid_parse("ffffffff-ffff-4fff-8123-456789abcdeg", &read), "g is no digit");
    cr_expect_not(uid_parse("fffffffff-fff-4fff-8123-456789abcdef", &read), "a dash moved");
    cr_expect_not(uid_parse("", &read));
}

static const struct {
    const char *why, *text;
    sim_time at; /* since 2026-11-23T08:00:00Z */
    const char *printed;
} times[] = {
    { "the start", "2026-11-23T08:00:00Z", 0, "2026-11-23T08:00:00Z" },
    { "fractions are kept but not shown", "2026-11-23T08:00:01.75Z", 1750 * SIM_MILLISECOND,
      "2026-11-23T08:00:01Z" },
    { "before the start, whole seconds go down", "2026-11-23T07:59:58.5Z", -1500 * SIM_MILLISECOND,
      "2026-11-23T07:59:58Z" },
    { "an offset", "2026-11-23T10:30:00+02:30", 0, "2026-11-23T08:00:00Z" },
    { "over a leap day", "2028-03-01T08:00:00Z", 464 * SIM_DAY, "2028-03-01T08:00:00Z" },
};

Test(meta, reads_and_prints_times)
{
    const int64_t epoch = 1795420800;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        sim_time at = -1;
        char text[TIME_TEXT];
        cr_expect(time_parse(times[i].text, epoch, &at), "%s", times[i].why);
        cr_expect_eq(at, times[i].at, "%s: %ld", times[i].why, (long)at);
        cr_expect_str_eq(time_print(at, epoch, text), times[i].printed, "%s", times[i].why);
    }
    sim_time at;
    cr_expect_not(time_parse("2026-11-23 08:00:00Z", epoch, &at));
    cr_expect_not(time_parse("2026-11-31T08:00:00Z", epoch, &at));
    cr_expect_not(time_parse("", epoch, &at));
}

static void expect_labels(const struct labels *labels, const char *json)
{
    struct value *shown = labels_to_value(labels);
    char *text = rows_print(shown);
    cr_expect_str_eq(text, json);
    free(text);
    value_drop(shown);
}

Test(meta, changes_labels_into_new_sorted_sets)
{
    struct value *map = rows_parse("{\"b\":\"2\",\"d\":\"\",\"a\":\"1\"}");
    const struct labels *old = labels_from_value(texts, map);
    const struct labels *more = labels_with(texts, old, "c", "3");
    const struct labels *changed = labels_with(texts, more, "a", "9");
    const struct labels *less = labels_with(texts, changed, "b", NULL);
    expect_labels(old, "{\"a\":\"1\",\"b\":\"2\",\"d\":\"\"}");
    expect_labels(more, "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"\"}");
    expect_labels(less, "{\"a\":\"9\",\"c\":\"3\",\"d\":\"\"}");
    const struct labels *same = labels_with(texts, old, "d", "");
    cr_expect_eq(same, old, "what changes nothing is shared");
    cr_expect_str_eq(labels_get(old, "d"), "", "empty");
    cr_expect_null(labels_get(old, "c"), "absent");
    cr_expect_null(labels_with(texts, NULL, "x", NULL));
    const struct labels *one = labels_with(texts, NULL, "x", "y");
    cr_expect_null(labels_with(texts, one, "x", NULL), "the last label gone");
    const struct labels *all[] = { old, more, changed, less, same, one };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        labels_drop(all[i]);
    value_drop(map);
}

Test(meta, adds_and_removes_finalizers_in_order)
{
    const struct finalizers *one = finalizers_with(texts, NULL, "b");
    const struct finalizers *two = finalizers_with(texts, one, "a");
    const struct finalizers *left = finalizers_without(two, "b");
    cr_expect(finalizers_have(two, "b") && finalizers_have(two, "a"));
    cr_expect_str_eq(text_s(two->items[0]), "b");
    cr_expect_not(finalizers_have(left, "b"));
    cr_expect_null(finalizers_without(one, "b"));
    finalizers_drop(one);
    finalizers_drop(two);
    finalizers_drop(left);
}

static struct condition condition(const char *type, enum condition_status status)
{
    return (struct condition){ .type = text_intern(texts, type), .status = status };
}

Test(meta, replaces_conditions_in_their_place)
{
    const struct conditions *one =
        conditions_with(NULL, condition("MemoryPressure", CONDITION_FALSE));
    const struct conditions *two = conditions_with(one, condition("Ready", CONDITION_TRUE));
    const struct conditions *changed =
        conditions_with(two, condition("MemoryPressure", CONDITION_TRUE));
    const struct conditions *left = conditions_without(changed, "MemoryPressure");
    cr_expect_eq(changed->count, 2);
    cr_expect_eq(changed->items[0].status, CONDITION_TRUE, "in its old place");
    cr_expect_eq(two->items[0].status, CONDITION_FALSE, "the old list stays as it was");
    cr_expect_not(conditions_equal(two, changed));
    cr_expect_null(conditions_find(left, "MemoryPressure"));
    cr_expect_null(conditions_without(one, "MemoryPressure"));
    const struct conditions *all[] = { one, two, changed, left };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        conditions_drop(all[i]);
}

static struct taint taint(const char *key, const char *value, enum taint_effect effect)
{
    return (struct taint){ text_intern(texts, key), text_intern(texts, value), effect, false, 0 };
}

Test(meta, tells_taints_apart_by_key_and_effect)
{
    const struct taints *one = taints_with(NULL, taint("k", "a", NO_SCHEDULE));
    const struct taints *two = taints_with(one, taint("k", "a", NO_EXECUTE));
    const struct taints *changed = taints_with(two, taint("k", "b", NO_SCHEDULE));
    const struct taints *left = taints_without(changed, "k", NO_SCHEDULE);
    cr_expect_eq(changed->count, 2);
    cr_expect_str_eq(text_s(taints_find(changed, "k", NO_SCHEDULE)->value), "b");
    cr_expect_str_eq(text_s(taints_find(changed, "k", NO_EXECUTE)->value), "a");
    cr_expect_null(taints_find(left, "k", NO_SCHEDULE));
    cr_expect_null(taints_without(one, "k", NO_SCHEDULE));
    const struct taints *all[] = { one, two, changed, left };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        taints_drop(all[i]);
}
