"""Scheduling policies for the seatrial simulator.

    seatrial.serve(decide)          a policy behind a pipe: `seatrial run --policy policy.py`
    seatrial.SchedulingEnv          a Gymnasium environment: the agent places pods

docs/policies.md of seatrial tells the protocol, the observation and the reward."""

from gymnasium.envs.registration import register

from .environment import SchedulingEnv
from .protocol import PROTOCOL, serve

__all__ = ["PROTOCOL", "SchedulingEnv", "serve"]

register(id="seatrial/Scheduling-v0", entry_point="seatrial.environment:SchedulingEnv")
