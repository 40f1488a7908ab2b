"""Numbers by which states know a person: tax, social security and identity numbers, by shape and check digits.

Each stands here when its shape is its own, or its check digits leave little to chance. Others are found by the word
before them, in `numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from stdnum.ar import cuit
from stdnum.be import nn
from stdnum.br import cnpj, cpf
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.mx import curp, rfc
from stdnum.pt import cc

from feedback_assets.silver.spans import Span

_BEFORE, _AFTER = r"(?<![\w.,/+-])", r"(?![\w/-]|[.,]\d)"
# Prefixes that are not given out: https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110
_NINO = r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]"
# Country and name, shape, and what checks it; None where the shape alone says it, so that a mistyped one is found too.
_IDS: tuple[tuple[str, str, Callable[[str], bool] | None], ...] = (
    ("US SSN, ITIN", r"\d{3}-\d{2}-\d{4}", None),
    ("GB NINO", _NINO, None),
    ("GB NHS", r"\d{3} \d{3} \d{4}", nhs.is_valid),
    ("IE PPS", r"\d{7}[A-W][A-IW]?", pps.is_valid),
    ("IN Aadhaar", r"[2-9]\d{3}(?P<a>[ -]?)\d{4}(?P=a)\d{4}", aadhaar.is_valid),
    ("IN PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", pan.is_valid),
    ("DE Steuer-ID", r"\d{2}(?P<s>[ /]?)\d{3}(?P=s)\d{3}(?P=s)\d{3}", idnr.is_valid),
    ("DE Versicherungsnummer", r"\d{2} ?[0-3]\d[01]\d\d{2} ?[A-Z] ?\d{3}", None),
    ("CH AHV", r"756\.?\d{4}\.?\d{4}\.?\d{2}", ahv.is_valid),
    ("FR NIR", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", nir.is_valid),
    ("FR NIR without key", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3}", None),
    ("BE NN", r"\d{2}\.?[0-5]\d\.?\d{2}[ -]?\d{3}[ .]?\d{2}", nn.is_valid),
    ("ES DNI", r"\d{2}\.?\d{3}\.?\d{3}-?[A-HJ-NP-TV-Z]", dni.is_valid),
    ("ES NIE", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", nie.is_valid),
    ("MX CURP", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", curp.is_valid),
    ("MX RFC", r"[A-ZÑ&]{4}-?\d{6}-?[A-Z\d]{3}", rfc.is_valid),
    ("AR CUIT", r"\d{2}-\d{8}-\d", cuit.is_valid),
    ("CL RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]|\d{7,8}-[\dK]", rut.is_valid),
    ("PT CC", r"\d{8} ?\d ?[A-Z\d]{2}\d", cc.is_valid),
    ("BR CPF as it is printed", r"\d{3}\.\d{3}\.\d{3}-\d{2}", None),
    ("BR CPF", r"\d{9}[ .-]?\d{2}", cpf.is_valid),
    ("BR CNPJ as it is printed", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", None),
    ("BR CNPJ", r"\d{8}[ /]?\d{4}[ -]?\d{2}", cnpj.is_valid),
    ("IT codice fiscale", r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
)
_PATTERNS = [(re.compile(f"{_BEFORE}(?:{shape}){_AFTER}", re.IGNORECASE), check) for _, shape, check in _IDS]
# Each of them has six digits with little between them, or letters and digits in one piece.
_MAY_HOLD_ID = re.compile(r"\d(?:[ ./-]?\d){5}|[A-Za-z]{5}\d{4}[A-Za-z]|[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}")


def find_national_ids(text: str) -> Iterator[Span]:
    """Every number of a person at a tax, social security or identity office."""
    if _MAY_HOLD_ID.search(text) is None:
        return
    for pattern, check in _PATTERNS:
        for match in pattern.finditer(text):
            if check is None or check(match.group().upper()):
                yield Span(match.start(), match.end(), "ID", 0.86)
