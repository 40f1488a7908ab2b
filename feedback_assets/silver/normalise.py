"""Text as the customer meant it: encoding damage, markup, boilerplate and spaces put right.

Nothing is translated, judged or redacted here. Line breaks stay, for they tell where a signature begins.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

import ftfy

# A model reads no more of one item, and a longer text is a paste; what was cut is marked.
LONGEST = 20_000
CUT_MARK = " […]"
_FTFY = ftfy.TextFixerConfig(unescape_html=False, explain=False, normalization="NFC")

_BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote)\s*/?\s*>", re.IGNORECASE)
_HIDDEN = re.compile(
    r"<\s*(script|style)\b[^>]{0,500}>.{0,20000}?<\s*/\s*\1\s*>|<!--.{0,5000}?-->", re.IGNORECASE | re.DOTALL
)
_TAGS = re.compile(
    r"</?\s*(?:a|abbr|article|b|blockquote|body|br|button|center|code|dd|div|dl|dt|em|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|ol|option"
    r"|p|pre|q|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|th|thead|title|tr|u|ul|video)(?:\s[^<>]{0,2000})?/?\s*>",
    re.IGNORECASE,
)
# Bidirectional controls, zero-width spaces and byte-order marks; joiners stay, Indic scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# Letters dressed up as mathematics, in circles or full width; other compatibility characters keep their meaning.
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff01-\uff5e\u24b6-\u24e9\u1d00-\u1d2b]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" *\n[ \n]*")

_TRANSLATED = re.compile(
    r"^\s*\(?translated by google\)?\s*(?P<translation>.*?)\s*\(original\)\s*(?P<original>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_SENT_FROM = re.compile(
    r"^[\s>_-]*(?:sent from (?:my |the )?.{2,40}|sent via .{2,40}|get outlook for .{2,20}|(?:von meinem|gesendet (?:mit|von|über)) .{2,50}|enviado desde (?:mi )?.{2,40}"
    r"|envoyé (?:de|depuis) (?:mon )?.{2,40}|enviado d[oe] (?:meu )?.{2,40}|obtener outlook .{2,30}|obtenir outlook .{2,30}|obter o? ?outlook .{2,30}"
    r"|\(?translated by .{2,30}\)?|übersetzt von .{2,30}|traducido por google.{0,10}|traduit par google.{0,10}|traduzido (?:por|pelo) google.{0,10})[.!]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
# The phone's own line also stands at the end of a text whose line breaks were lost.
_SENT_FROM_TAIL = re.compile(
    r"[\s.]+(?:sent from my (?:iphone|ipad|samsung|galaxy|android)[\w ]{0,20}|von meinem (?:iphone|ipad|android|samsung)[\w ]{0,20}gesendet|enviado desde mi (?:iphone|ipad|android|samsung)[\w ]{0,20}"
    r"|envoyé de mon (?:iphone|ipad|android|samsung)[\w ]{0,20}|enviado do meu (?:iphone|ipad|android|samsung)[\w ]{0,20})[.!]?\s*$",
    re.IGNORECASE,
)
_QUOTE_START = re.compile(
    r"^(?:-{2,} ?(?:original message|ursprüngliche nachricht|mensaje original|message d['’]origine|message original|mensagem original) ?-{2,}"
    r"|on .{4,80} wrote:|am .{4,80} schrieb .{0,80}:|el .{4,80} escribió:|le .{4,80} a écrit ?:|em .{4,80} escreveu:"
    r"|_{10,}|(?:from|von|de): .{2,120}\n(?:sent|gesendet|enviado|envoyé|date|datum|fecha|data|to|an|para|à): )",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^\s*>.*$\n?", re.MULTILINE)
_SIGNATURE = re.compile(r"^-- ?$.*", re.MULTILINE | re.DOTALL)
_MAY_HOLD_BOILERPLATE = re.compile(
    r"sent |get outlook|gesendet|enviado|envoyé|outlook|transl|übersetzt|tradu|original|nachricht|mensa[jg]|wrote|schrieb|escri|écrit|____|\n\s*>|^\s*>|\n-- ?\n|(?:from|von|de): ",
    re.IGNORECASE,
)
_WORDLESS = re.compile(r"[\W_]*")


@lru_cache(maxsize=100_000)
def normalise(title: str, text: str) -> str:
    """One text out of title and body: readable Unicode, no markup, no boilerplate, single spaces.

    A text longer than `LONGEST` characters is cut there and ends with `CUT_MARK`. Doing it twice changes
    nothing. A title the body already begins with is not repeated.
    """
    head, body = _clean(title), _without_boilerplate(_clean(text))
    joined = _joined(head.replace("\n", " "), body)
    if len(joined) > LONGEST:
        # Cut at a word, so that no half of a number escapes the recognisers.
        joined = joined[:LONGEST].rsplit(None, 1)[0].rstrip() + CUT_MARK
    return joined


def _joined(title: str, body: str) -> str:
    if not title or not body:
        return title or body
    if body.casefold().startswith(title.rstrip(" .…").casefold()):
        return body
    return f"{title}{' ' if title[-1] in '.!?…:;,' else '. '}{body}"


def _clean(text: str) -> str:
    if not text:
        return ""
    text = text[: 4 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _SURROGATES.sub("\ufffd", text)
    if not text.isascii():
        text = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match.group()), ftfy.fix_text(text, _FTFY))
    if "<" in text or "&" in text:
        text = _plain(text)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text.replace("\t", " ")))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _plain(text: str) -> str:
    """Without tags, entities decoded; twice, for feeds that escaped their markup."""
    for _ in range(2):
        if "<" in text:
            text = _TAGS.sub(" ", _HIDDEN.sub(" ", _BREAKS.sub("\n", text)))
        decoded = html.unescape(text)
        if decoded == text:
            break
        text = decoded
    return text


def _without_boilerplate(text: str) -> str:
    if not text or _MAY_HOLD_BOILERPLATE.search(text) is None:
        return text
    translated = _TRANSLATED.match(text)
    body = translated["original"] if translated else text
    quoted = _QUOTE_START.search(body)
    if quoted:
        body = body[: quoted.start()]
    body = _SENT_FROM_TAIL.sub("", _SENT_FROM.sub("", _SIGNATURE.sub("", _QUOTED_LINE.sub("", body))))
    body = _LINES.sub("\n", body).strip()
    # Where nothing of the customer's own is left, the quote was the message.
    return text if _WORDLESS.fullmatch(body) else body
