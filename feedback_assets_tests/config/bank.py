"""A prompts folder of another field: a bank with eight categories, none called like ours, and its customers' texts."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from feedback_assets.config.settings import load

# category -> owner, sub-labels, what goes wrong in customers' words.
_PROBLEMS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "transfer_trouble": ("payments-desk", ("stuck_transfer", "wrong_account"), (
        "my transfer has been pending for {n} days", "the wire transfer to {who} never went out",
        "standing order to {who} was not executed", "sent money to {who} and the transfer is stuck")),
    "card_trouble": ("cards-desk", ("blocked_card", "lost_card"), (
        "the debit card was blocked while paying {who}", "cash machine swallowed my card in {place}",
        "new credit card still not here after {n} weeks", "contactless card refused in {place}")),
    "online_banking": ("digital-channel", ("login_broken", "statement_missing"), (
        "online banking rejects my login since {n} days", "the banking portal shows no statements",
        "token for online banking does not arrive", "portal logs me out after {n} minutes")),
    "fees_and_interest": ("pricing-desk", ("hidden_charge", "interest_wrong"), (
        "charged {n} euros account fee nobody told me about", "the interest on my savings is wrong",
        "overdraft interest went up to {n} percent", "a fee for paper statements of {n} euros is outrageous")),
    "lending": ("credit-desk", ("slow_decision", "mortgage_papers"), (
        "mortgage application without a decision for {n} weeks", "loan officer lost my documents in {place}",
        "credit refused without any reason", "the loan contract has the wrong instalment of {n}")),
    "branch_people": ("branch-network", ("unfriendly", "queue"), (
        "the adviser in {place} was dismissive", "waited {n} minutes at the counter in {place}",
        "branch in {place} closed without notice", "teller in {place} was unfriendly to my mother")),
}  # fmt: skip
_WELL = ("all good with my bank, thank you", "very happy with the account", "friendly adviser, great bank",
         "opened a savings plan, easy and quick", "everything works, nice")  # fmt: skip
_GRUMBLE = (
    "this bank is terrible",
    "worst bank ever",
    "never again this bank",
    "simply awful, all of it",
    "a disgrace",
)
_WHO = ("my landlord", "Miller Ltd", "my sister", "the garage", "the school", "a friend")
_PLACE = ("Leeds", "Bristol", "York", "Bath", "Derby", "Truro")
CATEGORIES = (*_PROBLEMS, "grumbling", "all_well")
OWNERS = {name: owner for name, (owner, _, _) in _PROBLEMS.items()}


def text_of(category: str, rng: random.Random) -> str:
    """Something a customer of the bank writes about a category."""
    texts = {"grumbling": _GRUMBLE, "all_well": _WELL}
    pattern = rng.choice(_PROBLEMS[category][2] if category in _PROBLEMS else texts[category])
    start = rng.choice(("", "Hello, ", "For the record: ", "Again: ", "I am upset, ")) if category in _PROBLEMS else ""
    return start + pattern.format(n=rng.randrange(2, 40), who=rng.choice(_WHO), place=rng.choice(_PLACE))


def prompts(folder: Path, rng: random.Random) -> Path:
    """The whole prompts folder: what is not of a shop is copied; everything that names a category is its own."""
    ours = load().prompts_dir
    folder.mkdir(parents=True)
    prompt = (ours / "classify.md").read_text(encoding="utf-8")
    (folder / "classify.md").write_text(prompt.split("{{examples}}")[0] + "{{examples}}\n", encoding="utf-8")
    for name, content in _files(ours).items():
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ours / "moderation.yaml", folder)
    (folder / "examples").mkdir()
    rows = [_example(category, rng) for category in CATEGORIES for _ in range(60)]
    (folder / "examples" / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def items(path: Path, first: date, rng: random.Random, count: int = 500) -> Path:
    """A CSV file of items over four weeks; in the last days many transfers are stuck."""
    lines = ["id,date,customer,rating,text"]
    for number, (day, category) in enumerate(_told(count, rng)):
        at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=day, hours=rng.uniform(6, 20))
        stars = 5 if category == "all_well" else rng.choice((1, 2))
        lines.append(f'b{number},{at.isoformat()},c{number},{stars},"{text_of(category, rng)}, case {number}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _told(count: int, rng: random.Random) -> Iterator[tuple[int, str]]:
    burst = count // 5
    for _ in range(count - burst):
        yield rng.randrange(28), rng.choice(CATEGORIES)
    for _ in range(burst):
        yield rng.randrange(25, 28), "transfer_trouble"


def _example(category: str, rng: random.Random) -> dict[str, Any]:
    sub_labels = _PROBLEMS[category][1] if category in _PROBLEMS else ()
    issue = {"category": category, "sub_label": sub_labels[0] if sub_labels else None}
    mood = "positive" if category == "all_well" else "negative"
    return {"text": text_of(category, rng), "language": "en", "issues": [issue], "sentiment": mood, "urgency": 3}


def _files(ours: Path) -> dict[str, dict[str, Any]]:
    cues = _read(ours / "cues.yaml")
    thresholds = _read(ours / "thresholds.yaml")
    words = {"transfer": ["transfer*", "wire", "standing order"], "card": ["card*"], "login": ["login", "portal"],
             "money": ["fee*", "interest", "charged"], "credit": ["loan*", "mortgage*", "credit"]}  # fmt: skip
    thresholds["clusters"] |= {
        "scope": {}, "join_open_of": {}, "vague": [],
        "ignored_concepts": ["money"], "telling_concepts": [name for name in words if name != "money"],
        "titles": {"categories": {"transfer_trouble": "Transfers"}, "sub_labels": {}, "concepts": {}},
    }  # fmt: skip
    nothing: dict[str, list[str]] = {"sub_labels": []}
    thresholds["priority"] |= {
        "overrides": dict.fromkeys(thresholds["priority"]["overrides"], nothing),
    }
    thresholds["releases"]["touches"] = {kind: list(_PROBLEMS) for kind in thresholds["releases"]["touches"]}
    return {
        "taxonomy": _taxonomy(),
        "thresholds": thresholds,
        "cues": {name: entry for name, entry in cues.items() if not name.startswith("part_")},
        "lexicon": {"version": 1, "concepts": {name: {"en": phrases} for name, phrases in words.items()}},
    }


def _taxonomy() -> dict[str, Any]:
    def category(owner: str, domain: str, **more: object) -> dict[str, Any]:
        rest = {"destination": "bank", "sla_hours": 24, "severity_floor": 2, "escalation": ["board"]}
        return {"domain": domain, "definition": "What customers of the bank say.", "owner": owner, **rest, **more}

    steps = {step: f"step {step}" for step in range(1, 6)}
    problems = {
        name: category(owner, "money", sub_labels=list(sub_labels))
        for name, (owner, sub_labels, _) in _PROBLEMS.items()
    }
    return {
        "name": "bank", "version": 1, "change": {"proposed_by": "a", "approved_by": "b", "why": "another field"},
        "scales": {"severity": steps, "urgency": steps},
        "languages": ["en", "de", "es", "fr", "pt", "hi"], "components": [],
        "domains": {"money": "Accounts and payments.", "rest": "Nothing to solve."},
        "categories": problems | {
            "grumbling": category("front-office", "rest", role="catch_all"),
            "all_well": category("front-office", "rest", role="no_issue"),
        },
    }  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
