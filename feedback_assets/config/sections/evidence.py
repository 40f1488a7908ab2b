"""The section `evidence` of the thresholds: which words of customers are shown for a problem."""

from __future__ import annotations

from feedback_assets.config.strict import Count, LanguageName, Number, Strict, setting


class EvidenceRules(Strict):
    """Which quotes stand in a cluster, a ticket, an alert and `feedback top`. Doubtful ones never do."""

    most: Count = setting("quotes", "At most so many of one problem. Where fewer are good, fewer are shown.", ge=1)
    languages: tuple[LanguageName, ...] = setting(
        "languages", "What the readers read, the first one first. After them comes what customers write most."
    )
    label_share: Number = setting(
        "share of members", "A sub-label names the problem with the most frequent one when so many have it.", ge=0, le=1
    )
    least_closeness: Number = setting(
        "share of the mean similarity", "A member further from the centre of its problem is not quoted.", ge=0, le=1
    )
    copy_likeness: Number = setting("share of letters", "Two quotes this much alike are one.", ge=0, le=1)
