"""A column says what its values are and what they hold of a person, or is refused."""

from __future__ import annotations

import pytest

from feedback_assets import tables
from feedback_assets.personal import NONE, WORDS
from feedback_assets.tables import Column, values


@pytest.mark.parametrize("kind", ["string", "vector"])
def test_a_column_of_free_text_that_says_nothing_of_persons_is_refused(kind: tables.Kind) -> None:
    with pytest.raises(ValueError, match=r"column 'note' says nothing of persons; give it one of none, link, key"):
        Column("note", kind, "What somebody noted.")


def test_a_declared_column_keeps_its_word() -> None:
    assert Column("note", "string", "What somebody noted.", personal=WORDS).personal is WORDS


@pytest.mark.parametrize("kind", ["int", "float", "bool", "timestamp", "date"])
def test_numbers_and_times_hold_nothing_of_a_person_unless_declared(kind: tables.Kind) -> None:
    assert Column("count", kind, "How many.").personal is NONE
    assert Column("count", kind, "How many.", personal=WORDS).personal is WORDS


def test_a_closed_set_needs_no_declaration() -> None:
    assert Column("level", "string", "P1 to P4.", allowed=tuple(tables.Level)).personal is NONE


def test_the_contract_allows_what_the_enum_has() -> None:
    action = tables.TICKET_BATCH.column("action")
    assert action.allowed == tuple(tables.TicketAction)
    assert "create" in action.allowed and "delete" not in action.allowed


def test_a_release_is_resolved_by_everything_but_an_order() -> None:
    allowed = tables.SILVER_RELEASES.column("product_match").allowed
    assert set(tables.ProductMatch) - set(allowed) == {tables.ProductMatch.ORDER}


def test_every_enum_of_a_column_is_declared_once_with_the_values() -> None:
    declared = {type(value) for table in tables.ALL for column in table.columns for value in column.allowed}
    assert declared and {enum.__module__ for enum in declared} == {values.__name__}
