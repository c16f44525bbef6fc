"""A policy behind a pipe: best fit, in lines of JSON (docs/policies.md).

    seatrial run scenario.yaml --policy examples/policy_python/best_fit.py

The pod goes where the least of CPU and memory is left. Needs nothing but Python."""

import json
import sys


def left(resource, nodes, message, at):
    """Which part of a resource would still be free on a node, 0 to 1."""
    everything = nodes[at]["allocatable"][resource]
    free = message["free"][resource][at] - message["pod"]["requests"][resource]
    return free / everything if everything > 0 else 0.0


def scores(nodes, message):
    """One for each node; null for those where the pod may not go."""
    return [
        -left("cpu", nodes, message, at) - left("memory", nodes, message, at) if feasible else None
        for at, feasible in enumerate(message["feasible"])
    ]


def main():
    nodes = []
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            answer = {"type": "hello", "protocol": 1}
        elif message["type"] == "nodes":  # they have changed; no answer is expected
            nodes = message["nodes"]
            continue
        elif message["type"] == "attempt":
            answer = {"id": message["id"], "scores": scores(nodes, message)}
        else:  # "end", or what a later protocol may say by the way
            continue
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
