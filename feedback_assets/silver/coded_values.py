"""Personal values written as codes: e-mails, links, handles, addresses on the net, orders, and ids named as such.

Language-neutral patterns with their validators; phones, cards, accounts, national ids, names and addresses have
modules of their own.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from feedback_assets.silver.phones import is_other
from feedback_assets.silver.spans import Span

Validate = Callable[[re.Match[str]], bool]

# Possessive and bounded throughout: a hostile text of 20,000 characters must not cost more than its length.
_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63})*\.[^\W\d_]{2,24}(?!\w)|(?<![\w.+-])[\w.+-]{1,64}+@\[[\d.]+\]"
    r"|(?<![\w.+%'-])[\w.+-]{1,64}+ ?@ ?(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|gmx|web|live|aol|proton|protonmail|orange|free|uol|bol|terra|sapo)(?: ?\. ?[a-z]{2,4}){1,2}\b",
    re.IGNORECASE,
)
_EMAIL_SPELT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+\s?[(\[{]\s?(?:at|arroba|ät|@)\s?[)\]}]\s?[\w-]{1,63}+(?:\s?(?:\.|[(\[{]\s?(?:dot|punkt|punto|ponto|point|\.)\s?[)\]}])\s?[\w-]{2,24}){1,3}"
    r"|(?<![\w.+-])[\w.+-]{1,63}+(?<!\.) (?:at|arroba) [\w-]{1,63}+ (?:dot|punkt|punto|ponto) [a-z]{2,6}\b",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?<!\w)(?:https?://|www\.)[^\s<>\"']++|(?<![\w.-])[\w-]{1,63}+(?>(?:\.[\w-]{1,63}+){1,5})/[^\s<>\"'?#=]*+[?#=][^\s<>\"']*+",
    re.IGNORECASE,
)
_URL_SECRET = re.compile(
    r"[?#@=]|/[A-Za-z0-9_-]*\d[A-Za-z0-9_-]{7,}|//(?:t\.co|bit\.ly|goo\.gl|tinyurl\.com)/", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_][\w.]{1,29}\w|(?<![\w/])/?u/[A-Za-z0-9_-]{3,20}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{24,64}\b", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE)
_VERSION_BEFORE = re.compile(
    r"(?:version|vers\.?|ver\.?|\bv\.?|build|update[dn]?|release|app|firmware|versi[oó]n|vers[aã]o)\W{0,3}(?:\w+\W{1,2})?$",
    re.IGNORECASE,
)

_ORDER_WORD = (
    r"order|ord|bestell(?:ung|nummer|nr)|auftrags?(?:nummer|nr)?|kunden(?:nummer|nr)|rechnungs?(?:nummer|nr)?|vorgangs?(?:nummer|nr)?"
    r"|sendungs(?:nummer|nr)|sendung|ticket(?:nummer|nr)?|pedido|encomenda|compra|commande|colis|suivi|envio|envío|seguimiento"
    r"|rastreio|rastreamento|protocolo|invoice|receipt|factura|facture|fatura|nota fiscal|case|rma|return|booking|tracking"
    r"|reference|referenz|référence|referencia|referência|ref|customer|account|client|cliente|transaction|transacción|transação|confirmation|conf|reservation|shipment|parcel"
)
_NUMBER_WORD = r"number|no|nr|num|nummer|numero|número|numéro|n[º°o]|id|code|código|codigo|#|№"
_ORDER = re.compile(
    rf"\b(?:{_ORDER_WORD})\b\.?((?:[\s:=-]*(?:{_NUMBER_WORD})(?![^\W\d_])\.?|\s*#)*)"
    rf"[\s:=.-]*(?:(?:is|was|ist|lautet|war|es|est|é|era)\b[\s:]*)?(?:[#№]\s*)?\(?((?=[\w-]*\d)[A-Z0-9][A-Z0-9_/-]*[A-Z0-9])\b",
    re.IGNORECASE,
)
_CALENDAR = re.compile(
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|(?:19|20)\d{2}[-/]\d{1,2}(?:[-/]\d{1,2})?|\d{1,2}-\d{1,2}-(?:19|20)\d{2}"
)
_ORDER_SHAPES = re.compile(
    r"(?<![\w#])#\s?[A-Z]{0,4}-?\d{4,}[\dA-Z-]*\b"
    r"|(?<![\w-])(?:ORD|ORDER|ORDEN|PO|SO|INV|RMA|TKT|BST|BEST|PED|PEDIDO|CMD|ENC|REF|CASE|CUST)[-_ ]?#?\d{3,}[\dA-Z-]*\b"
    r"|(?<!\w)1Z[0-9A-Z]{16}(?!\w)|(?<!\w)[A-Z]{2}\d{9}[A-Z]{2}(?!\w)"
)  # fmt: skip
# What stands behind the name of a document or an account, and dates of birth.
_DOCUMENT = re.compile(
    r"\b(?:DNI|NIF|NIE|RG|RUT|RUN|RFC|CURP|CPF|CNPJ|SSN|NINO|passport(?: no\.?| number)?|ausweis(?:nr\.?|nummer)?|reisepass|steuer-?(?:id(?:nr\.?|entifikationsnummer)?|nr\.?|nummer)|(?:sozial|renten)versicherungs(?:nr\.?|nummer)|svnr\.?|ahv-?(?:nr\.?|nummer)|aadhaar(?: no\.?| number)?|national insurance(?: no\.?| number)?|social security(?: no\.?| number)?|seguridad social|cuit|cuil|c[ée]dula|cart[ãa]o de cidad[ãa]o|n[°º] ?s[ée]cu|sort code|acc(?:oun)?t\.?(?: no\.?| number)?|konto(?:nr\.?|nummer)?|conta"
    r"|documento)[ :.]+(?:is |es |é )?((?=[\w./ -]{0,24}?\d[\w./ -]{0,24}?\d[\w./ -]{0,24}?\d)[A-Z0-9](?:[A-Z0-9./-]|[ ](?=\d)){3,22}[A-Z0-9])\b",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?:geb\.?|geboren(?: am)?|geburts(?:tag|datum):?|born(?: on)?|date of birth:?|\bdob:?|née? le|nac[ií](?:do|da)?(?: el)?|nascid[oa](?: em)?|nasci(?: em)?)[ ]+(\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\b",
    re.IGNORECASE,
)
# A marketplace's order number may pass a card's check by chance.
_MARKETPLACE = re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])")
# So many digits in one piece are an account, an order or a telephone number of some country.
_LONG_NUMBER = re.compile(r"(?<![\w.,/+:-])\d{9,30}(?![\w]|[.,:/-]?\d)")


def _is_ip(match: re.Match[str]) -> bool:
    parts = match.group().split(".")
    # 24.08.12.3 is a version: an address has no leading zeros.
    if any((len(part) > 1 and part[0] == "0") or int(part) > 255 for part in parts):
        return False
    return _VERSION_BEFORE.search(match.string[max(0, match.start() - 24) : match.start()]) is None


def _is_ipv6(match: re.Match[str]) -> bool:
    try:
        ip_address(match.group())
    except ValueError:
        return False
    return True


def _is_secret_url(match: re.Match[str]) -> bool:
    return _URL_SECRET.search(match.group()) is not None


def _is_no_shout(match: re.Match[str]) -> bool:
    digits = match.group()
    # 100000000000000 and 999999999999999 are ways to shout, not ids.
    return len(set(digits)) > 3 and not digits.endswith("00000")


def _is_of_somebody(match: re.Match[str]) -> bool:
    return _is_no_shout(match) and not is_other(match.string, *match.span())


_SIMPLE: tuple[tuple[str, re.Pattern[str], float, Validate | None], ...] = (
    ("EMAIL", _EMAIL, 1.0, None),
    ("EMAIL", _EMAIL_SPELT, 0.8, None),
    ("URL", _URL, 0.95, _is_secret_url),
    ("HANDLE", _HANDLE, 0.8, None),
    ("ID", _UUID, 0.9, _is_no_shout),
    ("IP", _IPV4, 0.7, _is_ip),
    ("IP", _IPV6, 0.7, _is_ipv6),
    ("ORDER", _ORDER_SHAPES, 0.75, None),
    ("ORDER", _MARKETPLACE, 1.0, None),
    ("ID", _LONG_NUMBER, 0.5, _is_of_somebody),
)


def find_codes(text: str) -> Iterator[Span]:
    """Every e-mail, link with a token, handle, card, account, address on the net, order and national id."""
    for kind, pattern, score, validate in _SIMPLE:
        for match in pattern.finditer(text):
            if validate is None or validate(match):
                yield Span(match.start(), match.end(), kind, score)
    for pattern, score in ((_DOCUMENT, 0.87), (_BORN, 0.87)):
        yield from (Span(m.start(1), m.end(1), "ID", score) for m in pattern.finditer(text))
    yield from _orders(text)


def _orders(text: str) -> Iterator[Span]:
    for match in _ORDER.finditer(text):
        code = match.group(2)
        digits = sum(c.isdigit() for c in code)
        is_named = bool(match.group(1).strip()) or "#" in match.group()
        if _CALENDAR.fullmatch(code):
            continue
        year = digits == 4 and code.isdigit() and code[:2] in ("19", "20")
        # Said to be a number, three digits do; else a count or a year must not be taken for an order.
        if digits >= 5 or (digits >= 3 and is_named) or (digits == 4 and not year and len(code) > 4):
            yield Span(match.start(2), match.end(2), "ORDER", 0.88)
