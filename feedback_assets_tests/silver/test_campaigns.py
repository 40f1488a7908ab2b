"""Copy-paste campaigns, and genuine waves that must not be taken for one."""

from __future__ import annotations

from datetime import timedelta

from feedback_assets_tests.silver.rows import DAY, at, bronze_row, silver

TEXT = "Never buy from this shop they will steal all of your money"
WAVE = [
    "the app crashes when I open my cart since the update", "since yesterday's update my cart makes everything crash",
    "cart page closes the app every single time, please fix", "cannot open the cart any more, it just shuts down",
    "crash, crash, crash whenever I tap on the cart icon", "the new version dies as soon as the cart is opened",
    "updated today and now the shopping cart is unusable", "opening the cart kills the app on my phone",
    "my cart does not open, the app goes back to the home screen", "after updating the app stops when I view my cart",
]  # fmt: skip


def campaign(texts: list[str], hours: float = 1, channel: str = "social", authors: bool = True) -> int:
    rows = [
        bronze_row(f"s{n}", {"text": text, "author": f"person{chr(97 + n)}" if authors else ""}, channel=channel,
                   when=at(0, DAY - timedelta(days=5)) + timedelta(hours=n * hours))
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return len(silver(rows).quarantine)


def test_eight_near_identical_posts_of_different_people_are_a_campaign() -> None:
    assert campaign([f"{TEXT}{'!' * n}" for n in range(8)]) == 8
    assert campaign([f"{TEXT} ok{n}" for n in range(10)], authors=False) == 10


def test_seven_are_not() -> None:
    assert campaign([TEXT] * 7) == 0


def test_a_slogan_heard_over_weeks_is_not() -> None:
    assert campaign([TEXT] * 10, hours=12) == 0


def test_the_same_words_from_trusted_channels_are_not() -> None:
    assert campaign([TEXT] * 10, channel="product_review") == 0


def test_short_words_everybody_says_are_not() -> None:
    assert campaign(["the app does not work"] * 20) == 0


def test_a_genuine_wave_in_different_words_is_not() -> None:
    assert campaign(WAVE) == 0


def test_the_posts_before_it_was_seen_stay_and_those_of_the_day_go() -> None:
    rows = [
        bronze_row(f"s{n}", {"text": TEXT, "author": f"person{chr(97 + n)}"}, channel="social",
                   when=at(20, DAY - timedelta(days=1)) + timedelta(hours=n))
        for n in range(10)
    ]  # fmt: skip
    found = silver(rows)
    assert len(found.feedback) == 4 and len(found.quarantine) == 6
