"""The reader: everything one version set of the prompts folder says, loaded, measured and ready to label with.

Loading only; how the parts work together stands in `cascade.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedback_assets.classification.cascade.bands import Bands, bands_from, measured
from feedback_assets.classification.cascade.cues import Cues, load_cues
from feedback_assets.classification.cascade.moderation import Moderator, load_moderator
from feedback_assets.classification.cascade.rules import LabelledText, Rules, taxonomy_examples
from feedback_assets.classification.llm.prompt import Prompt, load_prompt
from feedback_assets.classification.model.examples import load_examples
from feedback_assets.classification.model.local_answer import LocalClassifier
from feedback_assets.config.taxonomy import Category, Taxonomy, load_taxonomy
from feedback_assets.config.thresholds import load_thresholds


@dataclass(frozen=True)
class Classifier:
    """What the cascade labels with.

    Attributes:
        bands: Edges for the local model, from measured precision.
        rule_bands: Edges for the rules, whose confidence is their measured precision.
        model_bands: Edges for the language model, which tells its own confidence.
        thresholds_version: Hash of the section `classification`.
    """

    taxonomy: Taxonomy
    cues: Cues
    moderator: Moderator
    rules: Rules
    prompt: Prompt
    bands: Bands
    rule_bands: Bands
    model_bands: Bands
    local: LocalClassifier
    thresholds_version: str

    @property
    def rules_version(self) -> str:
        """Version of everything deterministic: keywords, cues and word lists."""
        return f"{self.rules.version}-{self.moderator.version}"


def read_classifier(
    prompts: Path,
    local: LocalClassifier,
    precision_by_confidence: Sequence[Mapping[str, float]] = (),
    measured_on: int = 0,
) -> Classifier:
    """Load one version set of the prompts folder; its keyword rules are measured on its examples.

    Args:
        prompts: Folder with taxonomy, examples, thresholds, cues, moderation and prompt.
        local: The local model.
        precision_by_confidence: What the local model measured out of fold: `confidence`, `share`, `precision`.
        measured_on: How many examples that was measured on.

    Raises:
        CallError: A file is missing or wrong; the message names file, field and the fix.
    """
    taxonomy = load_taxonomy(prompts / "taxonomy.yaml")
    section = load_thresholds(prompts / "thresholds.yaml").section("classification")
    cues = load_cues(prompts / "cues.yaml")
    told = Bands(
        section.number("automatic_default", 0, 1), section.number("signal_default", 0, 1), "as the model says of itself"
    )
    accepted = section.number("accepted_error_rate", 0, 1)
    right = Bands(1 - accepted, told.signal, "as the rule was measured on the examples")
    return Classifier(
        taxonomy=taxonomy,
        cues=cues,
        moderator=load_moderator(prompts / "moderation.yaml", section.number("profanity", 0, 1)),
        rules=Rules(taxonomy, cues, read_labelled(prompts, taxonomy), section),
        prompt=load_prompt(prompts / "classify.md", taxonomy),
        bands=bands_from(measured(precision_by_confidence, measured_on), section),
        rule_bands=right,
        model_bands=told,
        local=local,
        thresholds_version=section.version,
    )


def read_labelled(prompts: Path, taxonomy: Taxonomy) -> list[LabelledText]:
    """The training examples as the rules need them, those in the taxonomy itself marked.

    Raises:
        CallError: A line is no example; the message names file and line.
    """
    files = load_examples(prompts / "examples", taxonomy.model_copy(update={"categories": _without_examples(taxonomy)}))
    found = [LabelledText(example.text, tuple(category for category, _ in example.issues)) for example in files]
    return _distinct([*found, *taxonomy_examples(taxonomy)])


def _without_examples(taxonomy: Taxonomy) -> dict[str, Category]:
    return {name: category.model_copy(update={"examples": ()}) for name, category in taxonomy.categories.items()}


def _distinct(examples: Sequence[LabelledText]) -> list[LabelledText]:
    """Each text once, so that an example told in two places does not count twice."""
    return list({example.text: example for example in examples}.values())
