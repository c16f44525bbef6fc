/* Reading and writing whole files. */
#include "tools/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "sim/base/memory.h"

enum { LARGEST_BYTES = 1 << 30 };

static struct place whole(const char *path)
{
    return (struct place){ .file = path };
}

static char *read_stream(FILE *stream, const char *path, size_t *length, struct error *error)
{
    char *bytes = NULL;
    size_t count = 0, capacity = 0;
    do {
        if (capacity - count < 2) {
            capacity = capacity ? 2 * capacity : 64 << 10;
            bytes = mem_resize(bytes, capacity);
        }
        count += fread(bytes + count, 1, capacity - count - 1, stream);
    } while (!feof(stream) && !ferror(stream) && count <= LARGEST_BYTES);
    if (ferror(stream) || count > LARGEST_BYTES) {
        error_set(error, whole(path), "%s", ferror(stream) ? strerror(errno) : "larger than 1 GiB");
        free(bytes);
        return NULL;
    }
    bytes[count] = '\0';
    *length = count;
    return bytes;
}

static bool is_gzip(const char *bytes, size_t length)
{
    return length > 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

/* Inflate to the end of the stream, into memory that grows; zlib's verdict. */
static int inflate_all(z_stream *stream, char **bytes, size_t *count)
{
    size_t capacity = 0;
    int verdict = Z_OK;
    while (verdict == Z_OK && *count <= LARGEST_BYTES) {
        capacity = capacity ? 2 * capacity : 256 << 10;
        *bytes = mem_resize(*bytes, capacity);
        stream->next_out = (unsigned char *)*bytes + *count;
        stream->avail_out = (unsigned)(capacity - *count - 1);
        verdict = inflate(stream, Z_NO_FLUSH);
        *count = capacity - 1 - stream->avail_out;
    }
    return verdict;
}

/* What a gzipped text says; consumes it. */
static char *unpack(char *packed, const char *path, size_t *length, struct error *error)
{
    enum { GZIP_ONLY = 16 };
    z_stream stream = { .next_in = (unsigned char *)packed, .avail_in = (unsigned)*length };
    char *bytes = NULL;
    *length = 0;
    if (inflateInit2(&stream, GZIP_ONLY + MAX_WBITS) != Z_OK)
        abort(); /* out of memory */
    const int verdict = inflate_all(&stream, &bytes, length);
    inflateEnd(&stream);
    free(packed);
    if (verdict == Z_STREAM_END && *length <= LARGEST_BYTES) {
        bytes[*length] = '\0';
        return bytes;
    }
    error_set(error, whole(path), "%s",
              *length > LARGEST_BYTES ? "larger than 1 GiB" : "the gzipped text is damaged");
    free(bytes);
    return NULL;
}

char *file_read(const char *path, size_t *length, struct error *error)
{
    const bool is_input = strcmp(path, "-") == 0;
    FILE *stream = is_input ? stdin : fopen(path, "rb");
    if (stream == NULL) {
        error_set(error, whole(path), "%s", strerror(errno));
        return NULL;
    }
    char *bytes = read_stream(stream, is_input ? "standard input" : path, length, error);
    if (!is_input)
        fclose(stream);
    if (bytes != NULL && is_gzip(bytes, *length))
        return unpack(bytes, path, length, error);
    return bytes;
}

static bool is_manifest(const char *name)
{
    static const char *const endings[] = { ".yaml", ".yml", ".json" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

bool directory_is_one(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void list_append(struct file_list *list, char *path)
{
    MEM_GROW(list->paths, list->count, list->capacity);
    list->paths[list->count++] = path;
}

static bool add_directory(struct file_list *list, const char *path, bool recursive,
                          struct error *error)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, NULL);
    bool fine = count >= 0 || error_set(error, whole(path), "%s", strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *inner = path_join(path, name);
        if (name[0] == '.' || !fine)
            free(inner);
        else if (directory_is_one(inner)) {
            if (recursive)
                fine = add_directory(list, inner, recursive, error);
            free(inner);
        } else if (is_manifest(name))
            list_append(list, inner);
        else
            free(inner);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return fine;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool file_list_add(struct file_list *list, const char *path, bool recursive, struct error *error)
{
    if (!directory_is_one(path)) {
        list_append(list, mem_text(path, strlen(path)));
        return true;
    }
    size_t before = list->count;
    if (!add_directory(list, path, recursive, error))
        return false;
    if (list->count == before)
        return error_set(error, whole(path), "no *.yaml, *.yml or *.json file in this directory%s",
                         recursive ? "" : " (folders below it are read with -R)");
    qsort(list->paths + before, list->count - before, sizeof *list->paths, by_bytes);
    return true;
}

void file_list_close(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct file_list){ 0 };
}

bool directory_make(const char *path, struct error *error)
{
    char *above = mem_text(path, strlen(path));
    for (char *slash = above; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(above, 0777);
    }
    free(above);
    if (mkdir(path, 0777) != 0 && !(errno == EEXIST && directory_is_one(path)))
        return error_set(error, whole(path), "%s",
                         errno == EEXIST ? "not a directory" : strerror(errno));
    return true;
}

char *file_part(const char *path)
{
    struct stat info;
    const bool replaces = lstat(path, &info) != 0 || S_ISREG(info.st_mode);
    return mem_format(replaces ? "%s.part" : "%s", path);
}

bool file_move(const char *part, const char *path)
{
    return strcmp(part, path) == 0 || rename(part, path) == 0;
}

void file_forget(const char *part, const char *path)
{
    if (strcmp(part, path) != 0)
        unlink(part);
}

static bool write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *stream = fopen(path, "wb");
    bool fine = stream != NULL && fwrite(bytes, 1, length, stream) == length;
    if (stream != NULL)
        fine = fclose(stream) == 0 && fine;
    return fine;
}

bool file_write(const char *directory, const char *name, const char *bytes, size_t length,
                struct error *error)
{
    char *path = path_join(directory, name), *part = file_part(path);
    const bool fine = write_bytes(part, bytes, length) && file_move(part, path);
    if (!fine) {
        error_set(error, (struct place){ 0 }, "%s: %s", path, strerror(errno));
        file_forget(part, path);
    }
    free(part);
    free(path);
    return fine;
}

char *path_join(const char *directory, const char *name)
{
    if (name[0] == '/' || strcmp(directory, ".") == 0)
        return mem_text(name, strlen(name));
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    return mem_format("%.*s/%s", (int)length, directory, name);
}

char *path_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_text(".", 1);
    return mem_text(path, slash == path ? 1 : (size_t)(slash - path));
}
