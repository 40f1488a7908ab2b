"""How good `feedback train --labels` is on two public sets, beside plain TF-IDF baselines and another checkout.

python -m benchmarks.labels --airline PATH --app-reviews PATH [--against CHECKOUT]

Texts are read as the command reads them: HTML entities decoded, each text once. All answers are of five shuffled
stratified folds, the same for everybody. Another checkout runs the same command with the same interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import sklearn.model_selection
from rich.console import Console
from rich.table import Table

from feedback_assets.classification.model.labels_file import read_labels
from feedback_assets.classification.model.measures import accuracy, calibration_error, macro_f1
from feedback_assets.evaluation.alternatives import TfidfLogisticRegression, TfidfSvm

_FOLDS, _SEED = 5, 0
_MEASURES = ("accuracy", "macro_f1", "calibration_error")
_HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class _Set:
    """A labelled file: its columns, and the least or most that each measure may be."""

    name: str
    text: str
    label: str
    goals: dict[str, float]


_SETS = {
    "airline": _Set("airline reasons", "text", "negativereason", {"accuracy": 0.620, "calibration_error": 0.03}),
    "app_reviews": _Set("app review categories", "review", "category", {"macro_f1": 0.786, "calibration_error": 0.03}),
}


def trained(checkout: Path, path: Path, labels: _Set) -> dict[str, Any]:
    """What `feedback train --labels` of a checkout prints, in a process and a home of its own.

    Raises:
        SystemExit: The command failed; its own words are shown.
    """
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "feedback_assets.cli.main", "train", "--labels", str(path.resolve())]
        command += ["--text", labels.text, "--label", labels.label, "--folds", str(_FOLDS), "--seed", str(_SEED)]
        environment = {**os.environ, "FEEDBACK_HOME": home, "PYTHONPATH": str(checkout)}
        done = subprocess.run(
            [*command, "--json"], cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(f"{checkout}: {' '.join(command[1:4])} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def baselines(path: Path, labels: _Set) -> dict[str, dict[str, float | None]]:
    """The measures of logistic regression and a linear support vector machine over TF-IDF, in the same folds."""
    file = read_labels(path, labels.text, labels.label)
    splitters = cast("Any", sklearn.model_selection)  # it has no stubs
    folds = splitters.StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(file.texts, file.labels)
    regression, machine, sure = [""] * len(file.texts), [""] * len(file.texts), np.zeros(len(file.texts))
    for seen, unseen in folds:
        texts, names = [file.texts[row] for row in seen], [file.labels[row] for row in seen]
        asked = [file.texts[row] for row in unseen]
        answer = TfidfLogisticRegression(texts, names)(asked)
        assert answer.category is not None and answer.confidence is not None
        sure[unseen] = answer.confidence
        for row, by_regression, by_machine in zip(unseen, answer.category, TfidfSvm(texts, names)(asked), strict=True):
            regression[row], machine[row] = by_regression, by_machine
    right = np.array([a == b for a, b in zip(file.labels, regression, strict=True)])
    return {
        "TF-IDF, logistic regression": {
            "accuracy": accuracy(file.labels, regression),
            "macro_f1": macro_f1(file.labels, regression),
            "calibration_error": calibration_error(sure, right),
        },
        "TF-IDF, linear SVM": {
            "accuracy": accuracy(file.labels, machine),
            "macro_f1": macro_f1(file.labels, machine),
            "calibration_error": None,
        },
    }


def main() -> None:
    """Measure, print one table, and end with 1 where a goal is missed or the other checkout is better."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--airline", type=Path, help="CSV of tweets with `text` and `negativereason`")
    parser.add_argument("--app-reviews", type=Path, help="CSV of app reviews with `review` and `category`")
    parser.add_argument("--against", type=Path, help="folder of another checkout, to run the same there")
    options = parser.parse_args()
    given = {name: path for name in _SETS if (path := getattr(options, name)) is not None}
    if not given:
        parser.error("give --airline PATH or --app-reviews PATH, or both")
    if options.against and not (options.against / "feedback_assets").is_dir():
        parser.error(f"--against {options.against}: no checkout of this project; give the folder that holds its code")
    table = Table(title="Five stratified folds, every text once")
    for column in ("set", "texts", "measure", "goal", "here", "95 %"):
        table.add_column(column, justify="left" if column in ("set", "measure") else "right")
    for column in (*(("against", "difference") if options.against else ()), "TF-IDF + LR", "TF-IDF + SVM"):
        table.add_column(column, justify="right")
    missed: list[str] = []
    for name, path in given.items():
        labels = _SETS[name]
        ours = trained(_HERE, path, labels)
        other = trained(options.against.resolve(), path, labels) if options.against else None
        plain = list(baselines(path, labels).values())
        for measure in _MEASURES:
            table.add_row(*_row(labels, measure, ours, other, plain))
            missed += _missed(labels, measure, ours, other)
    # Narrower, figures would be cut; a file has no width of its own.
    (Console() if Console().is_terminal else Console(width=150)).print(table)
    for line in missed:
        print(line)
    raise SystemExit(1 if missed else 0)


def _row(
    labels: _Set,
    measure: str,
    ours: dict[str, Any],
    other: dict[str, Any] | None,
    plain: list[dict[str, float | None]],
) -> list[str]:
    goal = labels.goals.get(measure)
    sign = "at most" if measure == "calibration_error" else "at least"
    low, high = ours[f"{measure}_interval"]
    return [
        labels.name,
        str(ours["items"]),
        measure.replace("_", " "),
        "" if goal is None else f"{sign} {goal:.3f}",
        f"{ours[measure]:.4f}",
        f"{low:.3f} to {high:.3f}",
        *([] if other is None else [f"{other[measure]:.4f}", f"{ours[measure] - other[measure]:+.4f}"]),
        *("" if (value := row[measure]) is None else f"{value:.4f}" for row in plain),
    ]


def _missed(labels: _Set, measure: str, ours: dict[str, Any], other: dict[str, Any] | None) -> list[str]:
    """What is not as good as wanted, in words. Less calibration error is better; no other checkout sets its goal."""
    goal, value = labels.goals.get(measure), ours[measure]
    if goal is None:
        return []
    if measure == "calibration_error":
        return [f"missed: {labels.name}, {measure} {value:.4f}, wanted at most {goal:.3f}"] if value > goal else []
    faults = [f"missed: {labels.name}, {measure} {value:.4f}, wanted at least {goal:.3f}"] if value < goal else []
    if other is not None and value < other[measure]:
        faults.append(f"missed: {labels.name}, {measure} {value:.4f}, the other checkout has {other[measure]:.4f}")
    return faults


if __name__ == "__main__":
    main()
