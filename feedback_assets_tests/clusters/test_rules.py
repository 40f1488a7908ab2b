"""The numbers of the room: which entry of a scope counts, and where a category asks for more likeness."""

from __future__ import annotations

from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import load

RULES = load_config(load().prompts_dir).thresholds.clusters


def test_a_categorys_own_scope_goes_before_its_domains() -> None:
    assert RULES.scope_of("product_quality", "defect") == ("product",)
    assert RULES.scope_of("delivery_and_fulfilment", "delivery") == ("carrier",)
    assert RULES.scope_of("site_and_app", "app_usability") == ()
    assert RULES.split_below < RULES.join_bound < RULES.merge_bound < RULES.merge_open


def test_a_category_may_ask_more_likeness_than_others_across_products() -> None:
    assert RULES.join("app_usability") > RULES.join("service_quality") == RULES.join_open
