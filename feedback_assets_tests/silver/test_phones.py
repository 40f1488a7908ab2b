"""Telephone numbers of many countries, and what looks like one."""

# ruff: noqa: E501 - lists of values read worse when broken
from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from feedback_assets.silver.phones import MARKETS, country_of, find_phones, regions_of
from feedback_assets.silver.redact import Redactor

REGIONS = (
    "US",
    "GB",
    "IE",
    "CA",
    "AU",
    "IN",
    "DE",
    "AT",
    "CH",
    "FR",
    "BE",
    "ES",
    "MX",
    "AR",
    "PT",
    "BR",
    "NL",
    "PL",
    "SE",
)


@pytest.mark.parametrize("form", [PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164])
@pytest.mark.parametrize("region", REGIONS)
def test_a_valid_number_of_the_writers_country_is_replaced_whole(region: str, form: int) -> None:
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        written = phonenumbers.format_number(number, form)
        text = f"You can find it under {written} in your system"
        assert Redactor().redact(text, region=region).text == "You can find it under <PHONE> in your system", written


def test_a_number_without_country_code_is_looked_for_in_the_countries_of_the_language() -> None:
    assert regions_of("Bitte rufen Sie mich zurück, das Gerät ist kaputt", None) == ("DE", "AT", "CH")
    assert regions_of("Bitte rufen Sie mich zurück, das Gerät ist kaputt", "Portugal")[0] == "PT"
    assert regions_of("", None) == MARKETS


@pytest.mark.parametrize(
    ("told", "country"),
    [("DE", "DE"), ("de", "DE"), ("uk", "GB"), ("US-CA", "US"), ("pt_BR", "BR"), ("Deutschland", "DE"), ("España", "ES"), ("EU", None), ("", None)],
)  # fmt: skip
def test_the_region_of_an_item_is_read_as_sources_write_it(told: str, country: str | None) -> None:
    assert country_of(told) == country


@pytest.mark.parametrize(
    "text",
    [
        "It arrived 2024-08-11 06:15:33 at last", "between 2015-2019 it worked", "24.07.2024 - 12.08.2024 no answer", "on 08/19/2024 9:30 it broke",
        "it costs 1,499.00 € or 1.499,00 EUR", "paid R$ 123456789 for it", "EAN 4006381333931 is wrong", "version 7.18.1.2 of the app", "100000000% bad",
        "1234567 downloads", "the box is 120x180x200 cm", "A0012345 came", "2024-00123 came", "TE-9304989469 came", "RH-4135675587 came", "look for #6253950846",
    ],
)  # fmt: skip
@pytest.mark.parametrize("region", ["DE", "US", "ES", "BR", None])
def test_dates_prices_versions_and_articles_are_no_phones(text: str, region: str | None) -> None:
    assert list(find_phones(text, region)) == []


def test_after_a_word_that_says_so_a_number_need_not_be_in_use() -> None:
    assert Redactor().redact("call (555) 867-5309 now").text == "call <PHONE> now"
    assert not list(find_phones("it is (555) 867-5309 here", "US"))


def test_a_number_with_a_country_code_need_not_be_in_use() -> None:
    assert Redactor().redact("it is +1 555-867-5309 here").text == "it is <PHONE> here"


def test_what_is_left_of_a_text_redacted_with_a_region_holds_nothing_without_one() -> None:
    redactor = Redactor()
    for region in REGIONS:
        text = redactor.redact("You can find it under 030 1234567 or 1300 123 456 or 2049 1234", region=region).text
        assert not redactor.find(text)
