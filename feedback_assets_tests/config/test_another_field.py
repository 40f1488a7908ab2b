"""A taxonomy of another field works from the file to the ticket; a file that still names our categories is refused."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from feedback_assets.config.documents import ConfigError
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import load
from feedback_assets_tests.config import bank


@pytest.mark.parametrize("name", ["thresholds", "cues"])
def test_a_file_that_still_names_our_categories_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = bank.prompts(tmp_path / "prompts", random.Random(1))
    assert load_config(folder).taxonomy.no_issue == "all_well"
    shutil.copy(load().prompts_dir / f"{name}.yaml", folder)
    with pytest.raises(ConfigError) as raised:
        load_config(folder)
    named = {"thresholds": "'checkout_payment' is no category", "cues": "'part_battery' is no cue"}
    assert named[name] in str(raised.value)


@pytest.mark.slow
def test_five_hundred_items_of_a_bank_give_tickets_with_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(bank.prompts(tmp_path / "prompts", rng)))
    file = bank.items(tmp_path / "bank.csv", date(2026, 3, 1), rng)
    names = {"event_id": "id", "occurred_at": "date", "customer_id": "customer", "rating": "rating", "text": "text"}
    columns = [f"--map={name}={column}" for name, column in names.items()]
    for call in (("import", str(file), "--source=bank", "--channel=survey", *columns), ("run",)):
        done = subprocess.run(
            [sys.executable, "-m", "feedback_assets.cli.main", *call], capture_output=True, text=True, check=False,
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    lake = tmp_path / "home" / "lake"
    labels = DeltaTable(str(lake / "gold" / "items")).to_pandas()
    assert len(labels) > 450 and set(labels["category"]) <= set(bank.CATEGORIES)
    batch = DeltaTable(str(lake / "tickets" / "ticket_batch")).to_pandas()
    assert len(batch) and set(batch["owner"]) <= set(bank.OWNERS.values())
    transfers = batch[batch["category"] == "transfer_trouble"]
    assert len(transfers) and set(transfers["owner"]) == {"payments-desk"}
