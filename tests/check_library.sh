#!/bin/sh
# check_library.sh LIB: prove on its symbols that the library keeps its state in the run: it has no global that can be written,
# and calls nothing that tells the time, draws chance of its own, depends on the locale or the
# environment, prints or opens anything. Only an abort says a word, on stderr.
library=$1

writable() {
    objdump -t "$library" | awk '
        /^[^ ]+\.o:/ { file = $1 }
        (/[ \t]\.(data|bss|tdata|tbss)/ && !/\.data\.rel\.ro/ && !/[ \t]d[ \t]+\./) || /\*COM\*/ {
            print file " " $NF ": can be written"
        }'
}

outside='time|clock|clock_gettime|gettimeofday|(local|gm|mk|asc|c)time(_r)?|sleep|usleep|nanosleep'
outside="$outside|s?rand|rand_r|s?random|[dlm]rand48|getrandom|getentropy|arc4random"
outside="$outside|setlocale|newlocale|uselocale|getenv|secure_getenv|getpid|gethostname"
outside="$outside|v?printf|puts|putchar|v?fprintf|perror|f?open(at)?|fopen64|open64|read|write|socket|connect"
outside="$outside|system|popen|fork|exec[lv]p?e?|pthread_create|thrd_create|exit|_exit|signal|sigaction"
# These keep state of their own between calls: strtok, and lgamma in signgam.
outside="$outside|strtok|lgamma|strerror|hcreate|hsearch"

calls() {
    nm -u "$library" | awk -v outside="^($outside)\$" '
        /\.o:$/ { file = $1 }
        $1 == "U" && $2 ~ outside { print file " " $2 ": not for sim/ or models/" }'
}

found=$(writable; calls)
[ -z "$found" ] && echo "no writable global, no clock, locale, file or output in $library" && exit
printf '%s\n' "$found"
exit 1
