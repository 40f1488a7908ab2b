"""Does any sentence the story can ever say share four words in a row with the texts in prompts/?

What stands there is read by `taught.py`. The wordings of a language become a graph of words: choices, slots and slips
of the finger branch, and the end of a fragment leads to every fragment that may follow. From each state the graph is
walked only along sequences that the forbidden texts hold, so all sentences are covered without listing them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from feedback_assets.demo import grammar, slots
from feedback_assets.text import fold

LENGTH = 4
# Which place of an item a section can stand in.
PLACES = {
    "title": ("title/bad", "title/good"),
    "greet": ("greet",),
    "opener": ("opener/bad", "opener/good"),
    "lead": ("praise/long",),
    "core": ("planted/", "background/", "praise/", "neutral/", "campaign", "injection", "abuse"),
    "link": ("link/also", "link/but"),
    "second": ("planted/", "background/", "injection"),
    "detail": ("detail", "detail/bad"),
    "personal": ("personal",),
    "closer": ("closer/bad", "closer/good"),
    "sign": ("sign",),
}
Trie = dict[str, "Trie"]


def four_grams(texts: Iterable[str]) -> Trie:
    """Every four words in a row of some texts, as nested dicts."""
    root: Trie = {}
    for text in texts:
        for window in windows(text):
            node = root
            for word in window.split():
                node = node.setdefault(word, {})
    return root


def windows(text: str) -> Iterator[str]:
    """Every four words in a row of a text, without case, accents and punctuation."""
    words = fold(text).split()
    for start in range(len(words) - LENGTH + 1):
        yield " ".join(words[start : start + LENGTH])


class Graph:
    """Every sentence of one language as states and words between them."""

    def __init__(self, language: str) -> None:
        self.edges: list[dict[str, set[int]]] = []
        self.origin: list[str] = []
        self._ends: set[int] = set()
        self.alternatives = {
            name: [_words(value) for value in values] for name, values in slots.alternatives(language).items()
        }
        sections = grammar.load(language)
        starts: dict[str, list[int]] = {place: [] for place in grammar.ORDER}
        ends: dict[str, list[int]] = {place: [] for place in grammar.ORDER}
        for place, prefixes in PLACES.items():
            for section, wordings in sections.items():
                if section.startswith(prefixes):
                    for wording in wordings:
                        first, last = self._fragment(f"{language} {section}: {wording.text}", wording.text)
                        starts[place].append(first)
                        ends[place].append(last)
        self._join(starts, ends)

    def collisions(self, forbidden: Trie) -> Iterator[tuple[str, str, str]]:
        """The sequences found in the forbidden texts, each with the wordings it starts and ends in."""
        for state in range(len(self.edges)):
            if state not in self._ends:
                for words, last in self._walk(state, forbidden, ()):
                    yield " ".join(words), self.origin[state], self.origin[last]

    def words(self) -> set[str]:
        """Every word of every sentence."""
        return {word for edges in self.edges for word in edges}

    def _walk(self, state: int, node: Trie, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
        if len(path) == LENGTH:
            yield path, state
            return
        edges = self.edges[state]
        for word in edges.keys() & node.keys() if len(edges) < len(node) else node.keys() & edges.keys():
            for target in edges[word]:
                yield from self._walk(target, node[word], (*path, word))

    def _state(self, origin: str) -> int:
        self.edges.append({})
        self.origin.append(origin)
        return len(self.edges) - 1

    def _fragment(self, origin: str, text: str) -> tuple[int, int]:
        first = here = self._state(origin)
        for alternatives in self._parts(text):
            there = self._state(origin)
            for words in alternatives:
                self._chain(here, there, words, origin)
            here = there
        return first, here

    def _parts(self, text: str) -> Iterator[list[list[str]]]:
        """The text as parts, each a list of alternatives, each a list of words."""
        for number, piece in enumerate(grammar.CHOICE.split(text)):
            if number % 2:
                yield [_words(said) for choice in piece.split("|") for said in _with_slips(choice)]
                continue
            for place, literal in enumerate(grammar.SLOT.split(piece)):
                if place % 2:
                    yield self.alternatives[literal]
                else:
                    for raw in literal.split():
                        if _words(raw):
                            yield [_words(said) for said in _with_slips(raw)]

    def _chain(self, here: int, there: int, words: list[str], origin: str) -> None:
        if not words:
            raise AssertionError(f"{origin}: an empty alternative; write the words out")
        for word in words[:-1]:
            nxt = self._state(origin)
            self.edges[here].setdefault(word, set()).add(nxt)
            here = nxt
        self.edges[here].setdefault(words[-1], set()).add(there)

    def _join(self, starts: dict[str, list[int]], ends: dict[str, list[int]]) -> None:
        """The end of a fragment can do what the start of any fragment allowed after it can do."""
        for number in reversed(range(len(grammar.ORDER))):
            place = grammar.ORDER[number]
            after = [later for later in grammar.ORDER[number + 1 :] if later != "second" or place == "link"]
            joined: dict[str, set[int]] = {}
            for later in after:
                for start in starts[later]:
                    for word, targets in self.edges[start].items():
                        joined.setdefault(word, set()).update(targets)
            for end in ends[place]:
                self.edges[end] = joined
                self._ends.add(end)


def _with_slips(text: str) -> list[str]:
    """A piece of a wording as written and with each slip of the finger it can have."""
    words = text.split()
    return [text] + [
        " ".join([*words[:place], slipped, *words[place + 1 :]])
        for place, word in enumerate(words)
        if grammar.can_slip(word)
        for slipped in grammar.slips(word)
    ]


def _words(text: str) -> list[str]:
    found: list[str] = []
    for raw in text.split():
        found += [slots.RANDOM_WORD] if raw == slots.RANDOM_WORD else fold(raw).split()
    return found
