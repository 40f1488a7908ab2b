"""Where the graph ends is computed from it, so that a room may come behind the last one without being named."""

from __future__ import annotations

import dagster as dg

from feedback_assets.dagster_kit.automation import EVALUATION, last_assets
from feedback_assets.dagster_kit.partitions import DAYS


def day_asset(name: str, *deps: str, group: str = "room", by_day: bool = True) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=list(deps), group_name=group, partitions_def=DAYS if by_day else None)
    def asset() -> None: ...

    return asset


def ends(*assets: dg.AssetsDefinition) -> list[str]:
    graph = dg.Definitions(assets=list(assets)).resolve_asset_graph()
    return [key.to_user_string() for key in last_assets(graph)]


CHAIN = (day_asset("bronze"), day_asset("deliveries", "bronze"), day_asset("quarantine", "bronze"))


def test_every_leaf_is_an_end():
    assert ends(*CHAIN) == ["deliveries", "quarantine"]


def test_a_room_behind_deliveries_is_waited_for_instead():
    assert ends(*CHAIN, day_asset("alerts", "deliveries")) == ["alerts", "quarantine"]


def test_what_only_watches_is_no_end_and_hides_none():
    watching = day_asset("scores", "deliveries", group=EVALUATION)
    assert ends(*CHAIN, watching) == ["deliveries", "quarantine"]
    assert ends(*CHAIN, day_asset("golden", "deliveries", by_day=False)) == ["deliveries", "quarantine"]
