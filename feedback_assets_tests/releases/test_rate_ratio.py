"""The ratio of two rates, its interval and chance; onsets; versions compared at one time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from feedback_assets.releases.onset import scan_onsets
from feedback_assets.releases.rate_ratio import compare_rates, estimate_dispersion
from feedback_assets.releases.versions import VersionCounts, compare_versions

ONE = np.ones(1)


def arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value], dtype=float) for value in values]


def test_without_dispersion_the_chance_is_the_exact_binomial_one() -> None:
    result = compare_rates(*arrays(12, 9, 50, 150), ONE)
    expected = binomtest(12, 21, 50 / 200, alternative="greater")
    assert result.p_value[0] == pytest.approx(expected.pvalue)
    assert result.ratio[0] == pytest.approx(4.0)
    ends = binomtest(12, 21, 50 / 200).proportion_ci(0.95, "exact")
    assert (result.low[0], result.high[0]) == pytest.approx(
        (ends.low / (1 - ends.low) * 3, ends.high / (1 - ends.high) * 3)
    )


def test_more_dispersion_widens_the_interval_and_lessens_the_surprise() -> None:
    plain, wide = compare_rates(*arrays(12, 9, 50, 150), ONE), compare_rates(*arrays(12, 9, 50, 150), 2 * ONE)
    assert wide.low[0] < plain.low[0] < plain.high[0] < wide.high[0]
    assert wide.p_value[0] > plain.p_value[0]


def test_none_before_has_no_upper_end_and_nothing_to_measure_by_has_no_ratio() -> None:
    result = compare_rates(*arrays(5, 0, 50, 150), ONE)
    assert np.isinf(result.ratio[0]) and np.isinf(result.high[0]) and result.low[0] > 1
    nothing = compare_rates(*arrays(5, 0, 50, 0), ONE)
    assert np.isnan(nothing.ratio[0]) and nothing.p_value[0] == 1


def test_what_others_of_its_kind_have_counts_as_much_as_one_complaint_of_them() -> None:
    short = compare_rates(*arrays(6, 0, 50, 25), ONE).p_value[0]
    known = compare_rates(*arrays(6, 0, 50, 25), ONE, np.array([100.0])).p_value[0]
    assert known == pytest.approx((50 / 175) ** 6) and short == pytest.approx((50 / 75) ** 6)


def test_the_95_percent_interval_holds_the_true_ratio_at_least_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    after, before = rng.poisson(20 * 1.5, 4000), rng.poisson(60, 4000)
    result = compare_rates(after, before, np.full(4000, 1.0), np.full(4000, 3.0), np.ones(4000))
    covered = ((result.low <= 1.5) & (result.high >= 1.5)).mean()
    assert 0.95 <= covered <= 0.985


def test_regular_days_have_a_dispersion_of_one_and_blips_more() -> None:
    exposure = np.full((2, 28), 100.0)
    counts = np.stack([np.full(28, 4.0), np.where(np.arange(28) % 7 == 0, 28.0, 0.0)])
    regular, blips = estimate_dispersion(counts, exposure, np.zeros(2), 20.0)
    assert regular == 1 and blips > 5
    assert estimate_dispersion(counts[:1], exposure[:1], np.array([40.0]), 20.0)[0] == pytest.approx(3.0)


def test_a_rise_is_dated_at_its_first_day_also_when_it_ends() -> None:
    counts = np.full((2, 40), 2.0)
    counts[0, 25:31] = 9
    counts[1, 30:] = 9
    result = scan_onsets(counts, np.full((2, 40), 100.0), np.ones(2))
    assert list(result.best_day()) == [25, 30]
    assert result.gap(25, 3)[0] == 0 and result.gap(30, 0)[1] == 0
    assert result.gap(20, 3)[0] > 5 and result.gap(26, 3)[0] > 2


def test_counts_that_only_fall_have_no_onset() -> None:
    counts = np.r_[np.full(30, 9.0), np.full(10, 0.0)][None]
    result = scan_onsets(counts, np.full((1, 40), 100.0), np.ones(1))
    assert result.at(30, 3, 0.7)[0] == 0


def test_each_day_between_release_and_rise_makes_it_half_as_likely() -> None:
    counts = np.full((1, 40), 2.0)
    counts[0, 25:33] = 12
    result = scan_onsets(counts, np.full((1, 40), 100.0), np.ones(1))
    assert result.at(25, 3, 0.7)[0] - result.at(23, 3, 0.7)[0] == pytest.approx(1.4)


def named(own: float, other: float, items_own: float, items_other: float) -> VersionCounts:
    days = np.ones((1, 10))
    return VersionCounts(
        own=own * days, established=other * days, any=(own + other) * days, items_own=items_own * days[0],
        items_established=items_other * days[0], items_any=(items_own + items_other) * days[0],
        before=np.full((1, 28), 10.0), items_before=np.full(28, 50.0),
    )  # fmt: skip


def test_a_version_is_compared_with_others_of_the_same_days() -> None:
    worse = compare_versions(named(own=12, other=6, items_own=40, items_other=40), ONE)
    assert worse.same_time_ratio[0] == pytest.approx(2.0)
    assert worse.same_time_p[0] < 1e-3
    assert worse.against_before.ratio[0] == pytest.approx((120 / 400) / (280 / 1400))
    same = compare_versions(named(own=12, other=12, items_own=40, items_other=40), ONE)
    assert same.same_time_p[0] > 0.4


def test_complaints_that_name_other_versions_speak_against_a_release() -> None:
    assert compare_versions(named(own=12, other=1, items_own=20, items_other=60), ONE).log_likelihood[0] > 20
    assert compare_versions(named(own=1, other=12, items_own=60, items_other=20), ONE).log_likelihood[0] < -20
