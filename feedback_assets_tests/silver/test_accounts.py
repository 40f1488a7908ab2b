"""Cards and bank accounts in any spacing, and near misses."""

# ruff: noqa: E501 - lists of values read worse when broken
from __future__ import annotations

import random
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn, numdb

from feedback_assets.silver.accounts import find_accounts, is_card
from feedback_assets.silver.redact import Redactor

_REGISTER = numdb.get("iban")
_PAIRS = [a + b for a in string.ascii_uppercase for b in string.ascii_uppercase]
_STRUCTURES = {pair: bban for pair in _PAIRS if (bban := _REGISTER.info(pair)[0][1].get("bban"))}


def _account(country: str, rng: random.Random) -> str:
    signs = {"n": string.digits, "a": string.ascii_uppercase, "c": string.ascii_uppercase + string.digits}
    bban = "".join(
        rng.choice(signs[kind])
        for length, kind in re.findall(r"(\d+)!([nac])", _STRUCTURES[country])
        for _ in range(int(length))
    )
    return f"{country}{iban.calc_check_digits(f'{country}00{bban}')}{bban}"


def _card(rng: random.Random) -> str:
    start, length = rng.choice(
        [
            ("4", 16),
            ("5168", 16),
            ("2221", 16),
            ("371", 15),
            ("3000", 14),
            ("6011", 16),
            ("3530", 16),
            ("6759", 16),
            ("62", 19),
        ]
    )
    body = start + "".join(rng.choice(string.digits) for _ in range(length - 1 - len(start)))
    return body + luhn.calc_check_digit(body)


def _spaced(plain: str, rng: random.Random) -> str:
    cuts = sorted(rng.sample(range(4, len(plain)), rng.randrange(0, 5)))
    sign = rng.choice((" ", "-", ".", "  "))
    return sign.join(plain[a:b] for a, b in zip([0, *cuts], [*cuts, len(plain)], strict=True))


def test_the_register_holds_the_countries_of_our_languages() -> None:
    assert {"DE", "AT", "CH", "FR", "BE", "ES", "PT", "BR", "GB", "IE"} <= set(_STRUCTURES)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(_STRUCTURES)), st.booleans())
def test_an_account_of_any_country_is_found_in_any_spacing(rng: random.Random, country: str, small: bool) -> None:
    written = _spaced(_account(country, rng), rng)
    written = written.lower() if small else written
    text = f"transfer it to {written}, thank you"
    assert Redactor().redact(text).text == "transfer it to <IBAN>, thank you"


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_card_of_any_scheme_is_found_in_any_spacing(rng: random.Random) -> None:
    text = f"paid with {_spaced(_card(rng), rng)} yesterday"
    assert Redactor().redact(text).text == "paid with <CARD> yesterday"


@pytest.mark.parametrize("text", ["4111 1111 1111 1111 12/25", "4111111111111111 12/25 123", "4111-1111-1111-1111 99"])
def test_a_card_is_found_beside_its_expiry_date(text: str) -> None:
    assert [(span.kind, text[span.start : span.end].replace(" ", "").replace("-", "")) for span in find_accounts(text)][
        :1
    ] == [("CARD", "4111111111111111")]


def test_a_mistyped_card_or_account_in_its_usual_groups_is_still_somebodys() -> None:
    assert Redactor().redact("card 4111 1111 1111 1112 now").text == "card <CARD> now"
    assert Redactor().redact("to DE89 3704 0044 0532 0130 01 now").text == "to <IBAN> now"


@pytest.mark.parametrize(
    "digits",
    ["4111111111111112", "1234567812345670", "9999999999999995", "411111111111", "41111111111111111111", "0000000000000000"],
)  # fmt: skip
def test_digits_with_a_wrong_check_or_of_no_scheme_are_no_card(digits: str) -> None:
    assert not is_card(digits)


@pytest.mark.parametrize(
    "text", ["de 20 lampes 1234 5678", "es 30 de 2024", "in 12 months and 24 more", "NO 15 days", "BE 12 3456", "DE89370400440532013", "size IT 42 to 46"]
)  # fmt: skip
def test_words_that_begin_like_an_account_are_none(text: str) -> None:
    assert not list(find_accounts(text))
