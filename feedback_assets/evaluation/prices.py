"""Token prices of a language model, from the settings or the thresholds file; never guessed.

The caller counts the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings


@dataclass(frozen=True)
class Price:
    """Price of a million tokens of a model, and its source; None where it is not known."""

    tokens_in: float | None
    tokens_out: float | None
    currency: str
    reason: str

    def of(self, tokens_in: int, tokens_out: int) -> float | None:
        """Price of a request; None where it is not known."""
        if self.tokens_in is None or self.tokens_out is None:
            return None
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1_000_000


def price_of(settings: Settings) -> Price:
    """The price of the model in use: of the settings, else of the thresholds file, else not known."""
    if {"model_price_in", "model_price_out"} <= settings.model_fields_set:
        variables = "FEEDBACK_MODEL_PRICE_IN and FEEDBACK_MODEL_PRICE_OUT"
        return Price(settings.model_price_in, settings.model_price_out, "", variables)
    price = load_config(settings.prompts_dir).thresholds.evaluation.prices.get(settings.model_deployment)
    if price is None:
        return Price(
            None,
            None,
            "",
            f"the price of {settings.model_deployment} is not known; write it in thresholds.yaml, evaluation.prices, "
            "or set FEEDBACK_MODEL_PRICE_IN and FEEDBACK_MODEL_PRICE_OUT",
        )
    reason = f"thresholds.yaml, as of {price.as_of}: {price.source}"
    return Price(price.tokens_in, price.tokens_out, price.currency, reason)
