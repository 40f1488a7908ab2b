"""Street addresses as five countries write them.

Only places people live; addresses on the net are in `numbers`.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_assets.files.word_lists import word_list
from feedback_assets.silver.spans import Span

_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’-]*"
_LINK = r"(?:d[aeo]s?|del|de|la|las|los|du|des|le|e|y|el|et|von|van|der|den|dem|zum|zur|am|im|an|of|the|-)"
_PLACE = rf"{_CAP}(?:[ -]+(?:{_LINK}[ ]+){{0,2}}{_CAP}){{0,3}}"
_GAP = r"[,;]?[ \n]*"
# Four digits (Austria, Switzerland, Belgium, the Netherlands) only with a town, for a year could follow.
_ZIP5 = rf"(?:{_GAP}(?:[A-Z]{{1,2}}-)?(?:\d{{5}}(?:[ ]+{_PLACE})?|\d{{4}}(?:[ ]?[A-Z]{{2}})?[ ]+{_PLACE}))?"
_UK_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[ABD-HJLNP-UW-Z]{2}"
_US_ZIP = r"[A-Z]{2}[ ]+\d{5}(?:-\d{4})?"
_CEP = r"\d{5}-\d{3}"

_ENGLISH = re.compile(
    rf"(?<![\w.])(?:(?:Flat|Apt\.?|Apartment|Unit|Suite)[ ]+\w+,?[ ]+)?\d{{1,5}}[A-Za-z]?,?[ ]+(?:[NSEW]\.?[ ]+)?"
    rf"(?:[A-Z0-9][\w'.-]*[ ]+){{1,4}}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Boulevard|Blvd|Crescent|Terrace|Highway|Hwy|Parkway|Pkwy|Gardens|Grove|Mews|Hill)\b\.?"
    rf"(?:{_GAP}(?:Flat|Apt\.?|Apartment|Unit|Suite|\#)[ ]*\w+)?(?:{_GAP}{_PLACE})?(?:{_GAP}(?:{_US_ZIP}|{_UK_POSTCODE}|\d{{5}}(?:-\d{{4}})?))?"
)
# Way, Drive or Court are also plain words: a town, a postcode or "live at" must stand by them.
_ENGLISH_WEAK = re.compile(
    rf"(?<![\w.])\d{{1,5}}[A-Za-z]?[ ]+(?:[A-Z][\w'.-]*[ ]+){{1,3}}(?:Way|Drive|Dr|Court|Ct|Place|Pl|Close|Square|Sq|Circle|Row|Walk|Park)\b\.?"
    rf",[ \n]*(?:{_PLACE}{_GAP})?(?:{_US_ZIP}|{_UK_POSTCODE}|\d{{5}})"
)
_ENGLISH_SHORT = re.compile(
    r"(?<![\w.])\d{1,4}[A-Za-z]?[ ]+(?:[A-Z][\w'’-]*[ ]+){1,2}(?:Close|Court|Row|Way|Wharf|Cottages|Mews|Bank|View)\b(?=[ ]*(?:[,.:;?!)\n]|$))"
    rf"(?:,[ ]{_PLACE})?"
)
_ENGLISH_CUED = re.compile(
    r"(?:live at|lives at|address(?: is|:)?|deliver(?:ed)? (?:it )?to|ship(?:ped)? (?:it )?to|sent to)[ ]+"
    rf"(\d{{1,5}}[A-Za-z]?[ ]+(?:[\w'.-]+[ ]+){{1,3}}(?:street|st|avenue|ave|road|rd|lane|ln|way|drive|dr|court|ct|place|close|square)\b\.?(?:{_GAP}{_PLACE})?(?:{_GAP}(?:{_US_ZIP}|{_UK_POSTCODE}))?)",
    re.IGNORECASE,
)
_ENGLISH_LOWER = re.compile(
    r"(?<![\w.])\d{1,5}[a-z]?[ ]+(?:[a-z'.-]{3,}[ ]+){1,2}(?:street|avenue|road|boulevard)\b(?![ ]+(?:trip|test|legal))"
)
_GERMAN = re.compile(
    rf"(?<!\w)(?:(?:{_CAP}[ -])?[\wäöüßÄÖÜ.-]*(?i:straße|strasse|str\.|allee|gasse|damm|chaussee|ufer|promenade)"
    rf"|(?:{_CAP}[ -]){{1,2}}(?:Straße|Strasse|Str\.|Allee|Gasse|Damm|Ring|Weg|Platz|Ufer|Chaussee))[ ]*\d{{1,4}}[ ]?[a-zA-Z]?\b(?:[ ]?[-/][ ]?\d{{1,4}})?{_ZIP5}"
)
# A Laufring 3 or an Ausweg 2 is no street: these endings need the postcode behind them.
_GERMAN_WEAK = re.compile(
    rf"(?<!\w)(?:(?:Am|An der|An den|Im|In der|Auf dem|Auf der|Unter den|Zum|Zur)[ ]+{_CAP}|[A-ZÄÖÜ][\wäöüß-]*(?:weg|platz|ring|hof|markt|steig|berg|graben|feld|tor|park|wall|kamp))"
    rf"[ ]+\d{{1,4}}[ ]?[a-z]?\b[,;]?[ \n]+(?:D-)?\d{{5}}(?:[ ]+{_PLACE})?"
)
_GERMAN_CUED = re.compile(
    rf"(?:wohne(?:n)?(?: in)?(?: der| im| am)?|adresse(?: ist|:|lautet)?|anschrift(?: ist|:)?|geliefert an|lieferung an)[ :]+"
    rf"({_CAP}(?:[ ]{_CAP}){{0,2}}[ ]+\d{{1,4}}[ ]?[a-z]?\b{_ZIP5})",
)
_FRENCH = re.compile(
    rf"(?<![\w.])\d{{1,4}}(?:[ ]?(?:bis|ter|quater|[A-D]))?,?[ ]+(?:(?i:rue|avenue|av\.|boulevard|bd|bld|chemin|allées?|impasse|quai|place|cours|route|square|passage|sentier|faubourg|villa))[ ]+"
    rf"(?:(?:de|du|des|la|le|les|aux?)[ ]+|[dl]['’]){{0,3}}[\wÀ-ÿ'’.-]+(?:[ -]+(?:(?:{_LINK})[ ]+)*{_CAP}){{0,3}}{_ZIP5}"
)
_SPANISH = re.compile(
    rf"(?<!\w)(?:(?i:(?:calle|avda\.?|avenida|av\.|plaza|pza\.?|paseo|carretera|ctra\.?|ronda|camino|travesía|glorieta|rambla|callejón)[ ]+|c/[ ]*))"
    rf"(?:(?:{_LINK})[ ]+){{0,3}}[\wÀ-ÿ'’.-]+(?:[ ]+(?:(?:{_LINK})[ ]+)*[\wÀ-ÿ'’.-]+){{0,3}}?,?[ ]*(?:(?i:n[º°o.]*|núm\.?|número)[ ]*)?\d{{1,4}}\b"
    rf"(?:{_GAP}(?i:\d{{1,2}}[º°ª][ ]?\w?|piso[ ]\w+|puerta[ ]\w+|bajo|esc\.?[ ]\w+)){{0,3}}{_ZIP5}"
)
_PORTUGUESE = re.compile(
    rf"(?<!\w)(?:(?i:rua|r\.|avenida|av[ ]?[.:]?|travessa|alameda|al\.|praça|pça\.|rodovia|rod\.|estrada|largo|beco|quadra))[ ]+"
    rf"(?:(?:{_LINK})[ ]+){{0,3}}[\wÀ-ÿ'’.-]+(?:[ ]+(?:(?:{_LINK})[ ]+)*[\wÀ-ÿ'’.-]+){{0,4}}?,?[ ]*(?:(?i:n[º°o.]*|núm\.?|número)[ ]*)?\d{{1,5}}\b(?!-\d)"
    rf"(?:{_GAP}(?i:apto?\.?|apartamento|bloco|casa|sala|andar)[ ]*\w+|{_GAP}\d{{1,2}}[º°ª][ ]?\w*){{0,3}}(?:[ ]*[,-][ ]*{_PLACE}){{0,3}}"
    rf"(?:{_GAP}(?:[-–][ ]*)?(?:CEP:?[ ]*)?(?:{_CEP}|\d{{4}}-\d{{3}})(?:[ ]+{_PLACE})?)?"
)
_POSTCODES = re.compile(
    rf"(?<![\w.-]){_CEP}(?![\w-])|(?<!\w)\d{{4}}-\d{{3}}[ ]+{_CAP}|(?<!\w){_CAP},[ ]+[A-Z]{{2}}[ ]+\d{{5}}(?:-\d{{4}})?\b"
    rf"|(?i:\b(?:plz|postleitzahl|code postal|c[oó]digo postal|c\.?p\.|zip(?: code)?|postcode|postal code|cep)[ :.]*(?:is |ist |est |es |é )?)(?:[A-Z]-)?(?:\d{{2}}\.?\d{{3}}-?\d{{3}}|\d{{4,5}}(?:-\d{{3,4}})?)\b"
)
_UK_ALONE = re.compile(
    r"(?<![\w-])(?!(?:[A-Z]\d[A-Z]?|[A-Z]{2}\d)[ ]?\d(?:GB|TB|MB|KG|MP|MM|HD)\b)[A-Z]{1,2}\d[A-Z\d]?[ ]\d[ABD-HJLNP-UW-Z]{2}(?![\w-])"
)
# A five-digit code before a noun is a count in German; before a big town it is a postcode.
_TOWN = re.compile(rf"(?<![\w.,])(?:[DF]-)?\d{{5}}[ ]+(?:{'|'.join(map(re.escape, sorted(word_list('towns'))))})\b")

_PATTERNS: tuple[tuple[re.Pattern[str], float], ...] = (
    (_ENGLISH, 0.86), (_ENGLISH_WEAK, 0.86), (_ENGLISH_SHORT, 0.84), (_ENGLISH_CUED, 0.86), (_ENGLISH_LOWER, 0.6),
    (_GERMAN, 0.86), (_GERMAN_WEAK, 0.86), (_GERMAN_CUED, 0.86), (_FRENCH, 0.86), (_SPANISH, 0.86), (_PORTUGUESE, 0.86),
    (_POSTCODES, 0.72), (_UK_ALONE, 0.6), (_TOWN, 0.72),
)  # fmt: skip


def find_addresses(text: str) -> Iterator[Span]:
    """Every street address, and every postcode that stands with its town or says that it is one."""
    for pattern, score in _PATTERNS:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups and match.group(1) else 0
            yield Span(match.start(group), match.end(group), "ADDRESS", score)
