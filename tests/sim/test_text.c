/* Interned strings: one address for equal contents, released with the last holder. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/base/text.h"
#include "sim/chance/stream.h"

Test(text, of_equal_contents_is_the_same_text)
{
    struct texts *texts = texts_new();
    const struct text *a = text_intern(texts, "web"), *b = text_format(texts, "w%s", "eb");
    cr_expect_eq(a, b);
    cr_expect_eq(a->refs, 2);
    cr_expect_null(text_intern(texts, ""), "no text is NULL");
    text_drop(a);
    cr_expect_eq(text_find(texts, "web"), b, "somebody still holds it");
    text_drop(b);
    cr_expect_null(text_find(texts, "web"));
    texts_free(texts);
}

/* A seeded walk that takes and drops names, through growth and closing of gaps; after each step
 * the table must know exactly the names that are held. */
Test(text, table_knows_what_is_held)
{
    enum { NAMES = 3000, STEPS = 60000 };
    static const struct text *held[NAMES];
    struct texts *texts = texts_new();
    struct stream stream = stream_of(7, "", "text", "test", 0);
    for (int step = 0; step < STEPS; step++) {
        const int i = (int)stream_below(&stream, NAMES);
        char name[32];
        snprintf(name, sizeof name, "pod-%d", i);
        if (held[i] == NULL) {
            held[i] = text_intern(texts, name);
        } else if (stream_below(&stream, 3) == 0) {
            text_drop(held[i]);
            held[i] = NULL;
        }
        const int other = (int)stream_below(&stream, NAMES);
        snprintf(name, sizeof name, "pod-%d", other);
        cr_assert_eq(text_find(texts, name), held[other], "step %d: %s", step, name);
    }
    for (int i = 0; i < NAMES; i++)
        text_drop(held[i]);
    texts_free(texts);
}
