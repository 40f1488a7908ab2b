"""An older home's dagster.yaml is completed, and what a person wrote in it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.orchestration import instance_file

OLD = """# Ours.
telemetry:
  enabled: false
# We have four cores.
concurrency:
  runs:
    max_concurrent_runs: 4"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def write(settings: Settings, text: str) -> Path:
    path = instance_file.instance_file(settings)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_of_the_checkout_and_of_the_package_say_the_same():
    assert yaml.safe_load(instance_file.PACKAGED).items() <= yaml.safe_load(instance_file.new_text()).items()
    assert yaml.safe_load(instance_file.new_text())["sensors"] == {"use_threads": True}


def test_a_home_without_the_file_lacks_nothing(settings: Settings):
    assert not instance_file.lacks(settings)


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        "",
        "# only a comment\n",
        OLD + "\nsensors:\n    # two are enough\n    num_workers: 2\n",
        OLD + "\nsensors: {num_workers: 2}  # two are enough\nnux: {enabled: false}\n",
        "sensors: {}\n" + OLD,
        "sensors:\n  num_workers: 2\n\n" + OLD,
    ],
)
def test_the_key_is_added_and_every_line_that_was_there_stays(settings: Settings, text: str):
    path = write(settings, text)
    before = yaml.safe_load(text) or {}
    assert instance_file.lacks(settings)
    assert "sensors.use_threads" in instance_file.complete(settings)
    after = path.read_text(encoding="utf-8")
    expected = {**before, "sensors": {**(before.get("sensors") or {}), "use_threads": True}}
    assert yaml.safe_load(after) == expected
    assert all(line in after for line in text.splitlines() if line.startswith("#"))
    assert not instance_file.lacks(settings)


def test_a_person_who_wants_no_threads_keeps_none(settings: Settings):
    path = write(settings, "sensors:\n  use_threads: false\n")
    assert not instance_file.lacks(settings)
    instance_file.complete(settings)
    assert path.read_text(encoding="utf-8") == "sensors:\n  use_threads: false\n"


@pytest.mark.parametrize("text", ["sensors: &shared\n  num_workers: 2\n", "'sensors': {num_workers: 2}\n"])
def test_a_file_written_in_an_unusual_way_is_left_alone_and_the_line_to_add_is_named(settings: Settings, text: str):
    path = write(settings, text)
    with pytest.raises(CallError, match="add the line `use_threads: true` there"):
        instance_file.complete(settings)
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_no_yaml_is_named(settings: Settings):
    write(settings, "telemetry: {enabled: false")
    with pytest.raises(CallError, match=r"dagster\.yaml: not YAML"):
        instance_file.lacks(settings)
