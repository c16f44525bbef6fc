"""Results of the seatrial simulator, and scheduling policies for it.

    seatrial.load("out/shop")       the folder of a run as pandas tables (pip install seatrial[results])
    seatrial.load_experiment(...)   the same of an experiment
    seatrial.serve(decide)          a policy behind a pipe: `seatrial run --policy policy.py`
    seatrial.SchedulingEnv          a Gymnasium environment: the agent places pods

docs/policies.md of seatrial tells the protocol, the observation and the reward, docs/exports.md the
tables."""

from gymnasium.envs.registration import register

from .environment import SchedulingEnv
from .protocol import PROTOCOL, serve
from .results import Experiment, Run, load, load_experiment

__all__ = ["PROTOCOL", "Experiment", "Run", "SchedulingEnv", "load", "load_experiment", "serve"]

register(id="seatrial/Scheduling-v0", entry_point="seatrial.environment:SchedulingEnv")
