"""Loads a classifier: all files of one version set of the prompts folder, with its rules measured.

Loading only; how the parts work together stands in `cascade.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.classification.cascade.bands import Bands, Measured, bands_from, measurements
from feedback_assets.classification.cascade.cues import Cues, cues_of
from feedback_assets.classification.cascade.moderation import Moderator, moderator_of
from feedback_assets.classification.cascade.rules import LabelledText, Rules, taxonomy_examples
from feedback_assets.classification.llm.prompt import Prompt, load_prompt
from feedback_assets.classification.model.examples import load_examples
from feedback_assets.classification.model.local_answer import LocalClassifier
from feedback_assets.config.prompts_folder import load_config, load_kept
from feedback_assets.config.taxonomy import Category, Taxonomy


@dataclass(frozen=True)
class Classifier:
    """Everything that the cascade needs to label: taxonomy, rules, prompt, bands and local model.

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
    slices: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    is_archived: bool = False,
) -> Classifier:
    """Load one version set of the prompts folder; its keyword rules are measured on its examples.

    Args:
        prompts: Folder with taxonomy, examples, thresholds, cues, moderation and prompt.
        local: The local model.
        precision_by_confidence: What the local model measured out of fold: `confidence`, `share`, `precision`.
        measured_on: How many examples that was measured on.
        slices: The same of each `category` and `language` by name: `thresholds` and `examples`.
        is_archived: The folder is that of a promoted version set, of any day: only what labels need is checked.

    Raises:
        CallError: A file is missing or wrong; the message names file, field and the fix.
    """
    config = load_kept(prompts) if is_archived else load_config(prompts).labels
    taxonomy, thresholds = config.taxonomy, config.classification
    cues = cues_of(config.cues, taxonomy.unactionable)
    own_bands = Bands(thresholds.automatic_default, thresholds.signal_default, "as the model says of itself")
    rule_bands = Bands(1 - thresholds.accepted_error_rate, own_bands.signal, "as the rule was measured on the examples")
    return Classifier(
        taxonomy=taxonomy,
        cues=cues,
        moderator=moderator_of(config.moderation, thresholds.profanity),
        rules=Rules(taxonomy, cues, read_labelled(prompts, taxonomy), thresholds),
        prompt=load_prompt(prompts / "classify.md", taxonomy, is_archived),
        bands=bands_from(measurements(precision_by_confidence, measured_on), thresholds, _measured(slices or {})),
        rule_bands=rule_bands,
        model_bands=own_bands,
        local=local,
        thresholds_version=config.thresholds_version,
    )


def _measured(
    slices: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> dict[str, dict[str, list[Measured]]]:
    return {
        slicing: {name: measurements(row["thresholds"], row["examples"]) for name, row in by_name.items()}
        for slicing, by_name in slices.items()
    }


def read_labelled(prompts: Path, taxonomy: Taxonomy) -> list[LabelledText]:
    """The training examples as the rules need them, those in the taxonomy itself marked.

    Raises:
        CallError: A line is no example; the message names file and line.
    """
    files = load_examples(prompts / "examples", taxonomy.model_copy(update={"categories": _without_examples(taxonomy)}))
    examples = [LabelledText(example.text, tuple(category for category, _ in example.issues)) for example in files]
    return _distinct([*examples, *taxonomy_examples(taxonomy)])


def _without_examples(taxonomy: Taxonomy) -> dict[str, Category]:
    return {name: category.model_copy(update={"examples": ()}) for name, category in taxonomy.categories.items()}


def _distinct(examples: Sequence[LabelledText]) -> list[LabelledText]:
    """Each text once, so that an example given in two places does not count twice."""
    return list({example.text: example for example in examples}.values())
