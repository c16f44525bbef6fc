/* Files of zones; see tz_database.h. Names that would lead out of the database are no zones, as in
 * Go's time.LoadLocation(). */
#include "tools/tz_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { FILE_LIMIT = 1 << 20 };

static bool read_from(const char *directory, const char *name, unsigned char **data, size_t *size)
{
    char *path = mem_format("%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    free(path);
    if (file == NULL)
        return false;
    *data = mem_new(FILE_LIMIT);
    *size = fread(*data, 1, FILE_LIMIT, file);
    fclose(file);
    return true;
}

bool tz_database_read(const char *name, unsigned char **data, size_t *size)
{
    const char *directory = getenv("ZONEINFO");
    if (*name == '/' || *name == '.' || strstr(name, "..") != NULL || strchr(name, '\\') != NULL)
        return false;
    return (directory != NULL && read_from(directory, name, data, size)) ||
           read_from("/usr/share/zoneinfo", name, data, size);
}
