"""Telling languages."""

from __future__ import annotations

import pytest

from feedback_assets.silver.language import detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the parcel never arrived and nobody answers"), ("en", "good app"), ("en", "please fix login"),
        ("de", "Das Paket ist nie angekommen"), ("de", "funktioniert nicht mehr"),
        ("es", "El paquete nunca llegó a mi casa"), ("es", "muy mala calidad"),
        ("fr", "Le colis n'est jamais arrivé"), ("fr", "très mauvais produit"),
        ("pt", "O produto ainda não chegou"), ("pt", "não recebi o produto"), ("pt", "muito bom"),
        ("hi", "Paisa kat gaya par order nahi aaya"), ("hi", "बहुत बढ़िया ऐप है"),
        ("it", "Il pacco non è mai arrivato e nessuno risponde"),
    ],
)  # fmt: skip
def test_the_language_is_told(language: str, text: str) -> None:
    found, confidence = detect(text)
    assert found == language
    assert 0.5 <= confidence <= 1


@pytest.mark.parametrize("text", ["", "ok", "👍👍", "5/5", "<NAME> <EMAIL>", "super"])
def test_what_is_too_short_to_tell_is_undecided(text: str) -> None:
    assert detect(text) == ("und", 0.0)
