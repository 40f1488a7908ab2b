"""National ids with right check digits, and the same with wrong ones."""

# ruff: noqa: E501 - lists of values read worse when broken
from __future__ import annotations

import pytest

from feedback_assets.silver.national_ids import find_national_ids
from feedback_assets.silver.redact import Redactor

# Published examples and numbers made for tests.
IDS = [
    "078-05-1120", "AB 12 34 56 C", "AB123456C", "943 476 5919", "1234567FA", "2341 2341 2346", "234123412346", "ABCPE1234F",
    "86 095 742 719", "65 170839 J 003", "756.9217.0769.85", "1 85 05 78 006 084 91", "85.07.30-033.28", "12345678Z", "12345678-Z", "X1234567L",
    "BOXW310820HNERXN09", "20-05536168-2", "12.531.909-2", "00000000 0 ZZ4", "529.982.247-25", "52998224725", "11.222.333/0001-81", "11222333000181",
    "RCCMNL83S18D969H",
]  # fmt: skip
WRONG = [
    "943 476 5918", "1234567AA", "2341 2341 2347", "86 095 742 718", "756.9217.0769.84", "85.07.30-033.29", "12345678A", "X1234567A", "20-05536168-3", "12.531.909-3",
    "ABCXE1234F", "RCCMNL83S18D969X", "4711-0815", "2024-08-19", "123.456.78", "1234-123-12", "GB123456A", "order 12345678 y", "WH1000XM4", "1499",
]  # fmt: skip


@pytest.mark.parametrize("value", IDS)
def test_an_id_of_a_state_is_replaced_whole(value: str) -> None:
    assert Redactor().redact(f"it says {value} on it").text == "it says <ID> on it"


@pytest.mark.parametrize("value", WRONG)
def test_what_fails_its_check_is_no_id(value: str) -> None:
    assert not list(find_national_ids(f"it says {value} on it"))


@pytest.mark.parametrize(
    "text",
    ["Steuernummer: 12/345/67890 bitte", "my NINO is QQ 12 34 56 A", "NIF: 123456789", "Aadhaar 1234 5678 9012", "PAN: ABCPE1234F", "n° sécu 185057800608491", "SSN 078051120"],
)  # fmt: skip
def test_behind_its_name_a_number_needs_no_check(text: str) -> None:
    redacted = Redactor().redact(text).text
    assert "<ID>" in redacted
    assert not any(sign.isdigit() for sign in redacted)
