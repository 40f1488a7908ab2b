"""Keyword rules: they answer alone where their measured precision allows it, and for texts without content.

The first step of the cascade. Keywords and roles of categories stand in the taxonomy; nothing here knows a category
by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback_assets.classification.cascade.cues import Cues
from feedback_assets.config.sections.classification import ClassificationRules
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.tables import Sentiment
from feedback_assets.text import Lexicon, tokens

# Words that turn a text to a second thought; a rule leaves such a text to the models.
_TURNS = frozenset(
    tokens(
        "but however although though except aber jedoch allerdings obwohl pero aunque sino además mais cependant "
        "pourtant malgré porém apesar contudo embora lekin magar"
    )
)
# Taken as sure: no reader would label an empty five-star review otherwise; 1.0 would claim more than anyone can know.
_CONTENTLESS_CONFIDENCE = 0.97
# A phrase in more than one of 200 texts (and more than two) is a common word and no keyword.
_FEW, _LEAST_FEW = 0.005, 2.0
_LIKED = 4.0
_DISLIKED = 2.0


@dataclass(frozen=True)
class LabelledText:
    """A text with the categories people gave it, the primary one first."""

    text: str
    categories: tuple[str, ...]
    in_taxonomy: bool = False


@dataclass(frozen=True)
class Rule:
    """A keyword and its precision as measured on the examples."""

    category: str
    keyword: str
    matches: int
    right: int

    @property
    def precision(self) -> float:
        """Share of matching examples that are of the category; 0 without a match."""
        return self.right / self.matches if self.matches else 0.0

    @property
    def confidence(self) -> float:
        """Precision drawn to one half by two imagined examples, so that eight out of eight is 0.9 and not 1."""
        return (self.right + 1) / (self.matches + 2)


@dataclass(frozen=True)
class RuleAnswer:
    """A rule's answer: one category, or nothing to act on."""

    category: str
    sub_label: str | None
    confidence: float
    sentiment: Sentiment | None
    signal_only: bool
    reason: str


class Rules:
    """All rules of a taxonomy, measured.

    Args:
        taxonomy: Its keywords; `keyword` may end in `*` for any ending.
        cues: Tells whether a text says anything.
        examples: Labelled texts the keywords are measured on, those of the taxonomy itself included by the caller.
        thresholds: The section `classification` of the thresholds.
    """

    def __init__(
        self, taxonomy: Taxonomy, cues: Cues, examples: Sequence[LabelledText], thresholds: ClassificationRules
    ) -> None:
        keywords = {
            f"{name}\n{keyword}": {"any": [keyword]}
            for name, category in taxonomy.categories.items()
            for keyword in category.keywords
        }
        self._taxonomy = taxonomy
        self._cues = cues
        self._lexicon = Lexicon(keywords, f"taxonomy {taxonomy.name}, keywords")
        # A float, as it was when versions were first made of it: the same rules keep their version.
        self._most_words = float(thresholds.rule_words)
        # Measured on texts a rule may read at all; long texts and second thoughts are the models' anyway.
        self.measured: tuple[Rule, ...] = _measure(
            keywords, self._lexicon, [e for e in examples if self._short(e.text)]
        )
        least, precision = thresholds.rule_matches, thresholds.rule_precision
        self._alone: Mapping[str, Rule] = {
            f"{rule.category}\n{rule.keyword}": rule
            for rule in self.measured
            if rule.matches >= least and rule.precision >= precision
        }
        content = [(rule.category, rule.keyword, rule.matches, rule.right) for rule in self._alone.values()]
        # As a decimal number, as it was read before it was a whole one: the same rules keep their version.
        self.version = hashlib.sha256(
            repr((sorted(content), float(self._most_words), cues.version)).encode()
        ).hexdigest()[:12]

    @property
    def alone(self) -> tuple[Rule, ...]:
        """The rules whose measured precision lets them answer alone."""
        return tuple(self._alone.values())

    def answer(self, text: str, rating: float | None, *, one_issue: bool) -> RuleAnswer | None:
        """The answer of the rules to a text; None where no rule applies.

        Args:
            text: The text, without sentences that talk to the machine.
            rating: 1 to 5, or None.
            one_issue: Whether the local model sees at most one issue in it.
        """
        return self._contentless(text, rating) or (self._keyword(text) if one_issue else None)

    def _contentless(self, text: str, rating: float | None) -> RuleAnswer | None:
        content = self._cues.content(text)
        liked = rating is not None and rating >= _LIKED
        disliked = rating is not None and rating <= _DISLIKED
        if content == "says_something":
            return None
        if (content == "praise" and not disliked) or (content == "empty" and liked):
            return self._nothing(self._taxonomy.no_issue, "praise", Sentiment.POSITIVE, "nothing but praise")
        if not liked and (content == "vague" or (content == "empty" and disliked)):
            reason = "a complaint that does not say of what"
            return self._nothing(self._taxonomy.catch_all, "vague_negative", Sentiment.NEGATIVE, reason)
        if content == "empty":
            return self._nothing(
                self._taxonomy.no_issue, "unreadable", Sentiment.NEUTRAL, "no words and no clear rating"
            )
        return None

    def _nothing(self, category: str, sub_label: str, sentiment: Sentiment, reason: str) -> RuleAnswer:
        known = sub_label if self._taxonomy.allows(category, sub_label) else None
        vague = category == self._taxonomy.catch_all
        return RuleAnswer(category, known, _CONTENTLESS_CONFIDENCE, sentiment, vague, reason)

    def _keyword(self, text: str) -> RuleAnswer | None:
        if not self._alone or not self._short(text):
            return None
        keywords = self._lexicon.concepts(text)
        if not keywords or any(name not in self._alone for name in keywords):
            return None
        rules = [self._alone[name] for name in keywords]
        if len({rule.category for rule in rules}) > 1:
            return None
        best = max(rules, key=lambda rule: (rule.confidence, rule.keyword))
        reason = f"keyword {best.keyword!r}, right for {best.right} of {best.matches} examples"
        return RuleAnswer(best.category, None, best.confidence, None, False, reason)

    def _short(self, text: str) -> bool:
        """Whether a text is short and has no second thought."""
        words = tokens(text)
        return len(words) <= self._most_words and _TURNS.isdisjoint(words)


def taxonomy_examples(taxonomy: Taxonomy) -> list[LabelledText]:
    """The examples written into the taxonomy itself."""
    return [
        LabelledText(example.text, (name,), in_taxonomy=True)
        for name, category in taxonomy.categories.items()
        for example in category.examples
    ]


def _measure(keywords: Mapping[str, object], lexicon: Lexicon, examples: Sequence[LabelledText]) -> tuple[Rule, ...]:
    """Right means: the example's only or primary category is the rule's.

    Examples labelled before a category existed cannot speak against its keywords, as long as they are few.
    """
    older = [example for example in examples if not example.in_taxonomy]
    known = {category for example in older for category in example.categories}
    few = max(_LEAST_FEW, _FEW * len(older))
    matching: dict[str, list[LabelledText]] = {name: [] for name in keywords}
    for example in examples if keywords else ():
        for name in lexicon.concepts(example.text):
            matching[name].append(example)
    rules: list[Rule] = []
    for name, matches in matching.items():
        category, keyword = name.split("\n", 1)
        if category not in known and sum(not example.in_taxonomy for example in matches) <= few:
            matches = [example for example in matches if example.in_taxonomy]
        right = sum(example.categories[:1] == (category,) for example in matches)
        rules.append(Rule(category, keyword, len(matches), right))
    return tuple(rules)
