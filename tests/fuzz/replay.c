/* TARGET FILE|DIRECTORY...: run a fuzz target on files, without a fuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/fuzz/fuzz.h"

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct writer bytes = { 0 };
    char block[4096];
    size_t length;
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        writer_add_bytes(&bytes, block, length);
    fclose(file);
    /* An exact copy, so that a sanitizer sees a byte too far. */
    uint8_t *copy = mem_new(bytes.length + (bytes.length == 0));
    if (bytes.length > 0)
        memcpy(copy, bytes.bytes, bytes.length);
    LLVMFuzzerTestOneInput(copy, bytes.length);
    free(copy);
    writer_close(&bytes);
    return 1;
}

static int replay(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), ran = 0;
    if (count < 0)
        return replay_file(path);
    for (int i = 0; i < count; i++) {
        char *inner = mem_format("%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            ran += replay_file(inner);
        free(inner);
        free(entries[i]);
    }
    free(entries);
    return ran;
}

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++)
        ran += replay(argv[i]);
    printf("%s: %d inputs\n", argv[0], ran);
    return ran > 0 ? 0 : 1;
}
