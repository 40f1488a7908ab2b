"""SPEC C1: a category without an owner's fields does not load; any other taxonomy of the same form does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from feedback_assets.config.documents import ConfigError
from feedback_assets.config.taxonomy import load_taxonomy

_OWN = Path(__file__).parents[2] / "prompts" / "taxonomy.yaml"


def _written(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = yaml.safe_load(_OWN.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "taxonomy.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def test_the_bundled_taxonomy_loads_with_an_owner_for_every_category() -> None:
    taxonomy = load_taxonomy(_OWN)
    assert taxonomy.domain_of("delivery") == "delivery_and_fulfilment"
    assert all(category.owner and category.escalation for category in taxonomy.categories.values())
    assert taxonomy.allows("delivery", "late") and not taxonomy.allows("delivery", "rude")


@pytest.mark.parametrize("field", ["owner", "destination", "sla_hours", "severity_floor", "escalation"])
def test_a_category_without_a_required_field_does_not_load_and_says_how_to_fix_it(tmp_path: Path, field: str) -> None:
    path = _written(tmp_path, lambda content: content["categories"]["defect"].pop(field))
    with pytest.raises(ConfigError) as raised:
        load_taxonomy(path)
    message = str(raised.value)
    assert (
        message.startswith(f"{path}: line ")
        and f": categories.defect.{field}: is missing; write `{field}:` (" in message
    )


@pytest.mark.parametrize("field", ["proposed_by", "approved_by", "why"])
def test_a_change_must_say_who_proposed_and_approved_it_and_why(tmp_path: Path, field: str) -> None:
    with pytest.raises(ConfigError, match=rf"line \d+: change\.{field}: is missing; write `{field}:`"):
        load_taxonomy(_written(tmp_path, lambda content: content["change"].pop(field)))


def test_a_misspelt_domain_is_named_with_the_closest_one(tmp_path: Path) -> None:
    path = _written(tmp_path, lambda content: content["categories"]["defect"].update(domain="product_qualty"))
    with pytest.raises(ConfigError, match=r"line \d+: categories\.defect\.domain: .*did you mean 'product_quality'"):
        load_taxonomy(path)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        del content["categories"]["defect"]["owner"]
        content["categories"]["delivery"].update(sla_hours=-1, ownr="x")

    with pytest.raises(ConfigError) as raised:
        load_taxonomy(_written(tmp_path, change))
    assert len(str(raised.value).splitlines()) == 3


def test_the_version_follows_what_a_label_means_and_where_it_goes_but_not_who_approved_it(tmp_path: Path) -> None:
    own = load_taxonomy(_OWN)
    approved = _written(tmp_path, lambda content: content["change"].update(approved_by="someone-else"))
    assert load_taxonomy(approved).version == own.version
    owned = _written(tmp_path, lambda content: content["categories"]["defect"].update(owner="another-team"))
    assert load_taxonomy(owned).version != own.version


def test_a_category_with_keywords_and_examples_can_be_added(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["categories"]["warranty"] = content["categories"]["defect"] | {
            "sub_labels": ["refused"],
            "keywords": ["warranty claim"],
            "examples": ["Warranty claim denied.", {"text": "They say it has expired.", "sub_label": "refused"}],
        }

    warranty = load_taxonomy(_written(tmp_path, change)).category("warranty")
    assert [example.sub_label for example in warranty.examples] == [None, "refused"]


def test_an_example_with_a_foreign_sub_label_is_refused(tmp_path: Path) -> None:
    change = {"examples": [{"text": "x y", "sub_label": "lost"}]}
    with pytest.raises(ConfigError, match=r"examples\.0\.sub_label: 'lost' is no sub-label of defect"):
        load_taxonomy(_written(tmp_path, lambda content: content["categories"]["defect"].update(change)))


def test_a_file_that_is_not_yaml_or_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.yaml: not YAML"):
        load_taxonomy(broken)
    with pytest.raises(ConfigError, match="no such file"):
        load_taxonomy(tmp_path / "none.yaml")


def test_the_roles_are_read_from_the_file_whatever_the_categories_are_called(tmp_path: Path) -> None:
    def rename(content: dict[str, Any]) -> None:
        content["categories"]["wishes"] = content["categories"].pop("feature_request")
        content["categories"]["rest"] = content["categories"].pop("other")
        content["categories"]["fine"] = content["categories"].pop("no_issue")

    taxonomy = load_taxonomy(_written(tmp_path, rename))
    assert (taxonomy.wish, taxonomy.catch_all, taxonomy.no_issue) == ("wishes", "rest", "fine")
    assert taxonomy.unactionable == {"wishes", "rest", "fine"}


def test_a_file_written_before_roles_existed_gets_them_by_name_and_keeps_its_version(tmp_path: Path) -> None:
    def older(content: dict[str, Any]) -> None:
        del content["languages"], content["components"]
        for category in content["categories"].values():
            category.pop("role", None)

    taxonomy = load_taxonomy(_written(tmp_path, older))
    assert taxonomy.roles == load_taxonomy(_OWN).roles
    assert taxonomy.version == load_taxonomy(_OWN).version == "retail-1-331192a7c3"


def test_a_role_moved_to_another_category_is_another_version(tmp_path: Path) -> None:
    def move(content: dict[str, Any]) -> None:
        del content["categories"]["feature_request"]["role"]
        content["categories"]["service_quality"]["role"] = "wish"

    assert load_taxonomy(_written(tmp_path, move)).version != load_taxonomy(_OWN).version


@pytest.mark.parametrize(
    ("category", "role", "message"),
    [
        ("other", None, "no category has `role: catch_all`"),
        ("no_issue", None, "no category has `role: no_issue`"),
        ("defect", "wish", "feature_request.role: defect has `role: wish` already"),
    ],
)
def test_a_role_that_is_missing_or_stands_twice_is_refused(
    tmp_path: Path, category: str, role: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_taxonomy(_written(tmp_path, lambda content: content["categories"][category].update(role=role)))
