"""The Gymnasium environment: Gymnasium's own checker, and what its documentation says.

    make check-python        (python tests/python/check_environment.py PROGRAM)"""

import sys
import unittest
import warnings

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

import seatrial

PROGRAM = sys.argv.pop(1)
SCENARIO = "tests/policies/scenario.yaml"


def make(**more):
    return gymnasium.make("seatrial/Scheduling-v0", arguments=[SCENARIO], program=PROGRAM, **more)


def play(env, seed, choose):
    """One episode: its rewards, observations, infos."""
    observation, info = env.reset(seed=seed)
    steps = [(0.0, observation, info)]
    done = False
    while not done:
        observation, reward, done, truncated, info = env.step(choose(observation, info))
        assert not truncated
        steps.append((reward, observation, info))
    return steps


def first_feasible(observation, info):
    return int(np.flatnonzero(info["action_mask"])[0])


class Environment(unittest.TestCase):
    def test_gymnasium_has_nothing_to_say(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            env = make().unwrapped
            check_env(env, skip_render_check=True)
            env.close()

    def test_the_agent_places_every_pod(self):
        steps = play(make(), 7, first_feasible)
        self.assertEqual(len(steps), 13)  # twelve pods, and the end
        self.assertEqual(steps[-1][2]["pods"]["bound"], 12)
        self.assertEqual(steps[-1][2]["time"], 300)
        # node-0 was filled: 12 of its 16 CPUs, as seen before the last pod was placed
        self.assertAlmostEqual(steps[-2][1]["nodes"][0][0], 1 - 11 / 16, places=5)
        self.assertEqual(steps[-2][2]["nodes"], ["node-0", "node-1", "node-2", "small-0"])

    def test_the_mask_is_what_the_filters_say(self):
        env = make()
        observation, info = env.reset(seed=7)
        env.close()
        self.assertEqual(info["action_mask"].tolist(), [1, 1, 1, 0])  # small-0 has 200m
        self.assertAlmostEqual(observation["pod"][0], 1 / 16, places=5)

    def test_the_reward_is_waiting_time(self):
        steps = play(make(), 7, first_feasible)
        for (_, before, earlier), (reward, _, later) in zip(steps, steps[1:]):
            waited = (before["waiting"][0] - 1) * (later["time"] - earlier["time"])
            self.assertAlmostEqual(reward, -waited, places=6)
        self.assertLess(sum(reward for reward, _, _ in steps), 0)  # ten came at once

    def test_a_forbidden_action_costs_and_places_nothing(self):
        env = make(invalid_penalty=5.0)
        env.reset(seed=1)
        _, reward, done, _, info = env.step(3)
        self.assertLessEqual(reward, -5.0)
        self.assertFalse(done)
        self.assertEqual(info["action_mask"].sum(), 3)  # the next attempt
        env.close()

    def test_the_same_seed_and_actions_give_the_same_episode(self):
        one, two = play(make(), 3, first_feasible), play(make(), 3, first_feasible)
        self.assertEqual([s[0] for s in one], [s[0] for s in two])
        self.assertEqual([s[2].get("pod") for s in one], [s[2].get("pod") for s in two])

    def test_a_run_that_fails_says_why(self):
        with self.assertRaisesRegex(RuntimeError, "none.yaml: No such file"):
            gymnasium.make("seatrial/Scheduling-v0", arguments=["none.yaml"], program=PROGRAM)

    def test_no_process_is_left(self):
        env = make().unwrapped
        env.reset(seed=1)
        process = env._process
        env.close()
        self.assertIsNotNone(process.poll())


if __name__ == "__main__":
    unittest.main()
