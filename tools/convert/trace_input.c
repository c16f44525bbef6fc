/* Reading traces through zlib, which takes plain files as well. */
#include "tools/convert/trace_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "sim/base/memory.h"

enum { LARGEST_BYTES = 1 << 30, BUFFER_BYTES = 256 << 10 };

static struct place whole(const struct trace_input *input)
{
    return (struct place){ .file = input->name };
}

static size_t read_stream(struct trace_input *input, char *bytes, size_t size, struct error *error)
{
    const int got = gzread(input->stream, bytes, (unsigned)size);
    int code;
    const char *told = gzerror(input->stream, &code);
    if (got >= 0 && code != Z_BUF_ERROR)
        return (size_t)got;
    error_set(error, whole(input), "%s",
              code == Z_ERRNO ? strerror(errno) : "the gzipped text is damaged");
    (void)told;
    return 0;
}

bool trace_input_open(struct trace_input *input, const char *path, struct error *error)
{
    const bool is_standard = strcmp(path, "-") == 0;
    struct stat status;
    *input = (struct trace_input){ .path = path, .name = is_standard ? "<stdin>" : path };
    const int file = is_standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_set(error, whole(input), "%s", strerror(errno));
    if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(file);
        return error_set(error, whole(input), "%s", strerror(EISDIR));
    }
    input->stream = gzdopen(file, "rb");
    if (input->stream == NULL)
        abort(); /* out of memory */
    gzbuffer(input->stream, BUFFER_BYTES);
    input->head = mem_new(TRACE_HEAD_BYTES + 1);
    struct error found = { 0 };
    input->head_length = read_stream(input, input->head, TRACE_HEAD_BYTES, &found);
    if (found.text == NULL)
        return true;
    *error = found;
    return false;
}

void trace_input_close(struct trace_input *input)
{
    if (input->stream != NULL)
        gzclose(input->stream);
    free(input->head);
    *input = (struct trace_input){ 0 };
}

size_t trace_input_read(struct trace_input *input, char *bytes, size_t size, struct error *error)
{
    const size_t left = input->head_length - input->taken;
    if (left == 0)
        return read_stream(input, bytes, size, error);
    const size_t count = left < size ? left : size;
    memcpy(bytes, input->head + input->taken, count);
    input->taken += count;
    return count;
}

char *trace_input_read_all(struct trace_input *input, size_t *length, struct error *error)
{
    size_t count = 0, capacity = 2 * TRACE_HEAD_BYTES, got;
    char *bytes = mem_new(capacity);
    struct error found = { 0 };
    do {
        if (capacity - count < 2) {
            capacity *= 2;
            bytes = mem_resize(bytes, capacity);
        }
        got = trace_input_read(input, bytes + count, capacity - count - 1, &found);
        count += got;
    } while (got > 0 && count <= LARGEST_BYTES);
    if (found.text == NULL && count > LARGEST_BYTES)
        error_set(&found, whole(input), "larger than 1 GiB");
    if (found.text != NULL) {
        *error = found;
        free(bytes);
        return NULL;
    }
    bytes[count] = '\0';
    *length = count;
    return bytes;
}
