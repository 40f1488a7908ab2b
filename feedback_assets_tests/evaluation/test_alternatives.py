"""The trivial alternatives say what they can and nothing else."""

from __future__ import annotations

import numpy as np

from feedback_assets.evaluation.alternatives import TfidfLogisticRegression, TfidfSvm, stars_alone, vader

TEXTS = ["the parcel is late", "parcel late again", "the zip broke", "zip broke today", "thank you", "thank you all"]
LABELS = ["delivery", "delivery", "defect", "defect", "no_issue", "no_issue"]


def test_stars_alone_read_three_and_fewer_as_a_complaint() -> None:
    said = stars_alone([1, 3, 4, 5, None])
    assert said.complains == [True, True, False, False, None]
    assert np.isnan(said.complaint[4]) and list(np.argsort(-said.complaint[:4])) == [0, 1, 2, 3]
    assert said.category is None and not said.is_probability


def test_vader_reads_english_only_at_its_own_thresholds() -> None:
    said = vader(["I love it", "I hate it", "It is a chair", "Ich hasse es"], ["en", "en", "en", "de"])
    assert said.complains == [False, True, False, None]
    assert said.complaint[1] > said.complaint[2] > said.complaint[0] and np.isnan(said.complaint[3])


def test_tfidf_with_logistic_regression_gives_categories_and_a_probability_of_a_complaint() -> None:
    said = TfidfLogisticRegression(TEXTS, LABELS)(["late parcel", "thank you"], {"no_issue"})
    assert said.category == ["delivery", "no_issue"] and said.complains == [True, False]
    assert said.complaint[0] > 0.5 > said.complaint[1] and said.is_probability
    assert said.confidence is not None and ((said.confidence > 1 / 3) & (said.confidence <= 1)).all()


def test_tfidf_with_a_support_vector_machine_gives_categories() -> None:
    assert TfidfSvm(TEXTS, LABELS)(["late parcel", "zip broke"]) == ["delivery", "defect"]
