#!/bin/sh
# Files as arrays of C, for tools/report/page_parts.h: embed.sh NAME FILE [NAME FILE]...
#
# Each array ends with a NUL that is not part of the file. A file that would end the element it
# stands in is refused.
set -eu
echo '#include "tools/report/page_parts.h"'
while [ $# -gt 1 ]; do
    if grep -qiE '</(script|style)|<!--' "$2"; then
        echo "embed.sh: $2 cannot stand in a page as it is" >&2
        exit 1
    fi
    echo "const char $1[] = {"
    od -An -v -tu1 "$2" | sed 's/[0-9][0-9]*/&,/g'
    echo "0 };"
    shift 2
done
