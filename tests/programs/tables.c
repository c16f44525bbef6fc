/* tables [-v] FILE...: compare files of recorded answers with ours and print how many agree.
 *
 * Exit 0 when every row of every file agrees, 1 when one does not, 2 when a file cannot be
 * read or is of no known format. With -v each row that differs is shown, and each that agrees in
 * other words. */
#include <stdio.h>
#include <string.h>

#include "tests/support/tables.h"

static int run(const char *path, bool verbose)
{
    struct table_counts counts;
    struct writer details = { 0 };
    int status = 2;
    if (!table_run(path, &counts, verbose ? &details : NULL)) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else if (counts.name == NULL) {
        fprintf(stderr, "%s: not a table of a known format\n", path);
    } else {
        printf("%s %zu/%zu %s", path, counts.compared, counts.agreed, counts.name);
        printf(counts.remarks > 0 ? ", %zu in other words\n" : "\n", counts.remarks);
        status = counts.agreed == counts.compared ? 0 : 1;
    }
    fputs(details.bytes == NULL ? "" : details.bytes, stdout);
    writer_close(&details);
    return status;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    int worst = 0;
    for (int i = verbose ? 2 : 1; i < argc; i++) {
        int status = run(argv[i], verbose);
        worst = status > worst ? status : worst;
    }
    if (argc < (verbose ? 3 : 2)) {
        fprintf(stderr, "usage: tables [-v] FILE...\n");
        return 2;
    }
    return worst;
}
