"""Results in pandas: tables have what the documents have, and the notebook runs from top to bottom.

    make check-python        (python tests/python/check_results.py PROGRAM)"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import pandas as pd

import seatrial

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = os.getcwd()
SCENARIO = "tests/prometheus/scenario.yaml"
NOTEBOOK = "tools/python/notebooks/first_study.ipynb"

EXPERIMENT = """
apiVersion: seatrial.dev/v1alpha1
kind: Experiment
metadata: {name: replicas}
spec:
  scenario: %s
  factors:
  - {name: replicas, target: deployment/web, path: spec.replicas, levels: [1, 2]}
  responses:
  - path: workloads[deployment/web].availability
  - {name: failed, path: "traffic[web].failedShare"}
  replications: 6
"""


def run(*arguments):
    subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class OfRuns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="seatrial-python-")
        run("run", SCENARIO, "--out", cls.folder)
        cls.played = seatrial.load(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_tables_are_the_lists_of_the_summary(self):
        workloads = self.played.workloads.set_index("name")
        for row in self.played.summary["workloads"]:
            self.assertEqual(workloads.at[row["name"], "availability"], row["availability"])
            self.assertEqual(workloads.at[row["name"], "schedulingLatency.p95"],
                             row["schedulingLatency"]["p95"])
        self.assertEqual(len(self.played.nodes), 3)
        self.assertAlmostEqual(self.played.outages["seconds"].sum(),
                               sum(row["downtimeSeconds"] for row in self.played.summary["workloads"]))

    def test_events_know_their_causes(self):
        events = self.played.events
        self.assertEqual(len(events), self.played.summary["traceLines"])
        self.assertEqual(events["time"].iloc[0], pd.Timestamp("2026-03-02T06:00:00Z"))
        outage = self.played.outages.sort_values("seconds").iloc[-1]
        chain = self.played.because(int(outage["line"]))
        self.assertEqual(chain["subject"].iloc[0], outage["cause"])
        self.assertEqual(chain["cause"].iloc[0], 0)
        self.assertTrue(chain["time"].is_monotonic_increasing)

    def test_metrics_have_the_values_of_the_summary(self):
        metrics = self.played.metrics
        with open(os.path.join(self.folder, "metrics.om"), encoding="utf-8") as file:
            self.assertEqual(len(metrics), sum(not line.startswith("#") for line in file))
        down = metrics[(metrics["metric"] == "seatrial_downtime_seconds_total") &
                       (metrics["kind"] == "Deployment") & (metrics["name"] == "web")]
        web = self.played.workloads.set_index("name").loc["web"]
        self.assertAlmostEqual(down["value"].iloc[-1], web["downtimeSeconds"])
        ready = self.played.metric("kube_deployment_status_replicas_ready")
        self.assertEqual(set(ready.columns), {"web", "api"})
        self.assertEqual(ready["api"].iloc[-1], 3)
        self.assertEqual(ready["web"].min(), 0)

    def test_the_csv_has_the_same_samples(self):
        table = pd.read_csv(os.path.join(self.folder, "csv", "metrics.csv"), low_memory=False)
        self.assertEqual(len(table), len(self.played.metrics))
        metrics = self.played.metrics  # a histogram stands there by time, and here by bucket
        for name in ("kube_pod_status_phase", "seatrial_requests_total"):
            here = table.loc[table["metric"] == name, "value"].tolist()
            self.assertGreater(len(here), 10)
            there = metrics.loc[metrics["metric"] == name, "value"]
            self.assertTrue(all(abs(a - b) <= 1e-12 * abs(b) for a, b in zip(here, there)))
        self.assertAlmostEqual(table["value"].sum() / metrics["value"].sum(), 1, places=12)

    def test_what_is_not_there_is_told(self):
        with self.assertRaisesRegex(FileNotFoundError, "no summary.json in it"):
            seatrial.load("/nowhere")
        with self.assertRaisesRegex(FileNotFoundError, "no results.json in it"):
            seatrial.load_experiment(self.folder)


class OfExperiments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="seatrial-python-")
        path = os.path.join(cls.folder, "replicas.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(EXPERIMENT % os.path.join(ROOT, SCENARIO))
        run("experiment", path, "--out", os.path.join(cls.folder, "out"))
        cls.study = seatrial.load_experiment(os.path.join(cls.folder, "out"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_there_is_an_estimate_for_each_point_and_response(self):
        estimates = self.study.estimates
        self.assertEqual(len(estimates), 2 * 2)
        for row, point in zip(estimates[estimates["response"] == "failed"].itertuples(),
                              self.study.results["points"]):
            self.assertEqual(row.mean, point["estimates"][1]["mean"])
            self.assertEqual(row.point, point["name"])

    def test_the_means_are_those_of_the_replications(self):
        self.assertEqual(len(self.study.replications), 2 * 2 * 6)
        means = self.study.replications.groupby(["point", "response"])["value"].mean()
        for row in self.study.estimates.itertuples():
            self.assertAlmostEqual(means[row.point, row.response], row.mean, places=9)

    def test_comparisons_are_pairs_on_the_same_luck(self):
        comparisons = self.study.comparisons
        self.assertEqual(len(comparisons), 2)
        wide = self.study.replications.pivot(index=["response", "replication"], columns="number",
                                             values="value")
        for row in self.study.comparisons.itertuples():
            of = wide.loc[row.response]
            first, second = of.columns
            self.assertAlmostEqual((of[second] - of[first]).mean(), row.difference, places=9)


class OfTheNotebook(unittest.TestCase):
    def test_it_runs_and_is_kept_without_output(self):
        import nbformat
        from nbclient import NotebookClient

        with open(NOTEBOOK, encoding="utf-8") as file:
            notebook = nbformat.read(file, as_version=4)
        for cell in notebook.cells:
            self.assertFalse(cell.get("outputs"), "outputs are not kept")
        os.environ["SEATRIAL"] = PROGRAM
        os.environ["SEATRIAL_ROOT"] = ROOT
        NotebookClient(notebook, timeout=600, kernel_name="python3",
                       resources={"metadata": {"path": ROOT}}).execute()
        pictures = sum("image/png" in output.get("data", {}) for cell in notebook.cells
                       for output in cell.get("outputs", []))
        self.assertGreaterEqual(pictures, 3)


if __name__ == "__main__":
    with open(NOTEBOOK, encoding="utf-8") as notebook_file:
        json.load(notebook_file)
    unittest.main()
