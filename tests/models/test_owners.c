/* Owner references as controllers change them: adopting adds one, releasing takes it away. */
#include <criterion/criterion.h>

#include "models/api/meta.h"

static struct meta owner_named(struct texts *texts, const char *name, uint64_t low)
{
    return (struct meta){ .object.name = text_intern(texts, name), .uid = { 7, low } };
}

Test(owners, adopting_adds_a_controller_after_the_other_owners)
{
    struct texts *texts = texts_new();
    struct meta first = owner_named(texts, "first", 1), second = owner_named(texts, "second", 2);
    const struct owners *one = owners_of_controller(texts, &first, "v1", "ConfigMap");
    const struct owners *two = owners_with_controller(texts, one, &second, "apps/v1", "ReplicaSet");
    cr_assert_eq(two->count, 2);
    cr_expect_str_eq(text_s(two->items[0].name), "first");
    cr_expect_str_eq(text_s(two->items[1].kind), "ReplicaSet");
    cr_expect(two->items[1].controller && two->items[1].block_owner_deletion);
    owners_drop(one);
    owners_drop(two);
    text_drop(first.object.name);
    text_drop(second.object.name);
    texts_free(texts);
}

Test(owners, releasing_takes_away_only_the_references_of_one_uid)
{
    struct texts *texts = texts_new();
    struct meta first = owner_named(texts, "first", 1), second = owner_named(texts, "second", 2);
    const struct owners *one = owners_of_controller(texts, &first, "v1", "ConfigMap");
    const struct owners *two = owners_with_controller(texts, one, &second, "apps/v1", "ReplicaSet");
    const struct owners *rest = owners_without(two, second.uid);
    cr_expect(owners_equal(rest, one), "the first owner is left");
    cr_expect_null(owners_without(one, first.uid), "no reference is left");
    const struct owners *same = owners_without(one, second.uid);
    cr_expect_eq(same, one, "what changes nothing shares the list");
    owners_drop(one);
    owners_drop(two);
    owners_drop(rest);
    owners_drop(same);
    text_drop(first.object.name);
    text_drop(second.object.name);
    texts_free(texts);
}
