"""Inputs of training besides the examples: labels of the taxonomy, concepts of the lexicon, texts out of the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedback_assets.classification.model import encoder_topics
from feedback_assets.classification.model.features import LexiconEntries
from feedback_assets.classification.model.out_of_field import OutOfFieldText
from feedback_assets.config.taxonomy import Taxonomy


@dataclass(frozen=True)
class Recipe:
    """What a model is learned with besides its examples."""

    labels: tuple[str, ...]
    domains: Mapping[str, str]
    sub_labels: Mapping[str, tuple[str, ...]]
    lexicon: LexiconEntries | None = None
    # Word pairs seen once are noise in a set of many languages, and half of its size.
    min_pairs: int = 1
    # The categories of texts without an issue and of complaints about nothing named; labels without roles have none.
    no_issue: str = "no_issue"
    catch_all: str = "other"
    # The category of wishes; None where no role says so.
    wish: str | None = None
    # What is no feedback on the taxonomy's field; version sets of before these texts have none.
    out_of_field: tuple[OutOfFieldText, ...] = ()
    # How good or bad words are, by value and language; version sets of before them have none.
    valence: LexiconEntries | None = None
    # Name and version of the sentence encoder asked about what the words leave unsure; None where none is.
    encoder: str | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What the version of a model depends on; what older ones did not have only where it says something."""
        older = {"no_issue": "no_issue", "catch_all": "other", "out_of_field": (), "valence": None, "wish": None}
        older |= {"encoder": None}
        told = {name: value for name, value in vars(self).items() if older.get(name) != value}
        if self.out_of_field:
            told["out_of_field"] = [vars(text) for text in self.out_of_field]
        if self.encoder:
            told["encoder"] = [self.encoder, *encoder_topics.CONSTANTS]
        return told

    @classmethod
    def of(
        cls,
        taxonomy: Taxonomy,
        lexicon: LexiconEntries | None = None,
        min_pairs: int = 1,
        out_of_field: tuple[OutOfFieldText, ...] = (),
        valence: LexiconEntries | None = None,
        encoder: str | None = None,
    ) -> Recipe:
        """The recipe of a taxonomy."""
        return cls(
            labels=taxonomy.labels,
            domains={name: category.domain for name, category in taxonomy.categories.items()},
            sub_labels={name: category.sub_labels for name, category in taxonomy.categories.items()},
            lexicon=lexicon,
            min_pairs=min_pairs,
            no_issue=taxonomy.no_issue,
            catch_all=taxonomy.catch_all,
            wish=taxonomy.wish,
            out_of_field=out_of_field,
            valence=valence,
            encoder=encoder,
        )
