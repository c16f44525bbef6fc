/* Entries of `failures`, and behind a line "===" what stands in every file they name: what is taken is
 * played for a few minutes. */
#include "tests/fuzz/play.h"

struct file {
    const char *bytes;
    size_t length;
};

static bool open_any(void *context, const char *path, struct scenario_input *input,
                     struct error *error)
{
    const struct file *file = context;
    (void)error;
    scenario_take_file(input, file->bytes, file->length, path);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char line[] = "\n===\n";
    const char *bytes = (const char *)data,
               *cut = size > 0 ? memmem(bytes, size, line, sizeof line - 1) : NULL;
    const size_t head = cut != NULL ? (size_t)(cut - bytes) + 1 : size;
    struct file file = { "", 0 };
    if (cut != NULL)
        file = (struct file){ cut + sizeof line - 1, size - head - sizeof line + 2 };
    play_text(PLAY_SCENARIO "  failures:\n", data, head,
              &(struct scenario_opener){ .open = open_any, .context = &file });
    return 0;
}
