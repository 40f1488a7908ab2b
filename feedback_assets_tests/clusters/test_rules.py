"""The room's section of thresholds.yaml loads, and says what is wrong with one that does not."""

from __future__ import annotations

import pytest

from feedback_assets.clusters.rules import cluster_rules
from feedback_assets.config.settings import load
from feedback_assets.config.thresholds import Section, ThresholdsError, load_thresholds


def section() -> Section:
    return load_thresholds(load().prompts_dir / "thresholds.yaml").section("clusters")


def test_the_projects_own_section_loads() -> None:
    rules = cluster_rules(section())
    assert rules.scope_of("product_quality", "defect") == ("product",)
    assert rules.scope_of("delivery_and_fulfilment", "delivery") == ("carrier",)
    assert rules.scope_of("site_and_app", "app_usability") == ()
    assert rules.split_below < rules.join_bound < rules.merge_bound < rules.merge_open


def test_an_unknown_scope_is_refused_by_name() -> None:
    values = {**section().values, "scope": {"delivery": ["moon"]}}
    with pytest.raises(ThresholdsError, match=r"clusters\.scope\.delivery: 'moon' is none of product, carrier"):
        cluster_rules(Section("clusters", values, "thresholds.yaml"))


def test_a_category_may_ask_more_likeness_than_others_across_products() -> None:
    rules = cluster_rules(section())
    assert rules.join("app_usability") > rules.join("service_quality") == rules.join_open
    values = {**section().values, "join_open_of": {"app_usability": "much"}}
    with pytest.raises(ThresholdsError, match=r"join_open_of\.app_usability is 'much'"):
        cluster_rules(Section("clusters", values, "thresholds.yaml"))
