"""The numbers that decide: `prompts/thresholds.yaml` as one model, one section for each room.

Only loading and versioning. The fields of a section stand in `sections/`; names in it are checked in
`prompts_folder.py`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ConfigDict

from feedback_assets.config.documents import Document, Fault, inside, read_document, refuse, validate
from feedback_assets.config.sections.classification import ClassificationRules
from feedback_assets.config.sections.clusters import ClusterRules
from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.config.sections.priority import PriorityRules
from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.config.sections.tickets import TicketRules
from feedback_assets.config.sections.watching import DriftRules, EvaluationRules, LatencyRules
from feedback_assets.config.strict import Strict, setting

_START = "start with a section such as `classification:`"
# Keys that were once thresholds, and where what they said stands now.
_MOVED = {
    ("drift", "catch_all"): "remove it: the taxonomy says it, with `role: catch_all` in a category",
    ("clusters", "whole"): "remove it: clusters of one product that begin to rise together become one, see `rise_gain`",
    (
        "clusters",
        "loose",
    ): "remove it: clusters of one category that begin to rise together become one, see `rise_gain`",
    ("clusters", "skip"): "remove it: the taxonomy says it, with `role: no_issue` in a category",
    ("priority", "confidence_members"): "remove it: confidence is the share of members that tell the problem",
    ("priority", "never_ticketed"): "remove it: categories with a `role` in the taxonomy get no ticket",
}


class Thresholds(Strict):
    """All sections of the file."""

    classification: ClassificationRules = setting("section", "When an answer is automatic.")
    clusters: ClusterRules = setting("section", "When issues belong together.")
    evidence: EvidenceRules = setting("section", "Which words of customers are shown.")
    priority: PriorityRules = setting("section", "How urgent a cluster is, and what follows.")
    tickets: TicketRules = setting("section", "When a ticket is met again, and what is its evidence.")
    evaluation: EvaluationRules = setting("section", "What changes of prompts are compared with, and what they cost.")
    releases: ReleaseRules = setting("section", "When complaints after a release are its effect.")
    latency: LatencyRules = setting("section", "How fast an item must be at each hop.")
    drift: DriftRules = setting("section", "When items have become others than before.")


class _ClassificationOnly(Strict):
    """What a file of earlier days must still have: the section that labels were made with."""

    model_config = ConfigDict(extra="ignore")

    classification: ClassificationRules = setting("section", "When an answer is automatic.")


def read_thresholds(path: Path) -> tuple[Document, Thresholds]:
    """Read and check a thresholds file; names are checked with taxonomy and lexicon.

    Raises:
        ConfigError: It is not there, or a key is missing, unknown, of the wrong kind or out of range.
    """
    document = read_document(path, _START)
    return document, check_thresholds(document)


def check_thresholds(document: Document) -> Thresholds:
    """A thresholds file as the rooms read it.

    Raises:
        ConfigError: A key is missing, unknown, of the wrong kind or out of range.
    """
    refuse(
        Fault(document, place, "is no threshold any more", fix)
        for place, fix in _MOVED.items()
        if inside(document.content, place) is not None
    )
    return validate(Thresholds, document)


def read_classification(path: Path) -> tuple[Document, ClassificationRules]:
    """Read the section `classification` alone: all that a kept edition's labels were made with.

    Raises:
        ConfigError: It is not there, or the section is missing or wrong.
    """
    document = read_document(path, _START)
    return document, validate(_ClassificationOnly, document).classification


def version_of(document: Document, section: str = "") -> str:
    """Hash of a section, or of all of them, 12 hex digits; comments and order do not count."""
    content: object = document.content[section] if section else document.content
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
