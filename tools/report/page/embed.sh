#!/bin/sh
# Files as arrays of C, for tools/report/page_parts.h: embed.sh NAME FILES [NAME FILES]...
#
# FILES are one argument, with blanks between them. Each array ends with a NUL that is not part of the files. A file that would end the element it
# stands in is refused.
set -eu
echo '#include "tools/report/page_parts.h"'
while [ $# -gt 1 ]; do
    # shellcheck disable=SC2086 # several files
    if grep -qiE '</(script|style)|<!--' $2; then
        echo "embed.sh: $2 cannot stand in a page as it is" >&2
        exit 1
    fi
    echo "const char $1[] = {"
    # shellcheck disable=SC2086
    cat $2 | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'
    echo "0 };"
    shift 2
done
