"""What the sentence encoder gives and costs: the same examples learned with it, and asked for all texts, some, or none.

    python -m benchmarks.encoder [--model FOLDER]

Trains the packaged prompts with the encoder, which takes two minutes; `--model` keeps that model and uses it again.
Held-out figures are those of training; processor time is that of the local model alone, on one thread, for the texts
of the golden set and the polarity set: of the examples it is surer than of any other text.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean

from threadpoolctl import threadpool_limits

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.encoder import ENCODER, encode
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.measures import accuracy, macro_f1
from feedback_assets.classification.model.trained import to_learn
from feedback_assets.classification.model.training import train
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.evaluation.golden import load_golden
from feedback_assets.evaluation.golden_comparison import POLARITY_SET
from feedback_assets.evaluation.golden_polarity import load_golden_polarity

_ROUNDS = 3
PROMPTS = Path(__file__).resolve().parents[1] / "prompts"


def ways(model: LocalModel) -> Iterator[tuple[str, LocalModel]]:
    """The model where its encoder is not asked, asked about what is unsure, and asked about every text."""
    assert model.parts.encoder is not None
    yield "without", model.without_encoder
    yield f"below {model.parts.encoder.below}", model
    every = replace(model.parts, encoder=replace(model.parts.encoder, below=2.0))
    yield "every text", LocalModel(every, model.metadata)


def main() -> None:
    """Train where needed, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder to keep the model in")
    asked = parser.parse_args()
    if asked.model is not None and artefact.exists(asked.model):
        model = LocalModel.load(asked.model)
    else:
        examples, recipe = to_learn(load(prompts=PROMPTS))
        model = train(examples, replace(recipe, encoder=ENCODER))
        if asked.model is not None:
            model.save(asked.model)
    assert model.parts.encoder is not None
    taxonomy = load_taxonomy(PROMPTS / "taxonomy.yaml")
    golden, polarity = load_golden(PROMPTS / "golden", taxonomy), load_golden_polarity(PROMPTS / POLARITY_SET, taxonomy)
    many = [*(item.text for item in golden), *(item.text for item in polarity)]
    held_out = {
        "without": model.metadata["cross_validated_without_encoder"],
        "every text": model.metadata["cross_validated_encoder_for_all"],
    }
    texts, languages = [item.text for item in golden], [item.language for item in golden]
    truth = [item.category for item in golden]
    encode(["once, so that loading does not count"])
    print("| encoder asked | held out | macro F1 | golden macro F1, text alone | with ratings | accuracy | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for name, way in ways(model):
        alone = [answer.category for answer in way.answer(texts, languages)]
        answers = way.answer(texts, languages, [item.rating for item in golden], [item.channel for item in golden])
        rated = [answer.category for answer in answers]
        began = time.process_time()
        with threadpool_limits(1):
            for _ in range(_ROUNDS):
                way.answer(many)
        seconds = (time.process_time() - began) * 100_000 / len(many) / _ROUNDS
        scores = held_out.get(name, model.metadata["cross_validated"])
        print(
            f"| {name} | {scores['accuracy']:.3f} | {scores['macro_f1']:.3f} | {macro_f1(truth, alone):.3f} "
            f"| {macro_f1(truth, rated):.3f} | {accuracy(truth, rated):.3f} | {seconds:.0f} |",
            flush=True,
        )
    unsure = [answer.confidence < model.parts.encoder.below for answer in model.without_encoder.answer(many)]
    print("\nHeld out: of the examples. CPU s: processor seconds for 100,000 texts such as those of the two sets.")
    print(
        f"Asked about {model.metadata['encoder_asked']:.0%} of the held-out examples, {mean(unsure):.0%} of the sets."
    )


if __name__ == "__main__":
    main()
