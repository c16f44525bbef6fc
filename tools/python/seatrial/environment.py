"""A Gymnasium environment: one episode is one run of a scenario, one step places one pod.

The environment starts `seatrial run` and is its policy. At every attempt of the scheduler at which
some node would do, the agent is shown the cluster and the pod, and chooses a node."""

import json
import os
import subprocess
import tempfile

import gymnasium
import numpy as np

from .protocol import PROTOCOL

RESOURCES = ("cpu", "memory", "pods")
MOST_WAITING = 1_000_000  # more are seen as so many


class SchedulingEnv(gymnasium.Env):
    """Place the pods of a scenario.

    arguments        what follows `seatrial run`: ["scenario.yaml"], ["--workload", "w1.csv", ...]
    program          how seatrial is called
    nodes            how many nodes an observation has room for; by default as many as the scenario has
                     when its first pod is to be placed. Nodes beyond are never offered.
    resources        which resources of nodes and pods are observed
    invalid_penalty  what an action costs that the mask forbids
    timeout          seconds of real time that seatrial waits for one action

    Observation (all between 0 and 1, but for `waiting`):
      nodes     one row a node: which share of each resource is free; rows beyond the nodes are 0
      feasible  1 for nodes that pass the filters of kube-scheduler's default profile: the action mask
      pod       what the pod requests, as a share of the largest node's allocatable
      waiting   how many pods have no node yet, this one included
    Action: the number of a node. One that is not feasible leaves the pod waiting until something
      changes in the cluster (or five minutes have passed), and costs `invalid_penalty`.
    Reward: minus the time that pods waited since the last step, in pod-seconds of virtual time: the
      pods that waited then, without the one that was placed, times the seconds that passed.
    Info: `action_mask` (the same as `feasible`), `time`, `pod` (namespace/name), `nodes` (names); at the
      end `pods`: what the run's summary says of them.

    An episode ends (`terminated`) with the scenario. reset(seed=n) plays it with seed n; without a
    seed each episode draws its own."""

    metadata = {"render_modes": []}

    def __init__(self, arguments, program="seatrial", nodes=None, resources=RESOURCES,
                 invalid_penalty=1.0, timeout=3600, render_mode=None):
        self.arguments = list(arguments)
        self.program = program
        self.resources = tuple(resources)
        self.invalid_penalty = float(invalid_penalty)
        self.timeout = timeout
        self.render_mode = render_mode
        self._process = None
        self._size = nodes if nodes is not None else self._count_nodes()
        shares = len(self.resources)
        self.observation_space = gymnasium.spaces.Dict({
            "nodes": gymnasium.spaces.Box(0, 1, (self._size, shares), np.float32),
            "feasible": gymnasium.spaces.MultiBinary(self._size),
            "pod": gymnasium.spaces.Box(0, 1, (shares,), np.float32),
            "waiting": gymnasium.spaces.Box(0, MOST_WAITING, (1,), np.float32),
        })
        self.action_space = gymnasium.spaces.Discrete(self._size)

    # --- the episode ---------------------------------------------------------------------------

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.close()
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        self._start(seed)
        return self._observe(self._next())

    def step(self, action):
        if self._attempt is None:
            raise RuntimeError("the episode has ended: call reset()")
        before = self._attempt
        fits = int(action) < len(self._nodes) and before["feasible"][int(action)] == 1
        answer = {"id": before["id"], "node": int(action) if fits else None}
        if not fits:
            answer["reason"] = "the agent chose a node that is not feasible"
        self._say(answer)
        message = self._next()
        observation, info = self._observe(message)
        waited = (before["waiting"] - fits) * (message["time"] - before["time"])
        reward = -waited - (0.0 if fits else self.invalid_penalty)
        return observation, reward, self._attempt is None, False, info

    def close(self):
        """End the run, wherever it is."""
        if self._process is None:
            return
        for stream in (self._to, self._from):
            try:
                stream.close()
            except OSError:
                pass
        self._process.kill()
        self._process.wait()
        self._errors.close()
        self._process = None

    # --- what is seen ----------------------------------------------------------------------------

    def _observe(self, message):
        """An attempt, or the end, as observation and info."""
        shares = len(self.resources)
        observation = {
            "nodes": np.zeros((self._size, shares), np.float32),
            "feasible": np.zeros(self._size, np.int8),
            "pod": np.zeros(shares, np.float32),
            "waiting": np.zeros(1, np.float32),
        }
        self._attempt = message if message["type"] == "attempt" else None
        info = {"action_mask": observation["feasible"], "time": message["time"]}
        if self._attempt is None:
            info["pods"] = message["pods"]
            self.close()
            return observation, info
        count = min(len(self._nodes), self._size)
        for column, resource in enumerate(self.resources):
            has = self._allocatable[resource]
            free = np.array(message["free"].get(resource, [0] * len(self._nodes)), np.float64)
            share = np.divide(free, has, out=np.zeros_like(has), where=has > 0)
            observation["nodes"][:count, column] = np.clip(share[:count], 0, 1)
            largest = has.max(initial=0)
            wanted = message["pod"]["requests"].get(resource, 0)
            observation["pod"][column] = min(wanted / largest, 1) if largest > 0 else 0
        observation["feasible"][:count] = message["feasible"][:count]
        observation["waiting"][0] = min(message["waiting"], MOST_WAITING)
        info["pod"] = message["pod"]["namespace"] + "/" + message["pod"]["name"]
        info["nodes"] = [node["name"] for node in self._nodes]
        return observation, info

    def _know(self, nodes):
        self._nodes = nodes
        self._allocatable = {
            resource: np.array([node["allocatable"].get(resource, 0) for node in nodes], np.float64)
            for resource in self.resources
        }

    # --- the conversation --------------------------------------------------------------------------

    def _start(self, seed):
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._errors = tempfile.TemporaryFile("w+")
        command = [self.program, "run", *self.arguments,
                   "--policy", f"fd:{theirs_in},{theirs_out}",
                   "--policy-timeout", f"{self.timeout}s"]
        if seed is not None:
            command += ["--seed", str(seed)]
        try:
            self._process = subprocess.Popen(
                command, pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self._errors)
        except OSError:
            os.close(ours_in)
            os.close(ours_out)
            self._errors.close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._to = os.fdopen(ours_out, "w")
        self._from = os.fdopen(ours_in)
        self._know([])

    def _say(self, message):
        try:
            self._to.write(json.dumps(message) + "\n")
            self._to.flush()
        except BrokenPipeError:
            self._fail()

    def _next(self):
        """The next attempt, or the end."""
        for line in self._from:
            message = json.loads(line)
            if message["type"] == "hello":
                self._say({"type": "hello", "protocol": PROTOCOL})
            elif message["type"] == "nodes":
                self._know(message["nodes"])
            elif message["type"] in ("attempt", "end"):
                return message
        self._fail()

    def _fail(self):
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip()
        self.close()
        raise RuntimeError(f"{self.program} ended with status {status}: {said}")

    def _count_nodes(self):
        self._start(None)
        self._next()
        count = len(self._nodes)
        self.close()
        if count == 0:
            raise RuntimeError("the scenario has no pod to place")
        return count
