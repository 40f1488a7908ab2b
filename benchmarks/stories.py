"""The demo over many seeds as one score: `feedback demo --json` for each, pooled, in one table.

    python -m benchmarks.stories --seeds 5001-5030 [--jobs 2] [--folder FOLDER] [--keep] [--stored]

Each seed has a folder that keeps its score, so that a stopped run goes on where it was. A score that other code or
other prompts made is made again; `--stored` runs nothing and prints what lies there, whatever made it. The local model
is trained once, into FEEDBACK_MODELS or FOLDER/models. Every item, ticket, quote and problem counts once in the table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.demo.pooled_score import KindScore, PooledScore, pool

ROOT = Path(__file__).resolve().parents[1]
_CODE = ("feedback_assets", "prompts")
_CODE_FILES = (".py", ".txt", ".yaml", ".md", ".jsonl")


@dataclass(frozen=True)
class Line:
    """One line of the table: a figure, as shown, its goal in words, and whether it is met."""

    figure: str
    shown: str
    goal: str
    met: bool | None


def seeds_of(text: str) -> list[int]:
    """The seeds that `5001-5030` or `7,11,5001-5003` names, each once.

    Raises:
        argparse.ArgumentTypeError: It is neither.
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()) or int(last or first) < int(first):
            raise argparse.ArgumentTypeError(f"{part!r} is no seed and no range; write 5001-5030 or 7,11")
        found |= dict.fromkeys(range(int(first), int(last or first) + 1))
    return list(found)


def code_version() -> str:
    """A hash of the code and the prompts, so that scores of another state are told apart."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _CODE_FILES and path.is_file():
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def stored(folder: Path, version: str | None) -> dict[str, Any] | None:
    """The score in a seed's folder; None when there is none, or it was made by another version than the given one."""
    path = folder / "score.json"
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["score"] if version is None or kept["code"] == version else None


def run_seed(seed: int, folder: Path, version: str, models: Path, keep: bool) -> str | None:
    """Run the demo of a seed and keep its score; what went wrong, or None."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "feedback_assets.cli.main", "demo", "--json", "--seed", str(seed)]
    environment = {**os.environ, "FEEDBACK_MODELS": str(models)}
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as errors:
        done = subprocess.run(
            [*command, "--folder", str(folder)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors,
            text=True,
        )  # fmt: skip
    if done.returncode:
        with log.open("a", encoding="utf-8") as errors:
            errors.write(done.stdout)
        return f"seed {seed}: exit {done.returncode}, see {log}"
    if code_version() != version:
        return f"seed {seed}: code or prompts changed while it ran, so its score is not kept; run again"
    kept = {"code": version, "score": json.loads(done.stdout)}
    unfinished = folder / "score.json.part"
    unfinished.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(folder / "score.json")
    if not keep:
        shutil.rmtree(folder / f"seed-{seed}")
    return None


def run_missing(seeds: Sequence[int], folder: Path, jobs: int, keep: bool) -> list[str]:
    """Run every seed that has no score of this code; what went wrong."""
    version = code_version()
    missing = [seed for seed in seeds if stored(folder / str(seed), version) is None]
    models = Path(os.environ.get("FEEDBACK_MODELS") or folder / "models").resolve()
    failed: list[str] = []

    def run(seed: int) -> None:
        problem = run_seed(seed, folder / str(seed), version, models, keep)
        print(problem or f"seed {seed}: done", file=sys.stderr, flush=True)
        if problem:
            failed.append(problem)

    # The first trains the local model, and the others find it.
    alone = missing[: 0 if models.exists() else 1]
    for seed in alone:
        run(seed)
    with ThreadPoolExecutor(jobs) as pool_of_jobs:
        list(pool_of_jobs.map(run, missing[len(alone) :]))
    return failed


def lines(score: PooledScore) -> list[Line]:
    """The table of a pooled score, each figure with its goal."""
    return [
        _least("item accuracy", score.item_accuracy, 0.88, f" of {score.items_judged:,} items"),
        _most("praise, questions, remarks read as complaint", score.praise_read_as_complaint, 0.05),
        Line("praise alone read as complaint", _percent(score.praise_alone_read_as_complaint), "", None),
        _most("calibration error", score.calibration_error, 0.05, shown=_number),
        _least("right at confidence 0.9 and more", score.right_at_0_9, 0.93, f" of {score.items_at_0_9:,} items"),
        _least("problems found", score.problems_found, 0.95, f" of {score.planted}"),
        _most("unmatched tickets", score.unmatched_share, 0.05, f" of {score.tickets}"),
        _most("tickets for each problem", score.tickets_per_problem, 1.15, shown=_number),
        _most("tickets with more than a tenth of foreign members", score.tickets_mixed, 0, shown=str),
        Line("most foreign members in a ticket", _percent(score.worst_foreign_members), "", None),
        Line("cluster purity", _number(score.cluster_purity), "as before", None),
        _least("quotes in tickets right", score.evidence_precision, 0.97),
        _most("decoys with a ticket", score.decoys_ticketed, 0, shown=str),
        _most("personal values leaked", score.personal_values_leaked, 0, shown=str),
        Line("release suspected first is right", f"{score.releases_right} of {score.releases}", "", None),
        Line("releases raised by the season", str(score.season_raised), "", None),
    ]


def print_table(score: PooledScore) -> None:
    """Print the figures with their goals, and the kinds of problems below."""
    print(f"\n{len(score.seeds)} stories, seeds {', '.join(map(str, score.seeds))}\n")
    print("| figure | value | goal | |\n|---|---|---|---|")
    for line in lines(score):
        met = {None: "", True: "met", False: "not met"}[line.met]
        print(f"| {line.figure} | {line.shown} | {line.goal} | {met} |")
    print(
        "\n| planted | found | items right | tickets each | mixed | most foreign | quotes right | release right |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    for kind in score.kinds:
        print(_kind_line(kind))


def _kind_line(kind: KindScore) -> str:
    release = f"{kind.releases_right} of {kind.releases}" if kind.releases else "-"
    cells = (
        kind.kind, f"{kind.found} of {kind.planted}", _percent(kind.item_accuracy), _number(kind.tickets_per_problem),
        str(kind.tickets_mixed), _percent(kind.worst_foreign_members), _percent(kind.evidence_precision), release,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _least(figure: str, value: float | None, goal: float, of: str = "") -> Line:
    return Line(figure, _percent(value) + of, f"at least {goal:.0%}", value is not None and value >= goal)


def _most(figure: str, value: float | None, goal: float, of: str = "", shown: Callable[[Any], str] = _percent) -> Line:
    wanted = "none" if not goal else f"at most {goal:.0%}" if shown is _percent else f"at most {goal:g}"
    return Line(figure, shown(value) + of, wanted, value is not None and value <= goal)


def main() -> None:
    """Run what is missing and print the table; exit 1 when a seed failed or a score is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("5001-5030"), help="5001-5030, or 7,11")
    parser.add_argument("--jobs", type=int, default=1, help="stories at a time")
    parser.add_argument("--folder", type=Path, default=Path("feedback-demo/stories"))
    parser.add_argument("--keep", action="store_true", help="keep the homes too, about 50 MB each")
    parser.add_argument("--stored", action="store_true", help="run nothing")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    failed = [] if asked.stored else run_missing(asked.seeds, folder, asked.jobs, asked.keep)
    version = None if asked.stored else code_version()
    scores = {seed: stored(folder / str(seed), version) for seed in asked.seeds}
    known = [score for score in scores.values() if score is not None]
    if known:
        print_table(pool(known))
    lacking = [str(seed) for seed, score in scores.items() if score is None]
    if lacking:
        print(f"\nNo score of seeds {', '.join(lacking)}.", *failed, sep="\n", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
