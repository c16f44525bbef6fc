/* Interned strings: equal contents, same address.
 *
 * Names, keys and reasons stand in thousands of objects; each is stored
 * once, compared by address, and released when the last holder drops it. A table
 * belongs to one run. NULL stands for "no text" everywhere a text is expected. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct texts;

struct text {
    struct texts *home;
    uint32_t refs;
    uint32_t length;
    uint64_t hash; /* of the contents: the same in every run */
    char s[];      /* NUL-terminated */
};

/* An empty table. Release with texts_free() after everything that holds its texts. */
struct texts *texts_new(void);
void texts_free(struct texts *texts);

/* The text with these contents, with one reference for the caller. NULL and "" give NULL. */
const struct text *text_intern(struct texts *texts, const char *s);
const struct text *text_intern_length(struct texts *texts, const char *s, size_t length);
const struct text *text_format(struct texts *texts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text with these contents if somebody holds it; borrowed; NULL otherwise. */
const struct text *text_find(const struct texts *texts, const char *s);

const struct text *text_hold(const struct text *text);
void text_drop(const struct text *text);

/* Let *slot hold `text` (taking over the caller's reference) instead of what it held. */
void text_assign(const struct text **slot, const struct text *text);

/* The characters; "" for NULL. */
static inline const char *text_s(const struct text *text)
{
    return text ? text->s : "";
}

/* 64-bit FNV-1a with a final mix, as used for text->hash. */
uint64_t text_hash(const char *s, size_t length);

#endif
