/* Documents: sharing, order, exact numbers, and maps that stay fast when they are large. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "sim/base/memory.h"
#include "sim/base/value.h"

Test(value, a_put_creates_the_maps_on_its_way_and_path_finds_it_again)
{
    struct value *pod = NULL;
    value_put(&pod, value_new_string("n0"), "spec", "nodeName", NULL);
    value_put(&pod, value_new_int(30), "spec", "grace", NULL);
    cr_expect_str_eq(value_text(value_path(pod, "spec", "nodeName", NULL), ""), "n0");
    cr_expect_eq(value_int(value_path(pod, "spec", "grace", NULL), -1), 30);
    cr_expect_null(value_path(pod, "spec", "absent", "deeper", NULL));
    value_drop(pod);
}

Test(value, a_changed_copy_leaves_the_shared_original_alone)
{
    struct value *first = NULL;
    value_put(&first, value_new_string("old"), "a", "b", NULL);
    value_put(&first, value_new_bool(true), "c", "d", NULL);
    struct value *second = value_hold(first);
    value_put(&second, value_new_string("new"), "a", "b", NULL);

    cr_expect_str_eq(value_text(value_path(first, "a", "b", NULL), ""), "old");
    cr_expect_str_eq(value_text(value_path(second, "a", "b", NULL), ""), "new");
    cr_expect_eq(value_get(first, "c"), value_get(second, "c"), "what did not change is shared");
    value_drop(first);
    cr_expect(value_truth(value_path(second, "c", "d", NULL), false));
    value_drop(second);
}

Test(value, a_map_keeps_insertion_order_through_replacement_and_removal)
{
    struct value *map = value_new_map();
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%d", i * 37 % 100);
        value_set(map, key, value_new_int(i));
    }
    value_set(map, "k37", value_new_int(-1));
    cr_expect(value_remove(map, "k0"));
    cr_expect_not(value_remove(map, "k0"));
    cr_expect_eq(map->count, 99);
    for (size_t i = 0; i < map->count; i++) {
        snprintf(key, sizeof key, "k%zu", (i + 1) * 37 % 100);
        cr_expect_str_eq(map->entries[i].key, key);
        cr_expect_eq(value_find(map, key), &map->entries[i]);
    }
    cr_expect_eq(value_int(value_get(map, "k37"), 0), -1);
    value_drop(map);
}

Test(value, a_map_of_many_keys_is_not_searched_line_by_line, .timeout = 20)
{
    enum { MANY = 300000 }; /* quadratic would be minutes */
    struct value *map = value_new_map();
    char key[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        value_set(map, key, value_new_int(i));
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        cr_assert_eq(value_int(value_get(map, key), -1), i);
    }
    cr_expect_null(value_get(map, "key--1"));
    value_drop(map);
}

static const struct {
    const char *why, *a, *b;
    bool equal;
} numbers[] = {
    { "zeros behind the point do not count", "1", "1.00", true },
    { "an exponent is arithmetic", "1e3", "1000", true },
    { "also a negative one", "25e-1", "2.5", true },
    { "zero has no sign", "-0", "0e7", true },
    { "a double could not tell these apart", "9007199254740993", "9007199254740992", false },
    { "nor these", "0.1", "0.10000000000000000001", false },
    { "signs count", "-5", "5", false },
    { "out of the reach of doubles", "1e400", "10e399", true },
};

Test(value, numbers_are_equal_by_exact_value_and_then_hash_alike)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct value *a = value_new_number(numbers[i].a), *b = value_new_number(numbers[i].b);
        cr_expect_eq(value_equal(a, b), numbers[i].equal, "%s", numbers[i].why);
        cr_expect_eq(value_hash(a) == value_hash(b), numbers[i].equal, "%s", numbers[i].why);
        value_drop(a);
        value_drop(b);
    }
}

static const struct {
    const char *text;
    bool fits;
    int64_t want;
} integers[] = {
    { "9223372036854775807", true, INT64_MAX },
    { "-9223372036854775808", true, INT64_MIN },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775809", false, 0 },
    { "1.5e1", true, 15 },
    { "1.5", false, 0 },
    { "1e18", true, 1000000000000000000 },
    { "1e19", false, 0 },
    { "0.0", true, 0 },
    { "1e99999999999999999999", false, 0 },
};

Test(value, an_integer_is_whole_and_in_range_however_it_is_written)
{
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        struct value *number = value_new_number(integers[i].text);
        int64_t got = 0;
        cr_expect_eq(value_as_int(number, &got), integers[i].fits, "%s", integers[i].text);
        cr_expect_eq(got, integers[i].want, "%s", integers[i].text);
        value_drop(number);
    }
}

Test(value, equal_maps_may_list_their_keys_in_another_order)
{
    struct value *a = value_new_map(), *b = value_new_map();
    value_set(a, "x", value_new_int(7));
    value_set(a, "y", value_new_string("seven"));
    value_set(b, "y", value_new_string("seven"));
    value_set(b, "x", value_new_number("7.0"));
    cr_expect(value_equal(a, b));
    cr_expect_eq(value_hash(a), value_hash(b));
    value_set(b, "y", value_new_string("Seven"));
    cr_expect_not(value_equal(a, b));
    cr_expect_neq(value_hash(a), value_hash(b));
    value_drop(a);
    value_drop(b);
}

Test(value, a_string_may_hold_any_byte)
{
    struct value *a = value_new_text("a\0b", 3), *b = value_new_text("a\0c", 3);
    cr_expect_eq(a->count, 3);
    cr_expect_not(value_equal(a, b));
    value_drop(a);
    value_drop(b);
}

Test(value, a_deep_copy_shares_nothing)
{
    struct value *map = value_new_map(), *list = value_new_list();
    value_add(list, value_new_int(3));
    value_add(list, value_new_null());
    value_add(list, value_new_bool(true));
    value_set(map, "list", list);
    struct value *copy = value_copy(map);
    cr_expect(value_equal(map, copy));
    cr_expect_neq(value_get(copy, "list"), list);
    cr_expect_neq(value_at(value_get(copy, "list"), 0), value_at(list, 0));
    value_cut(list, 1);
    cr_expect_eq(list->count, 2);
    cr_expect(value_truth(value_at(list, 1), false));
    cr_expect_eq(value_get(copy, "list")->count, 3);
    value_drop(map);
    value_drop(copy);
}
