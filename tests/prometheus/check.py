"""A real Prometheus over the series of a run: it loads them, and PromQL has the summary's values.

    make check-prometheus        (python3 tests/prometheus/check.py build/seatrial)

Plays scenarios with --out, turns metrics.om into blocks with `promtool tsdb create-blocks-from
openmetrics`, starts Prometheus over them on a port of the loopback, asks, compares, stops. And
`promtool check metrics` has a snapshot before it. Prints a table; the status is 1 when something differs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from datetime import datetime, timezone

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "build/seatrial"
HERE = "tests/prometheus/scenario.yaml"
SHOP = "scenarios/first_steps/shop/scenario.yaml"

# What kube-state-metrics calls its own metrics is not ours to change. None of the names of 1.0 is
# complained about by promtool 2.42, so the list of what is tolerated is empty: lines that begin with
# these words, and with nothing else, would be let pass.
TOLERATED = ()

failures = []


def tell(what, got, want, well):
    print(f"| {what} | {got} | {want} | {'same' if well else '**differs**'} |")
    if not well:
        failures.append(what)


def play(scenario, folder, *options):
    out = os.path.join(folder, "out")
    subprocess.run([PROGRAM, "run", scenario, "--out", out, *options],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


class Prometheus:
    """Over the blocks of one run."""

    def __init__(self, folder, *flags):
        self.blocks = os.path.join(folder, "blocks")
        made = subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q",
                               os.path.join(folder, "out", "metrics.om"), self.blocks],
                              capture_output=True, text=True)
        tell("promtool tsdb create-blocks-from openmetrics", f"status {made.returncode}", "status 0",
             made.returncode == 0)
        if made.returncode != 0:
            sys.exit(made.stderr)
        with open(os.path.join(folder, "none.yml"), "w", encoding="utf-8") as file:
            file.write("scrape_configs: []\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/none.yml", f"--storage.tsdb.path={self.blocks}",
             f"--web.listen-address={self.address}", "--storage.tsdb.retention.time=100y",
             "--log.level=error", *flags],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.wait()

    def wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                sys.exit("prometheus ended: " + self.process.stderr.read())
            try:
                with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        sys.exit("prometheus does not answer")

    def ask(self, query, at):
        """The values of an instant query: {labels: value} by the sorted labels."""
        arguments = urllib.parse.urlencode({"query": query, "time": at})
        with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{arguments}",
                                    timeout=60) as reply:
            answer = json.load(reply)
        return [float(series["value"][1]) for series in answer["data"]["result"]]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.process.stderr.close()


def row(summary, table, name):
    return next(row for row in summary[table] if row["name"] == name)


def end_of(summary):
    start = datetime.strptime(summary["startTime"], "%Y-%m-%dT%H:%M:%SZ")
    return start.replace(tzinfo=timezone.utc).timestamp() + summary["durationSeconds"]


def compare(prometheus, at, query, want, tolerance):
    got = prometheus.ask(query, at)
    well = len(got) == 1 and abs(got[0] - want) <= tolerance
    tell(f"`{query}`", got[0] if len(got) == 1 else got, want, well)


def questions(summary, workload, table="workloads", kind="Deployment", namespace="default"):
    """PromQL, the summary's value, and how far the two may be apart."""
    of = row(summary, table, workload)
    labels = f'kind="{kind}",namespace="{namespace}",name="{workload}"'
    long = f"{int(summary['durationSeconds'])}s"
    # The first step is shorter by the bring-up and counts as much.
    yield (f"avg_over_time(seatrial_availability_ratio{{{labels}}}[{long}])",
           of["availability"], 2e-6)
    yield (f"1 - seatrial_downtime_seconds_total{{{labels}}} / "
           f"seatrial_observed_seconds_total{{{labels}}}", of["availability"], 1e-11)
    yield f"seatrial_downtime_seconds_total{{{labels}}}", of["downtimeSeconds"], 1e-6
    yield f"seatrial_degraded_seconds_total{{{labels}}}", of["degradedSeconds"], 1e-6
    yield f"seatrial_outages_total{{{labels}}}", len(of["outages"]), 0
    yield f"seatrial_replicas_ready{{{labels}}}", of["ready"], 0
    for cause in of["causes"]:
        if cause["downtimeSeconds"] > 0:
            yield (f'seatrial_downtime_by_cause_seconds_total{{{labels},cause="{cause["kind"]}"}}',
                   cause["downtimeSeconds"], 1e-6)
    if table == "workloads":
        yield f"seatrial_restarts_total{{{labels}}}", of["restarts"], 0
        yield (f'kube_deployment_status_replicas_ready{{namespace="{namespace}",'
               f'deployment="{workload}"}}', of["ready"], 0)


def whole(summary):
    """Of the cluster as a whole."""
    pods = summary["pods"]
    yield 'sum(kube_pod_status_phase{phase="Running"})', pods["running"], 0
    yield "scheduler_pod_scheduling_sli_duration_seconds_count", pods["bound"], 0
    yield 'seatrial_pods_total{what="created"}', pods["created"], 0
    yield 'sum(kube_node_status_condition{condition="Ready",status="true"})', sum(
        1 for node in summary["nodes"] if not node["deleted"]), 0


def traffic(summary, name):
    of = row(summary, "traffic", name)
    labels = f'namespace="default",name="{name}"'
    close = 1e-6 * of["requests"]
    yield f'sum(seatrial_requests_total{{{labels},outcome!="answered"}})', of["failed"], close
    yield (f"sum(seatrial_requests_total{{{labels}}}) + sum(seatrial_requests_waiting{{{labels}}})",
           of["requests"], close)
    for reason, count in of["reasons"].items():
        yield f'seatrial_requests_total{{{labels},outcome="{reason}"}}', count, close


def ask_all(prometheus, summary, all_questions):
    at = end_of(summary)
    for query, want, tolerance in all_questions:
        if want is not None:
            compare(prometheus, at, query, want, tolerance)


def check_changes(folder):
    """Told at changes: one sample may be all there is, so Prometheus looks back as far as the run."""
    summary = play(HERE, folder)
    prometheus = Prometheus(folder, "--query.lookback-delta=2d")
    ask_all(prometheus, summary, questions(summary, "web"))
    ask_all(prometheus, summary, questions(summary, "api"))
    ask_all(prometheus, summary, questions(summary, "web", "services", "Service"))
    ask_all(prometheus, summary, whole(summary))
    ask_all(prometheus, summary, traffic(summary, "web"))
    # A minute into the outage that node-1 begins.
    outage = next(outage for outage in row(summary, "workloads", "web")["outages"]
                  if outage["cause"] == "node-crash/node-1")
    during = end_of(summary) - summary["durationSeconds"] + outage["startSeconds"] + 60
    compare(prometheus, during,
            'kube_node_status_condition{node="node-1",condition="Ready",status="true"}', 0, 0)
    compare(prometheus, during, 'seatrial_replicas_ready{kind="Deployment",name="web"}', 0, 0)
    prometheus.stop()


def check_steps(folder):
    """Told at steps: what a scraping Prometheus would have, which looks back for its five minutes."""
    summary = play(HERE, folder, "--metrics-step", "1m", "--exports", "metrics")
    prometheus = Prometheus(folder)
    ask_all(prometheus, summary, questions(summary, "web"))
    ask_all(prometheus, summary, whole(summary))
    ask_all(prometheus, summary, traffic(summary, "web"))
    long = f"{int(summary['durationSeconds'])}s"
    compare(prometheus, end_of(summary),
            f'avg_over_time(kube_deployment_status_replicas_available{{deployment="web"}}[{long}])',
            row(summary, "workloads", "web")["availability"], 60 * 4 / summary["durationSeconds"])
    prometheus.stop()


def check_shop(folder):
    summary = play(SHOP, folder)
    prometheus = Prometheus(folder, "--query.lookback-delta=31d")
    for workload in ("mail", "sessions", "web", "cart"):
        ask_all(prometheus, summary, questions(summary, workload, namespace="shop"))
    ask_all(prometheus, summary, whole(summary))
    prometheus.stop()


def check_snapshot(folder):
    path = os.path.join(folder, "snapshot.prom")
    for scenario in (HERE, SHOP):
        subprocess.run([PROGRAM, "run", scenario, "--metrics-snapshot", path], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            checked = subprocess.run(["promtool", "check", "metrics"], stdin=file,
                                     capture_output=True, text=True)
        complaints = [line for line in (checked.stdout + checked.stderr).splitlines()
                      if not line.startswith(TOLERATED or "\0")]
        tell(f"promtool check metrics, {scenario}", "; ".join(complaints) or "no complaint",
             "no complaint", not complaints and (checked.returncode == 0 or TOLERATED))


def main():
    print("| asked | answered | summary | |\n| --- | --- | --- | --- |")
    for check in (check_snapshot, check_changes, check_steps, check_shop):
        folder = tempfile.mkdtemp(prefix="seatrial-prometheus-")
        try:
            check(folder)
        finally:
            shutil.rmtree(folder)
    print(f"\n{len(failures)} differ" if failures else "\nall the same")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
