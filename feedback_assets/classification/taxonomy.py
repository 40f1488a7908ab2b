"""Moved: the taxonomy is ground that several rooms read. Import it from `feedback_assets.taxonomy`."""

from feedback_assets.taxonomy import *  # noqa: F403
from feedback_assets.taxonomy import Category, CategoryExample, Change, Taxonomy, TaxonomyError, closest, load_taxonomy

__all__ = ["Category", "CategoryExample", "Change", "Taxonomy", "TaxonomyError", "closest", "load_taxonomy"]
