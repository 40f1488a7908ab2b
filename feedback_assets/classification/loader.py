"""The loader: from settings to classifiers and a client of the language model, once for each run or command.

The only module of the room that knows both the settings and the models; it decides nothing about a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_assets.classification.active_versions import VersionSet, VersionSetError, version_set_of
from feedback_assets.classification.cascade.classifier import Classifier, read_classifier
from feedback_assets.classification.ledger import Ledger
from feedback_assets.classification.llm.language_model import LanguageModel, ModelSettingsError, sampling_of
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.store import Lake

if TYPE_CHECKING:
    from feedback_assets.classification.llm.openai_model import OpenAIModel


def load_classifier(settings: Settings) -> Classifier:
    """The classifier of the prompts folder; trains its local model when there is none yet.

    Raises:
        CallError: A file of the prompts folder is missing or wrong.
    """
    # Imported here: scikit-learn takes seconds to import, and loading the code location need not wait for it.
    from feedback_assets.classification.model.trained import load_or_train

    local = load_or_train(settings)
    return read_classifier(settings.prompts_dir, local, local.precision_by_confidence, local.measured_on, local.slices)


def version_sets_dir(settings: Settings) -> Path:
    """Where the files of promoted version sets are kept."""
    return settings.models_dir / "editions"


def load_archived_classifier(settings: Settings, version_set: VersionSet) -> Classifier:
    """The classifier of a promoted version set, from its archived files and the local model it was promoted with.

    The artefact is loaded as it was trained, whatever the training code does by now; only where it is gone it is
    trained again from the archived examples.

    Raises:
        VersionSetError: Its files are gone, no longer give the same version set, or need what is not installed.
    """
    from feedback_assets.classification.model.encoder import EncoderError

    files = version_sets_dir(settings) / version_set.folder_name
    fix = "run `feedback run --from DAY --to DAY` for these days to label them with the prompts of today"
    if not files.is_dir():
        raise VersionSetError(
            f"{files}: the files of version set {version_set.taxonomy_version} are gone; bring them back, or {fix}"
        )
    try:
        classifier = _with_trained_model(settings, version_set, files) or _trained_again(settings, version_set, files)
    except EncoderError as error:
        raise VersionSetError(f"{files}: {error}; or {fix}") from error
    if classifier is None:
        raise VersionSetError(
            f"{settings.models_dir / version_set.local_model_version}: cannot be read, and this code would train "
            f"another from the examples in {files}; {fix}"
        )
    loaded = version_set_of(classifier)
    if loaded != version_set:
        changed = [
            name for name in VersionSet.__dataclass_fields__ if getattr(loaded, name) != getattr(version_set, name)
        ]
        raise VersionSetError(f"{files}: gives another {', '.join(changed)} than the active version set; {fix}")
    return classifier


def _with_trained_model(settings: Settings, version_set: VersionSet, files: Path) -> Classifier | None:
    """The classifier with its artefact as it was trained; None when there is none that this code can read."""
    from feedback_assets.classification.model.artefact import ModelFileError
    from feedback_assets.classification.model.local_model import LocalModel

    try:
        local = LocalModel.load(settings.models_dir / version_set.local_model_version)
    except ModelFileError:
        return None
    return read_classifier(
        files, local, local.precision_by_confidence, local.measured_on, local.slices, is_archived=True
    )


def _trained_again(settings: Settings, version_set: VersionSet, files: Path) -> Classifier | None:
    """The classifier with its local model trained from the archived examples; None where they give another."""
    from feedback_assets.classification.model.trained import version_to_train

    again = _with_prompts(settings, files)
    return load_classifier(again) if version_to_train(again) == version_set.local_model_version else None


class ClassifierRegistry:
    """Loads classifiers, each once: that of the prompts folder and those of version sets promoted before."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        on_disk = load_classifier(settings)
        self.today = version_set_of(on_disk)
        self._loaded: dict[VersionSet, Classifier] = {self.today: on_disk}
        self._faults: dict[VersionSet, str] = {}

    def __call__(self, version_set: VersionSet) -> Classifier:
        """The classifier of a version set.

        Raises:
            VersionSetError: It cannot be used any more.
        """
        if version_set in self._faults:
            raise VersionSetError(self._faults[version_set])
        if version_set not in self._loaded:
            try:
                self._loaded[version_set] = load_archived_classifier(self.settings, version_set)
            except VersionSetError as error:
                self._faults[version_set] = str(error)
                raise
        return self._loaded[version_set]


def check_scope(scope: Iterable[str], taxonomy: Taxonomy) -> None:
    """Refuse a scope with a name that is no category.

    Raises:
        TaxonomyError: The message names the closest.
    """
    for name in scope:
        taxonomy.category(name)


def open_model(settings: Settings, days: int = 1) -> OpenAIModel | None:
    """The language model the settings name, or None when they name none; `days` as for `connect`.

    Raises:
        ModelSettingsError: It cannot be set up.
    """
    if settings.model_provider == "none":
        return None
    # Imported here: its import takes most of a second, which a run without a language model need not wait.
    from feedback_assets.classification.llm.openai_model import connect

    return connect(settings, days)


def open_client(settings: Settings, lake: Lake, run_id: str, days: int, warn: Callable[[str], None]) -> ModelClient:
    """The ledger and, where the settings name one, the language model.

    Args:
        settings: Provider, limits, budget.
        lake: Where the ledger is.
        run_id: Names this run's journal.
        days: Days of this run; the daily budget counts for each.
        warn: Called once when the language model cannot be set up; the run goes on without it.
    """
    model: LanguageModel | None = None
    try:
        model = open_model(settings, days)
    except ModelSettingsError as error:
        warn(f"{error}. Until then the local model's answers stand.")
    ledger = Ledger(lake, settings.journal_dir, run_id)
    return ModelClient(settings.model_deployment, sampling_of(settings), ledger, model, lambda: datetime.now(UTC))


def _with_prompts(settings: Settings, prompts: Path) -> Settings:
    return Settings.model_validate({**settings.model_dump(), "prompts": prompts})
