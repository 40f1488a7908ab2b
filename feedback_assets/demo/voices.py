"""How somebody says it: picks wordings of the seed, fills them, and joins them to one text with its personal values.

Which channel carries it, and in which fields, is in `channels.py`.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from feedback_assets.demo import grammar, people, vocabulary
from feedback_assets.demo.grammar import Wording
from feedback_assets.demo.people import Person
from feedback_assets.demo.problems import OWN_STREAM, SECTIONS
from feedback_assets.demo.shop import Product

# Of the wordings of a section a seed uses about three quarters, so that seeds speak differently.
_USED = 0.75
# Every form of personal data occurs in every seed.
_ALWAYS = ("greet", "personal", "sign")
# Sections of the kinds that have streams of their own: what is drawn for them changes nothing else.
_OWN_STREAM = frozenset(SECTIONS[kind] for kind in OWN_STREAM)
_PRODUCT_SLOTS = frozenset({"p", "it"})
_MONEY = frozenset({"card", "iban"})
_ANGRY = ("😡", "😤", "🙄", "!!!", "...")
_GREETING = {"support_ticket": 0.3, "chat": 0.22}
_PERSONAL = {"support_ticket": 0.22, "chat": 0.14, "survey": 0.04, "return_reason": 0.03}
_TITLED = {"product_review": 0.6, "app_review": 0.3}
_SIGNING = {"support_ticket": 0.4, "chat": 0.05, "survey": 0.03}


@dataclass
class Spoken:
    """A text, its title if it has one, and the personal values in it as (value, kind)."""

    text: str
    title: str | None = None
    personal: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True)
class Matter:
    """What an item is about: sections of wordings in the order of importance, and what fills their slots."""

    section: str
    tone: str
    product: Product | None = None
    aspect: str | None = None
    second: str | None = None
    praise_first: bool = False
    values: Mapping[str, str] = field(default_factory=dict[str, str])


class Voices:
    """The wordings of one seed, without the sections that are drawn from streams of their own."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._sections: dict[tuple[str, str], list[Wording]] = {}
        for language in vocabulary.LANGUAGES:
            for section in grammar.load(language):
                if section not in _OWN_STREAM:
                    self._sections[language, section] = _chosen(rng, language, section)

    def telling(self, rng: random.Random, section: str) -> Voices:
        """The same wordings and those of one more section, which this one leaves as it is; draws from `rng` alone."""
        more = copy(self)
        more._rng = rng
        own = {(language, section): _chosen(rng, language, section) for language in vocabulary.LANGUAGES}
        more._sections = self._sections | own
        return more

    def speak(self, person: Person, channel: str, matter: Matter, order_id: str | None) -> Spoken:
        """One text about a matter, as the person would write it on that channel."""
        rng, language = self._rng, person.language
        values = self._values(person, matter, order_id)
        spoken = Spoken("")
        brief = channel == "return_reason" or matter.section == "praise/short"
        parts = [] if brief else self._before(person, channel, matter, values, spoken)
        parts.append(self._say(language, matter.section, matter, values))
        if matter.second is not None and not brief:
            parts.append(self._say(language, "link/also", matter, values))
            parts.append(self._say(language, matter.second, matter, values))
        if not brief and rng.random() < 0.2:
            section = "detail/bad" if matter.tone == "bad" and rng.random() < 0.5 else "detail"
            parts.append(self._say(language, section, matter, values))
        if rng.random() < _PERSONAL.get(channel, 0.012):
            parts.append(self._personal_line(language, "personal", matter, values, spoken))
        if not brief and matter.tone != "neutral" and rng.random() < 0.25:
            parts.append(self._say(language, f"closer/{_tone(matter)}", matter, values))
        if matter.tone != "neutral" and rng.random() < _TITLED.get(channel, 0):
            spoken.title = self._say(language, f"title/{_tone(matter)}", matter, values)
        spoken.text = self._styled(channel, matter, _joined(parts), spoken)
        if rng.random() < _SIGNING.get(channel, 0.008) and not brief:
            spoken.text += "\n" + self._personal_line(language, "sign", matter, values, spoken)
        return spoken

    def campaign(self, language: str, product: Product) -> str:
        """The text a copy-paste campaign spreads about a product."""
        wording = self._rng.choice(self._sections[language, "campaign"])
        return grammar.say(self._rng, wording, {"p": product.name, "brand": product.brand})

    def _before(
        self, person: Person, channel: str, matter: Matter, values: dict[str, str], spoken: Spoken
    ) -> list[str]:
        rng, language, parts = self._rng, person.language, list[str]()
        if rng.random() < _GREETING.get(channel, 0.01):
            parts.append(self._personal_line(language, "greet", matter, values, spoken))
        if matter.tone != "neutral" and rng.random() < 0.2:
            parts.append(self._say(language, f"opener/{_tone(matter)}", matter, values))
        if matter.praise_first:
            parts.append(self._say(language, "praise/long", matter, values))
            parts.append(self._say(language, "link/but", matter, values))
        return parts

    def _say(self, language: str, section: str, matter: Matter, values: Mapping[str, str]) -> str:
        wording = self._rng.choice(self._fitting(language, section, matter))
        return grammar.say(self._rng, wording, values, slip=self._rng.random() < 0.06)

    def _fitting(self, language: str, section: str, matter: Matter) -> list[Wording]:
        """Wordings that suit the goods and the aspect, and name no product when there is none."""
        product = matter.product
        tags = {None, matter.aspect, *(product.family.tags if product else ())}
        known = [w for w in self._sections[language, section] if w.tag in tags]
        fitting = known if product else [w for w in known if not w.slots & _PRODUCT_SLOTS]
        if fitting:
            return fitting
        everything = [w for w in grammar.load(language)[section] if w.tag in tags]
        return [w for w in everything if product or not w.slots & _PRODUCT_SLOTS]

    def _personal_line(
        self, language: str, section: str, matter: Matter, values: dict[str, str], spoken: Spoken
    ) -> str:
        fitting = [w for w in self._fitting(language, section, matter) if w.slots <= values.keys()]
        if matter.tone != "bad":  # nobody who is content names an account or a card
            fitting = [w for w in fitting if not w.slots & _MONEY]
        elif section == "personal" and self._rng.random() < 0.45:
            fitting = [w for w in fitting if w.slots & _MONEY] or fitting
        wording = self._rng.choice(fitting)
        for slot in sorted(wording.slots & {"name", "email", "phone", "card", "iban", "order", "address"}):
            spoken.personal.append((values[slot], slot))
            if slot == "address":
                spoken.personal.append((values["street"], "street"))
        return grammar.say(self._rng, wording, values)

    def _values(self, person: Person, matter: Matter, order_id: str | None) -> dict[str, str]:
        rng, language, product = self._rng, person.language, matter.product
        street = people.street(rng, person.region)
        colour, other = rng.sample(vocabulary.COLOURS, 2)
        values = {
            "n": rng.choice(vocabulary.COUNTS),
            "day": vocabulary.local(rng.choice(vocabulary.WEEKDAYS), language),
            "size": rng.choice(vocabulary.SIZES),
            "ca": vocabulary.local(colour, language),
            "cb": vocabulary.local(other, language),
            "name": person.name,
            "email": person.email,
            "phone": people.phone(rng, person.region),
            "card": people.card(rng),
            "street": street,
            "address": f"{street}, {people.town(rng, person.region)}",
            "order": order_id or f"{rng.choice('KMRTW')}{rng.choice('ADEHX')}-{rng.randrange(3 * 10**9, 10**10)}",
        }
        account = people.iban(rng, person.region)
        if account is not None:
            values["iban"] = account
        if product is not None:
            values |= {"p": product.name, "it": product.noun.it(language), "brand": product.brand}
        return values | dict(matter.values)

    def _styled(self, channel: str, matter: Matter, text: str, spoken: Spoken) -> str:
        """Small letters, missing accents, an emoji: how people type on a phone. Personal values stay as they are."""
        rng = self._rng
        if spoken.personal:
            return text
        if channel in ("chat", "app_review", "social", "forum") and rng.random() < 0.25:
            text = text.lower()
        if channel in ("chat", "app_review") and rng.random() < 0.15:
            text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        if matter.tone == "bad" and channel != "support_ticket" and rng.random() < 0.1:
            text = f"{text} {rng.choice(_ANGRY)}"
        return text


def _chosen(rng: random.Random, language: str, section: str) -> list[Wording]:
    """The wordings of a section that a seed uses."""
    wordings = grammar.load(language)[section]
    used = 1 if section in _ALWAYS else _USED
    return rng.sample(wordings, max(min(4, len(wordings)), round(len(wordings) * used)))


def _tone(matter: Matter) -> str:
    return "bad" if matter.tone == "bad" else "good"


def _joined(parts: list[str]) -> str:
    """Fragments as sentences: one that ends without a mark gets a full stop unless it is the last."""
    text = ""
    for part in parts:
        if text and text[-1].isalnum():
            text += "."
        text = f"{text}\n{part}" if text.endswith(",") else f"{text} {part}".strip()
    return text
