"""Presidio's checksum recognisers under one pseudo-language, without a language model and without network.

Its recognisers that fetch anything (e-mail: the public suffix list) or need a language stay out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, IbanRecognizer

from feedback_assets.silver.spans import Span

PSEUDO_LANGUAGE = "xx"
_KINDS = {"CREDIT_CARD": "CARD", "IBAN_CODE": "IBAN"}


class NoLanguage(NlpEngine):
    """A language engine that knows no language: the recognisers here read characters only."""

    def load(self) -> None:
        """Nothing to load."""

    def is_loaded(self) -> bool:
        """Always: there is nothing to load."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """No tokens, no entities."""
        nothing: Any = []
        return NlpArtifacts(nothing, nothing, [], [], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Each text with no tokens and no entities."""
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        """No word is known, so none is a stop word."""
        return False

    def is_punct(self, word: str, language: str) -> bool:
        """No word is known, so none is punctuation."""
        return False

    def get_supported_entities(self) -> list[str]:
        """None."""
        return []

    def get_supported_languages(self) -> list[str]:
        """The pseudo-language alone."""
        return [PSEUDO_LANGUAGE]


@lru_cache(maxsize=1)
def engine() -> AnalyzerEngine:
    """The analyzer, made once in a process (importing presidio takes over a second)."""
    recognizers: list[Any] = [
        CreditCardRecognizer(supported_language=PSEUDO_LANGUAGE),
        IbanRecognizer(supported_language=PSEUDO_LANGUAGE),
    ]
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers, supported_languages=[PSEUDO_LANGUAGE]),
        nlp_engine=NoLanguage(),
        supported_languages=[PSEUDO_LANGUAGE],
    )


def find_with_presidio(text: str, threshold: float) -> Iterator[Span]:
    """Cards and accounts whose check digits are right."""
    for found in engine().analyze(text, language=PSEUDO_LANGUAGE, score_threshold=threshold):
        yield Span(found.start, found.end, _KINDS[found.entity_type], found.score)
