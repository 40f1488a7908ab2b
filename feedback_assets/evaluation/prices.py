"""What tokens of a language model cost: found in the settings or the thresholds file, never guessed.

How many tokens something takes is counted by who asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings


@dataclass(frozen=True)
class Price:
    """What a million tokens of a model cost, and who says so; None where nobody does."""

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
        told = "FEEDBACK_MODEL_PRICE_IN and FEEDBACK_MODEL_PRICE_OUT"
        return Price(settings.model_price_in, settings.model_price_out, "", told)
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
