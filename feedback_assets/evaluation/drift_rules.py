"""What drift checks are told: the numbers of the section `drift` of the thresholds, looked up and checked once."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_assets.config.thresholds import Section


@dataclass(frozen=True)
class DriftRules:
    """The numbers; what each means and why it is that large stands beside it in `thresholds.yaml`."""

    warn: float
    fail: float
    other_warn: float
    other_fail: float
    least_rows: int
    alarm_rate: float
    recent_days: int
    baseline_days: int
    least_baseline_days: int
    lasting_days: int
    classes: int
    words: int
    axes: int
    rows_a_day: int
    catch_all: str


def drift_rules(section: Section) -> DriftRules:
    """The rules of the section `drift`.

    Raises:
        ThresholdsError: A number is missing or out of range; the message names file, section and field.
    """
    warn, other_warn = section.number("warn", 0), section.number("other_warn", 0, 1)
    return DriftRules(
        warn=warn,
        fail=section.number("fail", warn),
        other_warn=other_warn,
        other_fail=section.number("other_fail", other_warn, 1),
        least_rows=section.count("least_rows", 20),
        alarm_rate=section.number("alarm_rate", 0, 1),
        recent_days=section.count("recent_days"),
        baseline_days=section.count("baseline_days", 7),
        least_baseline_days=section.count("least_baseline_days"),
        lasting_days=section.count("lasting_days"),
        classes=section.count("classes", 2),
        words=section.count("words"),
        axes=section.count("axes"),
        rows_a_day=section.count("rows_a_day", 20),
        catch_all=str(section.values.get("catch_all", "other")),
    )
