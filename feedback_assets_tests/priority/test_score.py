"""The score: what rises, what only follows the season, each factor, and each day from what it may see."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.config.taxonomy import Role, Taxonomy
from feedback_assets.priority.score import score_clusters
from feedback_assets.text import text_or_none
from feedback_assets_tests.priority.story import RULES, TAXONOMY, Story, day


def quiet(days: int = 42, items: int = 40) -> Story:
    """A shop with the same volume every day and small problems spread thin."""
    story = Story()
    for on in range(days):
        story.praise(on, items)
        story.issues(f"small-{on % 9}", on, 1)
    return story


def test_a_sudden_fault_gets_a_ticket_within_two_days() -> None:
    story = quiet()
    story.issues("broken", 35, 5, "p1")
    story.issues("broken", 36, 6, "p1")
    row = story.scored(36, "broken")
    assert (row["decision"], row["level"]) == ("ticket", "P3")
    assert row["p_value"] < 1e-4
    assert row["lift_7d"] > 5
    assert "11 issues of 11 customers in 7 days" in row["reason"]


def test_a_problem_as_usual_is_watched_only() -> None:
    story = quiet()
    for on in range(42):
        story.issues("old", on, 1, "p1")
    assert story.scored(41, "old")["decision"] in ("watch", "digest")


def test_a_season_that_lifts_everything_alike_is_no_rise() -> None:
    story = Story()
    for on in range(42):
        factor = 3 if on >= 35 else 1
        story.praise(on, 40 * factor, "gift")
        story.order(on, 100 * factor, "gift")
        story.issues("late", on, 2 * factor, "gift")
        story.issues("open", on, 3 * factor)
        for number in range(12):
            story.issues(f"other-{number}", on, 3 * factor)
    for cluster in ("late", "open"):
        row = story.scored(41, cluster)
        assert row["p_value"] > 0.01
        assert row["decision"] in ("watch", "digest")


def test_a_season_of_one_product_is_no_rise_though_the_shop_stays_calm() -> None:
    story = Story()
    for on in range(42):
        factor = 3 if on >= 35 else 1
        story.praise(on, 100)
        story.order(on, 300)
        story.praise(on, 10 * factor, "gift")
        story.order(on, 30 * factor, "gift")
        story.issues("late", on, 2 * factor, "gift")
        for number in range(20):
            story.issues(f"other-{number}", on, 3)
    assert story.scored(41, "late")["decision"] in ("watch", "digest")


@pytest.mark.parametrize("carriers_rise", [True, False])
def test_what_is_tied_to_no_carrier_rises_only_beyond_those_that_are(carriers_rise: bool) -> None:
    story = Story()
    for on in range(42):
        busy = 5 if on >= 35 else 1
        story.praise(on, 100)
        story.issues("untied", on, 2 * busy, category="delivery")
        for number in range(4):
            story.issues(f"carrier-{number}", on, 3 * (busy if carriers_rise else 1), category="delivery")
    for state in story.states:
        tied = str(state["cluster_id"]).startswith("carrier")
        state["scope"] = f"delivery|carrier={state['cluster_id']}" if tied else "delivery"
    assert (story.scored(41, "untied")["p_value"] < 0.001) is not carriers_rise


def test_the_same_rise_without_the_season_is_one() -> None:
    story = Story()
    for on in range(42):
        story.praise(on, 100, "gift")
        story.order(on, 300, "gift")
        story.issues("late", on, 6 if on >= 35 else 1, "gift")
    assert story.scored(41, "late")["decision"] == "ticket"


def test_many_reports_of_one_customer_make_no_ticket() -> None:
    story = quiet()
    for on in (35, 36):
        story.issues("broken", on, 8, "p1", customer_ref="angry")
    assert story.scored(36, "broken")["decision"] != "ticket"


def test_a_history_too_short_to_expect_anything_is_said_so_and_nothing_rises() -> None:
    story = Story()
    for on in range(3):
        story.praise(on, 40)
        story.issues("broken", on, 8, "p1")
    row = story.scored(2, "broken")
    assert row["p_value"] == 1
    assert row["decision"] != "ticket"
    assert any(text.startswith("history of 3 days") for text in json.loads(row["missing_inputs"]))


def test_a_large_problem_as_old_as_the_history_gets_a_ticket() -> None:
    story = Story()
    for on in range(40):
        story.praise(on, 40)
        story.issues("adverts", on, 4)
        story.issues(f"small-{on % 9}", on, 4)
    row = story.scored(39, "adverts")
    assert (row["decision"], row["level"]) == ("ticket", "P3")
    assert "large for weeks" in row["reason"]


def test_missing_inputs_are_neutral_and_named() -> None:
    story = quiet()
    story.issues("broken", 41, 3, customer_ref=None)
    row = story.scored(41, "broken")
    assert (row["revenue_weight"], row["customer_lift"], row["churn_lift"]) == (1, 1, 1)
    assert {text.split(":")[0] for text in json.loads(row["missing_inputs"])} == {
        "orders", "unit_margin", "customer_tier, customer_value", "churn_intent",
    }  # fmt: skip


def test_a_source_that_tells_the_day_only_counts_whole_days_and_says_so() -> None:
    story = quiet()
    story.issues("broken", 41, 5, occurred_at=pd.Timestamp(day(41), tz="UTC"))
    row = story.scored(41, "broken")
    assert row["peak_6h_ratio"] == 5
    assert "time of day: whole days instead of six hours" in json.loads(row["missing_inputs"])


def test_six_hours_read_timestamps() -> None:
    story = quiet()
    for hour in (1, 2, 3, 12, 13):
        story.issues("broken", 41, 1, occurred_at=pd.Timestamp(day(41), tz="UTC") + pd.Timedelta(hours=hour))
    assert story.scored(41, "broken")["peak_6h_ratio"] == 3


def test_churn_refunds_value_channels_and_tone_lift_the_score_within_their_ranges() -> None:
    story = quiet()
    story.issues("plain", 41, 4, sentiment="neutral", churn_intent=False)
    story.issues(
        "grave", 41, 4, churn_intent=True, return_reason="faulty", customer_tier="Enterprise", sentiment="negative"
    )
    story.issues("grave", 41, 1, channel="chat", churn_intent=True, return_reason="x", customer_value=5000.0)
    plain, grave = story.scored(41, "plain"), story.scored(41, "grave")
    lifts = ("churn_lift", "refund_lift", "customer_lift", "channel_lift", "sentiment_lift")
    assert [plain[name] for name in lifts] == [1, 1, 1, 1, 1]
    assert [grave[name] for name in lifts] == [1.5, 1.5, 1.5, 1.1, 1.2]


def test_an_enterprise_checkout_fault_outranks_a_free_users_cosmetic_one() -> None:
    story = quiet()
    story.issues("cosmetic", 41, 6, severity=1.5, customer_tier="free")
    story.issues("checkout", 41, 5, severity=4.0, customer_tier="enterprise", category="checkout_payment")
    assert story.scored(41, "checkout")["rank"] < story.scored(41, "cosmetic")["rank"]


def test_a_moderate_fault_on_a_high_margin_product_outranks_a_severe_one_nobody_buys() -> None:
    story = quiet()
    for on in range(42):
        story.order(on, 20, "gold")
        story.order(on, 10, "usual")
    story.order(20, 1, "dust")
    story.praise(41, 20, "usual")
    for item in story.items[-20:]:
        item["unit_margin"] = 10.0
    story.issues("moderate", 41, 5, "gold", severity=3.0, unit_margin=60.0)
    story.issues("severe", 41, 5, "dust", severity=5.0, unit_margin=2.0)
    moderate, severe = story.scored(41, "moderate"), story.scored(41, "severe")
    assert (moderate["revenue_weight"], severe["revenue_weight"]) == (2, 0.5)
    assert moderate["rank"] < severe["rank"]


def test_one_credible_safety_report_goes_to_a_person_and_a_doubtful_one_does_not() -> None:
    story = quiet()
    story.issues("fire", 41, 1, harm="danger", confidence=0.9)
    story.issues("maybe", 41, 1, harm="danger", confidence=0.4)
    assert story.scored(41, "fire")["decision"] == "approval"
    assert story.scored(41, "fire")["override"] == "safety"
    assert story.scored(41, "maybe")["decision"] == "watch"


@pytest.mark.parametrize(
    ("sub_label", "harm"),
    [("unsafe", None), ("phishing", None), ("phishing", "danger"), ("data_misuse", None), ("not_arrived", "loss")],
)
def test_a_label_or_a_harm_that_do_not_belong_together_ask_nobody(sub_label: str, harm: str | None) -> None:
    story = quiet()
    story.issues("said", 41, 1, sub_label=sub_label, harm=harm, confidence=0.9)
    assert _overrides(story, "said") == ("safety" if harm == "danger" else "")


@pytest.mark.parametrize(("sub_label", "kind"), [("phishing", "security"), ("data_misuse", "privacy")])
def test_a_loss_told_with_its_label_goes_to_a_person(sub_label: str, kind: str) -> None:
    story = quiet()
    story.issues("said", 41, 1, sub_label=sub_label, harm="loss", confidence=0.9)
    row = story.scored(41, "said")
    assert (row["override"], row["decision"], row["level"]) == (kind, "approval", "P1")


def test_praise_and_signals_report_no_danger() -> None:
    story = quiet()
    story.issues("praise", 41, 1, harm="danger", sentiment="positive")
    story.issues("signal", 41, 1, harm="danger", triage="signal")
    assert [_overrides(story, cluster) for cluster in ("praise", "signal")] == ["", ""]


def test_issues_labelled_before_harm_was_read_report_none() -> None:
    story = quiet()
    story.issues("old", 41, 3, sub_label="unsafe", harm=None)
    assert _overrides(story, "old") == ""


def _overrides(story: Story, cluster: str) -> str:
    return text_or_none(story.scored(41, cluster)["override"]) or ""


def test_vague_anger_never_gets_a_ticket() -> None:
    story = quiet()
    for on in (39, 40, 41):
        story.issues("vague", on, 15, category="other")
    assert story.scored(41, "vague")["decision"] == "digest"


def test_members_of_a_merged_cluster_count_for_the_one_it_became_part_of() -> None:
    story = quiet()
    story.issues("young", 39, 4, "p1")
    story.issues("old", 40, 3, "p1")
    story.state("young", 41, status="merged", merged_into="old")
    story.issues("old", 41, 1, "p1")
    frames = story.frames(41 - 56, 41)
    scored = score_clusters(frames, [day(40), day(41)], RULES, TAXONOMY).set_index(["day", "cluster_id"])
    assert scored.loc[(day(40), "young"), "members_7d"] == 4
    assert scored.loc[(day(41), "old"), "members_7d"] == 8
    assert (day(41), "young") not in scored.index


def test_clusters_merged_one_after_another_count_for_the_last_whatever_order_their_rows_are_in() -> None:
    story = quiet()
    story.issues("z-youngest", 39, 4, "p1")
    story.issues("m-middle", 40, 3, "p1")
    story.issues("a-oldest", 41, 1, "p1")
    story.state("z-youngest", 41, status="merged", merged_into="m-middle")
    story.state("m-middle", 41, status="merged", merged_into="a-oldest")
    scored = score_clusters(story.frames(41 - 56, 41), [day(41)], RULES, TAXONOMY).set_index("cluster_id")
    assert scored.loc["a-oldest", "members_7d"] == 8
    assert not {"m-middle", "z-youngest"} & set(scored.index)


def test_a_merge_into_a_cluster_that_no_row_tells_of_is_not_followed() -> None:
    story = quiet()
    story.issues("orphan", 41, 4, "p1")
    story.state("orphan", 41, status="merged", merged_into="never-written")
    assert story.scored(41, "orphan")["members_7d"] == 4


def test_no_ticket_is_written_for_a_category_with_a_role_whatever_the_taxonomy_calls_it() -> None:
    story = quiet()
    for on in (35, 36):
        story.issues("broken", on, 8, "p1")
    content = TAXONOMY.model_dump(by_alias=True)
    content["categories"]["feature_request"]["role"], content["categories"]["defect"]["role"] = None, Role.WISH
    renamed = Taxonomy.model_validate(content)
    frames = story.frames(36 - 56, 36)
    by_taxonomy = [
        score_clusters(frames, [day(36)], RULES, taxonomy).set_index("cluster_id") for taxonomy in (TAXONOMY, renamed)
    ]
    assert [scored.loc["broken", "decision"] for scored in by_taxonomy] == ["ticket", "digest"]


CASES = st.lists(
    st.tuples(st.integers(0, 69), st.sampled_from(["a", "b", "c"]), st.integers(1, 6), st.sampled_from(["p1", None])),
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(CASES, st.booleans())
def test_a_range_equals_day_by_day(cases: list[tuple[int, str, int, str | None]], sold: bool) -> None:
    story = Story()
    for on in range(0, 70, 2):
        story.praise(on, 3, "p1")
        if sold:
            story.order(on, 4, "p1")
    for on, cluster, count, product in sorted(cases, key=lambda case: case[0]):
        story.issues(cluster, on, count, product, unit_margin=float(on))
    days = [60, 61, 62, 66, 69]
    whole = score_clusters(story.frames(4, 69), [day(on) for on in range(60, 70)], RULES, TAXONOMY)
    for on in days:
        single = score_clusters(story.frames(on - 56, on), [day(on)], RULES, TAXONOMY).reset_index(drop=True)
        pd.testing.assert_frame_equal(whole[whole["day"] == day(on)].reset_index(drop=True), single)
