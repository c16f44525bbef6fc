"""The protocol of policies behind a pipe: lines of JSON (docs/policies.md)."""

import json
import sys

PROTOCOL = 1


def serve(decide, source=sys.stdin, sink=sys.stdout):
    """Answer attempts until nobody asks any more.

    `decide(attempt, nodes)` is given an "attempt" and the list of nodes as dictionaries, and returns
    what goes into the answer: {"node": NAME}, {"scores": [...]}, or {"node": None, "reason": TEXT}."""

    def say(answer):
        sink.write(json.dumps(answer) + "\n")
        sink.flush()

    nodes = []
    for line in source:
        message = json.loads(line)
        if message["type"] == "hello":
            say({"type": "hello", "protocol": PROTOCOL})
        elif message["type"] == "nodes":
            nodes = message["nodes"]
        elif message["type"] == "attempt":
            say({"id": message["id"], **decide(message, nodes)})
