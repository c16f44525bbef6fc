#!/bin/sh
# Prove that includes point down only, and that sim/ knows no word of Kubernetes.
#
#     tools -> models -> sim
#     in sim/:     experiment -> stat, kernel, chance    store -> kernel, chance
#                  kernel, stat -> chance    and every folder -> base
#     in models/:  api reads no other folder; controllers, scheduler, kubelet, failures and traffic never read one
#                  another: they meet in the store. Metrics look at failures and traffic, users' actions begin them.
#                  Those who wire a run (see `wiring`) read them all.
#
# A `_private.h` is included in its own folder, or by the test of its file; every include of ours is
# written from the root. Prints each offence as file: include, and fails if there is one.
cd "$(dirname "$0")/.." || exit 2

wiring='models/cluster/cluster.c models/cluster/scenario.c models/cluster/scenario_timeline.c models/cluster/scenario_load.c models/cluster/scenario_traffic.c models/cluster/simulation.c models/cluster/timeline.c'

# file, included file: of every include in quotes.
includes() {
    git ls-files 'sim/*.[ch]' 'models/*.[ch]' 'tools/*.[ch]' 'tests/*.[ch]' |
        xargs grep -HoE '^ *# *include *"[^"]*"' | sed -E 's/: *# *include *"/ /; s/"$//'
}

offences() {
    includes | awk -v wiring="$wiring" '
    function folder(path) { sub("/[^/]*$", "", path); return path }
    function top(path) { sub("/.*", "", path); return path }
    function second(path) { sub("^[^/]*/", "", path); return top(path) }
    function say(why) { print $1 ": " $2 ": " why }
    BEGIN {
        rank["include"] = 0; rank["sim"] = 1; rank["models"] = 2; rank["tools"] = 3; rank["tests"] = 4
        n = split("experiment>stat experiment>kernel experiment>chance stat>chance store>kernel store>chance kernel>chance", arrow, " ")
        for (i = 1; i <= n; i++) allowed[arrow[i]] = 1
        split("cluster>api controllers>api controllers>cluster scheduler>api scheduler>cluster " \
              "kubelet>api kubelet>cluster invariants>api invariants>cluster failures>api failures>cluster load>api load>cluster metrics>api metrics>cluster " \
              "metrics>failures traffic>api traffic>cluster metrics>traffic actions>api actions>cluster actions>failures chaos>api chaos>cluster chaos>failures chaos>controllers", arrow, " ")
        for (i in arrow) allowed[arrow[i]] = 1
        n = split(wiring, file, " ")
        for (i = 1; i <= n; i++) wires[file[i]] = 1
    }
    $2 !~ /\// { say("not written from the root"); next }
    !(top($2) in rank) { say("not a folder of ours"); next }
    rank[top($2)] > rank[top($1)] { say("points up") }
    $2 ~ /_private\.h$/ && folder($1) != folder($2) && top($1) != "tests" { say("private to its folder") }
    top($1) == top($2) && (top($1) == "sim" || top($1) == "models") && $1 != "sim/sim.h" {
        from = second($1); to = second($2)
        if (from != to && to != "base" && !((from ">" to) in allowed) && !($1 in wires))
            say(from " does not read " to)
    }'
}

# "node" is missing on purpose: trees and tables have nodes, too. "cluster" as well: a run may hold
# several, and their names are part of the keys of streams.
words='pods?|deployments?|replica ?sets?|daemon ?sets?|stateful ?sets?|kube[a-z]*|k8s|namespaces?|containers?|endpoints?|taints?|tolerations?|evict(ed|ion)|manifests?|rollouts?|node[-/_ ](crash|name|selector|affinity)|scheduler'

kubernetes_words() {
    git ls-files 'sim/*' | xargs grep -nHiE "(^|[^a-z])($words)([^a-z]|\$)" | sed 's/$/: a word of Kubernetes/'
}

found=$(offences; kubernetes_words)
[ -z "$found" ] && echo "includes point down, sim/ knows no word of Kubernetes" && exit
printf '%s\n' "$found"
exit 1
