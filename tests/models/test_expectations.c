/* A controller leaves its pods alone until it has seen its own writes come back. */
#include <criterion/criterion.h>

#include "models/api/kinds.h"
#include "models/controllers/expectations.h"

struct fixture {
    struct texts *texts;
    struct expectations expectations;
    struct object_key web, db;
};

static struct object_key key_named(struct texts *texts, const char *name)
{
    return (struct object_key){ KIND_REPLICASET, text_intern(texts, "default"),
                                text_intern(texts, name) };
}

static struct fixture setup(void)
{
    struct fixture f = { .texts = texts_new() };
    expectations_init(&f.expectations);
    f.web = key_named(f.texts, "web");
    f.db = key_named(f.texts, "db");
    return f;
}

static void teardown(struct fixture *f)
{
    expectations_close(&f->expectations);
    object_key_drop(f->web);
    object_key_drop(f->db);
    texts_free(f->texts);
}

static const struct uid a = { 1, 11 }, b = { 1, 22 }, stranger = { 1, 33 };

Test(expectations, nothing_is_expected_of_an_unknown_key)
{
    struct fixture f = setup();
    cr_expect(expectations_met(&f.expectations, f.web, 0));
    teardown(&f);
}

Test(expectations, creations_are_counted)
{
    struct fixture f = setup();
    expectations_create(&f.expectations, f.web, 2, 0);
    expectations_saw_created(&f.expectations, f.web);
    cr_expect_not(expectations_met(&f.expectations, f.web, 0), "one is still to come");
    cr_expect(expectations_met(&f.expectations, f.db, 0), "keys do not mix");
    expectations_saw_created(&f.expectations, f.web);
    cr_expect(expectations_met(&f.expectations, f.web, 0));
    teardown(&f);
}

Test(expectations, a_deleted_pod_counts_once_however_often_it_is_seen)
{
    struct fixture f = setup();
    expectations_delete(&f.expectations, f.web, (struct uid[]){ a, b }, 2, 0);
    expectations_saw_deleted(&f.expectations, f.web, a);
    expectations_saw_deleted(&f.expectations, f.web, a);
    expectations_saw_deleted(&f.expectations, f.web, stranger);
    cr_expect_not(expectations_met(&f.expectations, f.web, 0), "b has not been seen to go");
    expectations_saw_deleted(&f.expectations, f.web, b);
    cr_expect(expectations_met(&f.expectations, f.web, 0));
    teardown(&f);
}

Test(expectations, waiting_ends_after_five_minutes)
{
    struct fixture f = setup();
    expectations_create(&f.expectations, f.web, 1, SIM_SECOND);
    cr_expect_not(expectations_met(&f.expectations, f.web, SIM_SECOND + 5 * SIM_MINUTE));
    cr_expect(expectations_met(&f.expectations, f.web, SIM_SECOND + 5 * SIM_MINUTE + 1));
    teardown(&f);
}

Test(expectations, a_key_that_is_forgotten_starts_clean)
{
    struct fixture f = setup();
    expectations_create(&f.expectations, f.web, 3, 0);
    expectations_create(&f.expectations, f.db, 3, 0);
    expectations_forget(&f.expectations, f.web);
    cr_expect(expectations_met(&f.expectations, f.web, 0));
    cr_expect_not(expectations_met(&f.expectations, f.db, 0));
    teardown(&f);
}
