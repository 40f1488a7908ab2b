"""The small home of the classification room serves here too."""

from feedback_assets_tests.classification.conftest import small_home

__all__ = ["small_home"]
