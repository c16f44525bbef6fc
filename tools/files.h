/* Files: the only place that opens them. Loaders below take bytes and a name. */
#ifndef TOOLS_FILES_H
#define TOOLS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"

/* The contents of a file or of standard input ("-"), unpacked if they are gzipped, NUL-terminated
 * for convenience; the caller frees. NULL with the error when it cannot be read, is a directory,
 * or is larger than 1 GiB. */
char *file_read(const char *path, size_t *length, struct error *error);

/* Paths of what `path` stands for: itself, or for a directory its *.yaml, *.yml and *.json
 * files, of folders below it as well when `recursive`, in byte order of their paths. */
struct file_list {
    char **paths; /* owned */
    size_t count, capacity;
};
bool file_list_add(struct file_list *list, const char *path, bool recursive, struct error *error);
void file_list_close(struct file_list *list);

/* Is there a directory of this name? */
bool directory_is_one(const char *path);
/* Make a directory and those above it. */
bool directory_make(const char *path, struct error *error);

/* The name under which a file is written before it has its own (file_move()), so that nobody sees it half written:
 * another one, or the same where a device, a pipe or a link stands there, which is written to and never
 * replaced. The caller frees. */
char *file_part(const char *path);
/* False, with errno, when it could not be. */
bool file_move(const char *part, const char *path);
/* It came to nothing: take it away. */
void file_forget(const char *part, const char *path);
/* Write a whole file in this way. */
bool file_write(const char *directory, const char *name, const char *bytes, size_t length,
                struct error *error);

/* "directory/name"; the caller frees. An absolute name stays as it is. */
char *path_join(const char *directory, const char *name);
/* The directory a path lies in ("." when it names none); the caller frees. */
char *path_directory(const char *path);

#endif
