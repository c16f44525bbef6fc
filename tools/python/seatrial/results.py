"""What runs and experiments left, as pandas tables.

    run = seatrial.load("out/shop")                 # of `seatrial run ... --out out/shop`
    run.workloads[["name", "availability", "downtimeSeconds"]]
    run.metric("kube_deployment_status_replicas_ready", deployment="web").plot()

    study = seatrial.load_experiment("out/nines")   # of `seatrial experiment nines.yaml`
    study.estimates[["point", "response", "mean", "low", "high"]]

Tables are read when they are asked for. The fields are those of docs/summary.md, docs/experiment.md and
docs/exports.md; nothing is computed beside them."""

import json
import os
import re
from functools import cached_property

try:
    import pandas as pd
except ImportError:  # policies do without
    pd = None

__all__ = ["Experiment", "Run", "load", "load_experiment"]

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+) (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')
_ESCAPE = re.compile(r"\\(.)")


def load(folder):
    """The run that left this folder."""
    return Run(_folder(folder, "summary.json"))


def load_experiment(folder):
    """The experiment that left this folder (or this results.json)."""
    return Experiment(_folder(folder, "results.json"))


def _folder(path, name):
    if pd is None:
        raise ImportError('results are tables of pandas: pip install "seatrial[results]"')
    path = os.fspath(path)
    folder = os.path.dirname(path) if os.path.basename(path) == name else path
    if not os.path.exists(os.path.join(folder, name)):
        raise FileNotFoundError(f"{folder}: no {name} in it")
    return folder


def _read_json(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def _unescape(text):
    return _ESCAPE.sub(lambda found: "\n" if found.group(1) == "n" else found.group(1), text)


def _flat(row):
    """A row without the lists in it; maps become columns: schedulingLatency.p95."""
    flat = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{below}": of for below, of in _flat(value).items()})
        elif not isinstance(value, list):
            flat[key] = value
    return flat


def _table(rows):
    return pd.DataFrame([_flat(row) for row in rows])


class Run:
    """One run: `summary` is the document, the rest are tables of it and of what lies beside it."""

    def __init__(self, folder):
        self.folder = folder
        self.summary = _read_json(folder, "summary.json")
        self.start = pd.Timestamp(self.summary["startTime"])

    def __repr__(self):
        days = self.summary["durationSeconds"] / 86400
        return f"<Run {self.summary['scenario']}: {days:g} days, seed {self.summary['seed']}>"

    def table(self, name):
        """A list of the summary: "workloads", "services", "traffic", "nodes", "jobs", ..."""
        return _table(self.summary.get(name) or [])

    def within(self, name, key):
        """What stands in a list of each row, with the names of the row: within("workloads", "outages")."""
        rows = []
        for row in self.summary.get(name) or []:
            of = {f"of.{part}": row[part] for part in ("kind", "namespace", "name") if part in row}
            rows += [{**of, **_flat(inner)} for inner in row.get(key) or []]
        return pd.DataFrame(rows)

    @cached_property
    def workloads(self):
        return self.table("workloads")

    @cached_property
    def services(self):
        return self.table("services")

    @cached_property
    def nodes(self):
        return self.table("nodes")

    @cached_property
    def traffic(self):
        return self.table("traffic")

    @cached_property
    def outages(self):
        return self.within("workloads", "outages")

    @cached_property
    def causes(self):
        return self.within("workloads", "causes")

    @cached_property
    def events(self):
        """Everything that happened, by number; `cause` is the number of what caused it (0: nothing)."""
        rows = []
        with open(os.path.join(self.folder, "events.jsonl"), encoding="utf-8") as file:
            for line in file:
                rows.append(json.loads(line))
        events = pd.DataFrame(rows, columns=["id", "ns", "cause", "subject", "text"])
        events.insert(1, "time", self.start + pd.to_timedelta(events.pop("ns"), unit="ns"))
        return events.set_index("id")

    def because(self, number):
        """The chain of causes of a line of `events`, from its first on."""
        chain = []
        while number:
            chain.append(number)
            number = int(self.events.at[number, "cause"])
        return self.events.loc[chain[::-1]]

    @cached_property
    def metrics(self):
        """Every sample of metrics.om: time, metric, a column for each label, value."""
        path = os.path.join(self.folder, "metrics.om")
        if not os.path.exists(path):
            raise FileNotFoundError(f"{path}: the run was not asked for it (--exports metrics)")
        rows, labels = [], {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("#"):
                    continue
                name, text, value, seconds = _SAMPLE.match(line).groups()
                if text not in labels:
                    labels[text] = {"value_label" if key == "value" else key: _unescape(of)
                                    for key, of in _LABEL.findall(text or "")}
                rows.append((float(seconds), name, labels[text], float(value)))
        table = pd.DataFrame([row[2] for row in rows])
        times = pd.Series([row[0] for row in rows], dtype=float)
        table.insert(0, "time", pd.to_datetime((times * 1000).round().astype("int64"), unit="ms",
                                               utc=True))
        table.insert(1, "metric", [row[1] for row in rows])
        table["value"] = [row[3] for row in rows]
        return table

    def metric(self, name, **labels):
        """One family as a table over time, a column for each series: only those with these labels."""
        table = self.metrics[self.metrics["metric"] == name]
        for label, value in labels.items():
            table = table[table[label] == value]
        columns = [column for column in table.columns[2:-1] if table[column].notna().any()]
        if not columns:
            return table.set_index("time")["value"].to_frame(name)
        apart = [column for column in columns if table[column].nunique() > 1] or columns[-1:]
        table = table.fillna({column: "" for column in apart})
        wide = table.pivot_table(index="time", columns=apart, values="value", aggfunc="last")
        return wide.ffill()


class Experiment:
    """One experiment: `results` is the document (docs/experiment.md), the rest are tables of it."""

    def __init__(self, folder):
        self.folder = folder
        self.results = _read_json(folder, "results.json")

    def __repr__(self):
        points = len(self.results["points"])
        return f"<Experiment {self.results['name']}: {points} points, " \
               f"{self.results['replications']} replications>"

    def _of_points(self, key):
        for point in self.results["points"]:
            levels = {f"level.{factor}": level for factor, level in
                      (point.get("levels") or {}).items()}
            head = {"number": point["number"], "point": point["name"],
                    "baseline": point["baseline"], **levels}
            for row in point.get(key) or []:
                yield head, row

    @cached_property
    def factors(self):
        return pd.DataFrame(self.results["factors"])

    @cached_property
    def responses(self):
        return pd.DataFrame(self.results["responses"])

    @cached_property
    def points(self):
        return _table(self.results["points"])

    @cached_property
    def estimates(self):
        """A row for each point and response, with the interval."""
        return pd.DataFrame([{**head, **_flat(row)} for head, row in self._of_points("estimates")])

    @cached_property
    def replications(self):
        """A row for each point, response and replication: the value of that run."""
        rows = [{**head, "response": row["response"], "replication": number, "value": value}
                for head, row in self._of_points("estimates")
                for number, value in enumerate(row.get("values") or [])]
        table = pd.DataFrame(rows)
        if not table.empty:
            table["value"] = table["value"].astype(float)
        return table

    @cached_property
    def causes(self):
        return pd.DataFrame([{**head, **_flat(row)} for head, row in self._of_points("causes")])

    @cached_property
    def comparisons(self):
        """Each point with the baseline, for each response."""
        return _table(self.results["comparisons"])

    @cached_property
    def counterfactual(self):
        """What would be saved without each cause."""
        return _table(self.results["counterfactual"])
