/* Which part of a study this process is to play: --shard, and the environment of an Indexed Job. */
#include <errno.h>
#include <stdlib.h>

#include "tools/experiment/runner.h"

static const struct place nowhere = { 0 };

/* Digits and nothing else, up to where the text goes on; NULL: none, or too large. */
static const char *read_digits(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    const unsigned long read = strtoul(text, &end, 10);
    if (end == text || *text < '0' || *text > '9' || errno != 0 || read > UINT32_MAX)
        return NULL;
    *number = (uint32_t)read;
    return end;
}

static bool read_index(const char *text, struct shard *shard, struct error *error)
{
    const char *index = getenv("JOB_COMPLETION_INDEX");
    if (index == NULL)
        return error_set(error, nowhere,
                         "\"%s\": which of them? JOB_COMPLETION_INDEX is not set (try 0/%s)", text,
                         text);
    const char *end = read_digits(index, &shard->index);
    if (end == NULL || *end != '\0')
        return error_set(error, nowhere, "\"%s\": JOB_COMPLETION_INDEX is \"%s\", not a number",
                         text, index);
    return true;
}

bool shard_read(const char *text, struct shard *shard, struct error *error)
{
    const char *end = read_digits(text, &shard->count);
    if (end != NULL && *end == '/') {
        shard->index = shard->count;
        end = read_digits(end + 1, &shard->count);
    } else if (end != NULL && *end == '\0' && !read_index(text, shard, error)) {
        return false;
    }
    if (end == NULL || *end != '\0' || shard->count == 0)
        return error_set(error, nowhere,
                         "\"%s\" is no part of a study (try 0/4, the first of four, or 4 in a "
                         "pod of an Indexed Job)",
                         text);
    if (shard->index >= shard->count)
        return error_set(error, nowhere, "\"%s\": parts of %u are 0 to %u, this is %u", text,
                         shard->count, shard->count - 1, shard->index);
    return true;
}
