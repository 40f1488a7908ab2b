from __future__ import annotations

import numpy as np

from feedback_assets.tickets.concentration import concentration

REGIONS = {"GB": 0.28, "US": 0.22, "DE": 0.15, "FR": 0.12, "ES": 0.1, "PT": 0.07, "BR": 0.06}
USUAL = {region: round(5000 * share) for region, share in REGIONS.items()}
# As in thresholds.yaml.
LEAST = 5.0


def spread(rng: np.random.Generator, count: int) -> dict[str, int]:
    drawn = rng.multinomial(count, list(REGIONS.values()))
    return {region: int(found) for region, found in zip(REGIONS, drawn, strict=True) if found}


def test_a_rise_of_two_regions_is_found_and_said() -> None:
    now = {"GB": 6, "US": 5, "DE": 3, "PT": 14, "BR": 12}
    found = concentration(now, {"GB": 9, "US": 7, "DE": 5, "PT": 2, "BR": 2}, USUAL, 14.0, LEAST)
    assert found is not None
    assert found.places == ("BR", "PT")
    assert found.observed == 26
    assert found.reason.startswith("26 of 40 reports come from BR, PT, where 2.")


def test_a_rise_everywhere_is_no_regions_own() -> None:
    rng = np.random.default_rng(7)
    found = [concentration(spread(rng, 60), spread(rng, 60), USUAL, 20.0, LEAST) is not None for _ in range(400)]
    # Named by chance in a few of a hundred; a threshold of 3 would name one in four.
    assert np.mean(found) < 0.08
    loose = [concentration(spread(rng, 60), spread(rng, 60), USUAL, 20.0, 3.0) is not None for _ in range(400)]
    assert np.mean(loose) > 0.15


def test_no_rise_and_a_single_region_say_nothing() -> None:
    assert concentration({"PT": 9, "GB": 1}, {}, USUAL, 20.0, LEAST) is None
    assert concentration({"PT": 30}, {}, USUAL, 2.0, LEAST) is None
    assert concentration({}, {}, USUAL, 2.0, LEAST) is None


def test_a_past_of_a_few_issues_proves_nothing() -> None:
    assert concentration({"GB": 4, "PT": 3}, {"GB": 1}, USUAL, 1.0, LEAST) is None
