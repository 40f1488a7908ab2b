"""The section `releases` of the thresholds: when complaints after a release are taken for its effect."""

from __future__ import annotations

from functools import cached_property

from feedback_assets.config.strict import CategoryName, Count, Number, Strict, setting


class Touches(Strict):
    """What each kind of change can break; empty for a kind that is never the cause."""

    app: frozenset[CategoryName] = setting("categories", "A new version of the app.")
    site: frozenset[CategoryName] = setting("categories", "A deployment of the site.")
    flag: frozenset[CategoryName] = setting("categories", "A feature flag switched.")
    catalogue: frozenset[CategoryName] = setting("categories", "An edit of the catalogue.")
    process: frozenset[CategoryName] = setting("categories", "A changed way of working: warehouse, carrier, supplier.")
    incident: frozenset[CategoryName] = setting("categories", "A system that was down.")
    other: frozenset[CategoryName] = setting("categories", "Anything else.")


class ReleaseRules(Strict):
    """When a release has an effect. Windows are in days."""

    window_days: Count = setting("days", "After a release its effect is looked for so long.", ge=1, le=14)
    baseline_days: Count = setting("days", "Before it, the baseline: four of each weekday.", ge=1, le=28)
    least_baseline: Count = setting("days", "With a shorter baseline there is too little data.", ge=1)
    least_after: Count = setting("days", "With fewer days since there is too little data.", ge=1)
    least_complaints: Count = setting("complaints", "With fewer since there is too little data.", ge=1)
    weekday_prior: Number = setting(
        "complaints", "A category's own weekdays are believed by so many; fewer lean to those of all items.", ge=0.01
    )
    drift_shape: Number = setting(
        "shape of a gamma distribution", "Shares drift by about a fifth a fortnight without a cause; 20 is that.", ge=1
    )
    exposure_prior: Number = setting("items", "From so many a product's own volume counts as much as the shop's.", ge=1)
    false_discovery: Number = setting("rate", "False discoveries over all tests of a day.", ge=0, le=1)
    least_ratio: Number = setting("times before", "Below it nobody rolls back.", ge=1)
    least_version_ratio: Number = setting(
        "times", "The same between versions at one time, where nothing else differs.", ge=1
    )
    onset_lag: Count = setting("days", "Complaints begin on the release's day or up to so many days later.", ge=0)
    lag_penalty: Number = setting(
        "natural logarithm", "How much less likely the release is the cause with each day later; 0.7 is half.", ge=0
    )
    onset_gap: Number = setting(
        "log-likelihood", "So much worse may a rise be dated at the release than at its best day; 3 is 1 in 20.", ge=0
    )
    least_named: Count = setting("complaints", "From so many that name a version, versions speak at all.", ge=1)
    version_tie: Number = setting(
        "log-likelihood", "From here the versions named tie complaints to a release; 2 is 1 in 7.", ge=0
    )
    breakable: Touches = setting(
        "categories by kind of release", "A deployment tears no box, so torn boxes after it only coincide.",
        alias="touches",
    )  # fmt: skip
    derive_items: Count = setting("items", "A version is derived when so many name it ...", ge=1)
    derive_days: Count = setting("days", "... in so many days of its first mention ...", ge=1)
    derive_history: Count = setting("days", "... after so many days that name versions, but not this one.", ge=1)

    @cached_property
    def touches(self) -> dict[str, frozenset[str]]:
        """The categories each kind of release can break."""
        return {kind: getattr(self.breakable, kind) for kind in Touches.model_fields}
