"""Names of people: those given as fields, and those in greetings, introductions and signatures.

Five languages are known. Names in the middle of a sentence without any of these cues are not looked for.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from feedback_assets.files.word_lists import word_sections
from feedback_assets.silver.spans import Span
from feedback_assets.text import fold

_UP = "A-ZÀ-ÖØ-ÞĀĆĐĘĞİŁŃŚŞŠŹŽŻŒ"
_CAP = rf"(?:[ODL]['’])?[{_UP}][^\W\d_{_UP}]+(?:['’-]?[{_UP}][^\W\d_{_UP}]+)*"
_OF = r"(?:von|vom|zu|van|der|den|de|del|la|las|los|da|do|dos|das|di|du|le|bin|al|y|e|O['’])"
_TITLE = r"(?:Dr|Prof|Ing|Mag|Dra|Lic|Herrn?|Frau|Mr|Mrs|Ms|Sr|Sra|Mme|Mlle)\.?"
_NAME = rf"(?:{_TITLE}[ ]+)*{_CAP}(?:[ ]+[A-Z]\.(?=[ ]))?(?:[ ]+(?:{_OF}[ ]+){{0,2}}{_CAP}){{0,3}}(?:[ ]+[A-Z]\.)?"
_ONE_OR_TWO = rf"{_CAP}(?:[ ]+(?:{_OF}[ ]+){{0,2}}{_CAP})?"
_TWO = rf"{_CAP}(?:[ ]+[A-Z]\.)?[ ]+(?:{_OF}[ ]+){{0,2}}{_CAP}(?:[ ]+{_CAP})?"
_ANY_CASE = r"[^\W\d_]{2,}(?:[ ]+[^\W\d_]{2,}(?=[ ]*(?:[.,;!?\n]|$)))?"

_SURE = re.compile(
    r"(?i:\bmy (?:full |first |last )?name(?: is|'s|:)|\bi am called|\bname\s?:|\b(?:der |mein )name (?:ist|lautet|:)|\bich hei(?:ß|ss)e|\bje m['’]appelle|\bmon nom(?: est|:)|\bje me nomme"
    r"|\bme llamo|\bmi nombre(?: es|:)|\bmeu nome(?: é| e|:)|\bme chamo|\bchamo-me|\bnombre\s?:|\bnom\s?:|\bnome\s?:)"
    rf"[ ]+(?:({_NAME})|({_ANY_CASE}))"
)
_LIKELY = re.compile(
    rf"\b(?:[Tt]his is|I am|I['’]m|[Ii]ch bin|[Jj]e suis|[Ss]oy|[Ss]ou(?: [oa])?|[Aa]qui (?:é|fala)(?: [oa])?|[Hh]abla|[Ll]e (?:escribe|habla)|[Ii]ci|[Cc]['’]est)[ ]+({_TWO})"
    rf"|(?:[Hh]ier (?:ist|schreibt|spricht)|[Ss]oy|[Ss]ou [oa]|[Aa]qui (?:é|fala) [oa]|[Jj]e suis|[Ii]ci)[ ]+({_ONE_OR_TWO})(?=[ ]*(?:[,.\n!]|aus\b|von\b|de\b|da\b|do\b|$))"
    rf"|\b(?:[Aa]quí(?: está)?|[Qq]uem (?:escreve|fala) é(?: [oa])?|[Ll]es (?:escribe|habla|saluda)|[Ss]ou|[Ff]ala)[ ]+({_TWO})"
    rf"|\bThis is[ ]+({_ONE_OR_TWO})(?=[ ]+(?:here|speaking|writing|from)\b)"
)
# The name comes first: "Anna Schmidt here", "Karl Müller hier", "Claire Dupont à l'appareil".
_BEFORE = re.compile(
    rf"(?:^|(?<=[\n,.!?:;] )|(?<=\n))({_TWO})[ ,]+(?:here\b|speaking\b|writing\b|is my name|hier\b|am Apparat|ist mein Name|à l['’]appareil|ici\b|es mi nombre|aquí\b|al habla|é o? ?meu nome|aqui\b|falando\b)"
)
# A contact line: the name with what it is reached by.
_CONTACT = re.compile(
    rf"(?:^|(?<=[.!?\n] )|(?<=\n))({_TWO})[ ]*[,:;|/–-][ ]*(?=<(?:PHONE|EMAIL|ADDRESS)>|(?:[Tt]el|[Pp]hone|[Mm]ob|[Ee]-?[Mm]ail)\w*\b|[+(]?\d[\d ()/.-]{{6,}}|[\w.+-]+@\w)"
)
# Two capitalised words beside a value already found are whose it is: "order <ORDER> for Helen Marsh", "Jens Kolbe, Tel. <PHONE>".
_VALUE = r"<(?:PHONE|EMAIL|ADDRESS|ORDER|ID|IBAN|CARD)>"
_BESIDE = re.compile(
    rf"({_TWO})(?=[ ]*[,:;(–-][ ]*(?:[^\W\d]+[.:]*[ ]*){{0,3}}{_VALUE})"
    rf"|{_VALUE}(?:[,;:)(. –-]{{1,3}}|,? (?:for|to|from|für|an|von|pour|para|de|name|name is|mobile|contact):? )({_TWO})(?=[ ]*(?:[.,;:!?)(\n]|$|<))"
)
_HOLDER = re.compile(
    r"(?i:(?:account|card)[ -]?holder(?: is|:)?|account of|addressed to|in the name of|name on (?:it|the card|the account)(?: is|:)?|refund for|statement of|kontoinhaber(?:in)?|karteninhaber(?:in)?|empfänger(?:in)?"
    r"|auf den namen|titular|a nombre de|destinatari[oa]|titulaire|au nom de|destinataire|je soussignée?,?|em nome de|\b(?:ich|yo|eu|moi),)[ :]+"
    rf"({_TWO})"
)
_TITLED = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Mister|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sra?|Senhora?|Dona)\b\.?[ ]+(?:{_TITLE}[ ]+)*"
    rf"({_CAP}(?:[ ]+(?:{_OF}[ ]+){{0,2}}{_CAP})?)"
)
_GREETING = re.compile(
    r"(?:^|(?<=[\n.!?>]))\s*(?i:dear|hi(?: there)?|hello|hey|good (?:morning|afternoon|evening)|hallo|hi|liebe[rs]?|guten (?:tag|morgen|abend)|moin|servus|sehr geehrte[rs]?|werte[rs]?"
    r"|bonjour|bonsoir|salut|ch[eè]re?|coucou|hola|buen[oa]s (?:d[ií]as|tardes|noches)|estimad[oa]|querid[oa]|apreciad[oa]|ol[áa]|oi|bom dia|boa (?:tarde|noite)|prezad[oa]|car[oa])[ ,]+"
    rf"({_ONE_OR_TWO})(?=[ ]*(?:[,!:;.\n–-]|$))"
)
_CLOSING = (
    r"(?:(?:kind|best|warm|many) regards|regards|best wishes|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|respectfully"
    r"|(?:mit )?(?:freundlichen?|besten?|vielen?|lieben?|herzlichen?|schönen?) gr(?:ü|ue)(?:ß|ss)en?|gr(?:u|ü)(?:ß|ss)e?|mfg|hochachtungsvoll"
    r"|(?:bien |très )?cordialement|bien à vous|sinc[eè]res salutations|salutations(?: distinguées)?|amicalement|respectueusement"
    r"|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|(?:muy )?atentamente|atte|cordialmente"
    r"|atenciosamente|att|(?:com os )?(?:melhores )?cumprimentos|cordiais saudações|saudações|(?:um )?abraços?)"
)
# Two closings may follow each other ("Abraços\nAtenciosamente, …"): the second is no name.
_NO_CLOSING = rf"(?!(?i:{_CLOSING})\b)"
_SIGNED = re.compile(rf"(?i:\b{_CLOSING})\b[ ,.!;:–—-]*\n?[ ]*{_NO_CLOSING}({_NAME})")
_SIGNED_SHOUTING = re.compile(
    rf"(?i:\b{_CLOSING})\b[ ,.!;:–—-]*\n?[ ]*{_NO_CLOSING}([A-ZÀ-Þ]{{2,}}(?:[ ]+[A-ZÀ-Þ]{{2,}}){{0,2}})(?=[.!]?\s*(?:\n|$))"
)
_SIGNED_LOWER = re.compile(
    rf"(?i:\b{_CLOSING})\b[ ]*[,.!;:–—-]*[ ]*\n[ ]*{_NO_CLOSING}([^\W\d_]{{3,}}(?:[ ]+[^\W\d_]{{2,}}){{0,2}})(?=[.!]?\s*(?:\n|$))"
)
_THANKS = (
    r"(?i:\b(?:many thanks|thanks(?: a lot| in advance)?|thank you(?: very much)?|thx|cheers|best|yours|love|vielen dank|danke(?: im voraus)?|lg|vg|bg|merci(?: d['’]avance)?|bises"
    r"|(?:muchas )?gracias(?: de antemano)?|(?:muito )?obrigad[oa]|grat[oa]|bjs|beijos))[ ]*(?:[,.!;:–—-]+[ ]*\n?|\n)[ ]*"
)
_THANKED = re.compile(rf"{_THANKS}({_ONE_OR_TWO}|{_CAP}[ ][A-Z]\.?)(?=[.!]?\s*$)")
# Where the line break was lost, first and last name must both stand there.
_THANKED_FULL = re.compile(rf"{_THANKS}({_CAP}[ ]+(?:{_OF}[ ]+){{0,2}}{_CAP})")
_DASHED = re.compile(rf"(?:\n[ ]*[-–—~]+|[ ][–—])[ ]*({_TWO}|{_CAP}[ ][A-Z]\.|{_CAP})[ ]*[.!]?\s*$")
_NEEDS_TWO = (_BEFORE, _CONTACT, _BESIDE, _HOLDER, _THANKED_FULL)
# Searched for in the text in small letters, which costs half of ignoring case.
_CUES = re.compile(
    r"name|nom\b|nombre|hei(?:ß|ss)e|appelle|llamo|chamo|this is|\bi am\b|\bi['’]m\b|ich bin|je suis|\bsoy\b|\bsou\b|aqui|habla|escribe|\bici\b|c['’]est|\bhier\b"
    r"|\bmrs?\b|\bms\b|\bmister\b|\bdr\b|\bprof\b|\bherrn?\b|\bfrau\b|monsieur|madame|\bmme\b|\bmlle\b|señor|\bsra?\b|senhor|\bdona\b|dear|\bhi\b|hello|\bhey\b|good|hallo|\bliebe|guten|moin|servus"
    r"|geehrte|\bwerte|bonjour|bonsoir|salut|\bch[eè]re?\b|coucou|hola|buen[oa]s|estimad|querid|apreciad|\bol[áa]|\boi\b|\bbo[ma]\b|prezad|\bcar[oa]\b|regards|wishes|sincerely|yours|respect"
    r"|gr(?:ü|ue|u)(?:ß|ss)|mfg|hochacht|cordial|bien à|amicale|saludo|atentamente|\batte?\b|atencios|cumprimento|sauda|abraço|thank|thx|cheers|\bbest\b|\blove\b|dank|\b[lvb]g\b|merci|bises|gracias"
    r"|obrigad|\bgrat|\bbjs\b|beijos|[–—~]|\n\s*-|\bhere\b|speaking|writing|apparat|appareil|aquí|al habla|falando|quem|<[a-z]+>|holder|account|addressed|inhaber|empfänger|titul|destinat|soussign|ich,|yo,|eu,|moi,|refund for|statement of|[,:;|/–-] ?(?:<|[+(]?\d|[\w.+-]+@|tel|phone|mob|e-?mail)",
)

_WORDS = word_sections("not_names")
# Words that stand where a name could and are none; folded.
NOT_NAMES = _WORDS["no names"]
# Parts of a name that are words of daily use; taken for the name only when written with a capital.
_ALSO_WORDS = _WORDS["also words"]
_PARTICLES = _WORDS["particles"]
_LINKS = _WORDS["links"]
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def find_names(text: str, keep: Collection[str] = frozenset()) -> Iterator[Span]:
    """Names people give in greetings, introductions and signatures.

    Args:
        text: Text with its line breaks.
        keep: Folded names of products, families and vendors, which are no people.
    """
    if _CUES.search(text.lower()) is None:
        return
    for pattern, score in (
        (_SURE, 0.84), (_LIKELY, 0.6), (_BEFORE, 0.6), (_CONTACT, 0.6), (_BESIDE, 0.55), (_HOLDER, 0.6), (_TITLED, 0.7), (_GREETING, 0.6), (_SIGNED, 0.7), (_SIGNED_SHOUTING, 0.6), (_SIGNED_LOWER, 0.6),
        (_THANKED, 0.55), (_THANKED_FULL, 0.5), (_DASHED, 0.5),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            group = next((n for n in range(1, pattern.groups + 1) if match.group(n)), 0)
            end = _trimmed(match.group(group), keep)
            if pattern in _NEEDS_TWO and " " not in match.group(group)[:end].strip():
                continue
            if group and end:
                yield Span(match.start(group), match.start(group) + end, "NAME", score)


def _trimmed(candidate: str, keep: Collection[str]) -> int:
    """Length of the leading part of `candidate` that is a name; 0 when there is none."""
    end = 0
    if keep and fold(candidate) in keep:
        return end
    for match in _WORD.finditer(candidate):
        word = fold(match.group())
        if end and word in _LINKS:
            continue
        if all(part in NOT_NAMES for part in word.split()):
            break
        end = match.end()
    return end


def name_parts(names: Collection[str]) -> frozenset[str]:
    """The folded parts of names given as fields, those of three letters and more that are no plain words."""
    parts = {word for name in names for word in fold(name).split() if len(word) >= 3 and not word.isdigit()}
    return frozenset(parts - _PARTICLES - (NOT_NAMES - _ALSO_WORDS))


def find_given(text: str, parts: frozenset[str]) -> Iterator[Span]:
    """Where parts of a known name stand in the text, whatever their case and accents."""
    for match in _WORD.finditer(text):
        word = match.group()
        folded = _folded(word)
        for candidate, length in ((folded, len(word)), (folded.split(" ")[0], len(re.split("['’]", word)[0]))):
            if candidate in parts and (candidate not in _ALSO_WORDS or word[0].isupper()):
                yield Span(match.start(), match.start() + length, "NAME", 0.9)
                break


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    return fold(word)
