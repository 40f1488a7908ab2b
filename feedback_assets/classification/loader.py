"""Opening: from settings to a reader and a way of asking, once for each run or command.

The only module of the room that knows both the settings and the models; it decides nothing about a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_assets.classification.active_versions import Edition, EditionError, edition_of
from feedback_assets.classification.cascade.cascade import Asking
from feedback_assets.classification.classifier import Reader, load_reader
from feedback_assets.classification.ledger import Ledger
from feedback_assets.classification.llm.language_model import LanguageModel, ModelSettingsError, sampling_of
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.store import Lake

if TYPE_CHECKING:
    from feedback_assets.classification.llm.openai_model import OpenAIModel


def open_reader(settings: Settings) -> Reader:
    """The edition in the prompts folder; trains its local model when there is none yet.

    Raises:
        CallError: A file of the prompts folder is missing or wrong.
    """
    # Imported here: scikit-learn takes seconds to import, and loading the code location need not wait for it.
    from feedback_assets.classification.model.trained import load_or_train

    local = load_or_train(settings)
    return load_reader(settings.prompts_dir, local, local.precision_by_confidence, local.measured_on)


def editions_dir(settings: Settings) -> Path:
    """Where the files of promoted editions are kept."""
    return settings.models_dir / "editions"


def reopen_reader(settings: Settings, edition: Edition) -> Reader:
    """A promoted edition from its kept files, with the local model it was promoted with.

    The artefact is loaded as it was trained, whatever the training code does by now; only where it is gone it is
    trained again from the kept examples.

    Raises:
        EditionError: Its files are gone, or no longer give the same edition.
    """
    kept = editions_dir(settings) / edition.folder_name
    mend = "run `feedback run --from DAY --to DAY` for these days to label them with the prompts of today"
    if not kept.is_dir():
        raise EditionError(
            f"{kept}: the files of edition {edition.taxonomy_version} are gone; bring them back, or {mend}"
        )
    reader = _with_kept_model(settings, edition, kept)
    if reader is None:
        from feedback_assets.classification.model.trained import version_to_train

        again = _with_prompts(settings, kept)
        if (trained := version_to_train(again)) != edition.local_model_version:
            raise EditionError(
                f"{settings.models_dir / edition.local_model_version}: cannot be read, and this code would train "
                f"{trained} from the examples in {kept}; {mend}"
            )
        reader = open_reader(again)
    found = edition_of(reader)
    if found != edition:
        changed = [name for name in Edition.__dataclass_fields__ if getattr(found, name) != getattr(edition, name)]
        raise EditionError(f"{kept}: gives another {', '.join(changed)} than the edition in force; {mend}")
    return reader


def _with_kept_model(settings: Settings, edition: Edition, kept: Path) -> Reader | None:
    """The edition with its artefact as it was trained; None when there is none that this code can read."""
    from feedback_assets.classification.model.local_model import LocalModel, ModelFileError

    try:
        local = LocalModel.load(settings.models_dir / edition.local_model_version)
    except ModelFileError:
        return None
    return load_reader(kept, local, local.precision_by_confidence, local.measured_on)


class Readers:
    """Opens editions, each once: that of the prompts folder and those promoted before."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        on_disk = open_reader(settings)
        self.today = edition_of(on_disk)
        self._open: dict[Edition, Reader] = {self.today: on_disk}
        self._why_not: dict[Edition, str] = {}

    def __call__(self, edition: Edition) -> Reader:
        """The reader of an edition.

        Raises:
            EditionError: It cannot be used any more.
        """
        if edition in self._why_not:
            raise EditionError(self._why_not[edition])
        if edition not in self._open:
            try:
                self._open[edition] = reopen_reader(self.settings, edition)
            except EditionError as error:
                self._why_not[edition] = str(error)
                raise
        return self._open[edition]


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


def open_asking(settings: Settings, lake: Lake, run_id: str, days: int, warn: Callable[[str], None]) -> Asking:
    """The ledger and, where the settings name one, the language model.

    Args:
        settings: Provider, limits, budget.
        lake: Where the ledger is.
        run_id: Names this run's journal.
        days: Days of this run; the daily budget counts for each.
        warn: Told once when the language model cannot be set up; the run goes on without it.
    """
    model: LanguageModel | None = None
    try:
        model = open_model(settings, days)
    except ModelSettingsError as error:
        warn(f"{error}. Until then the local model's answers stand.")
    ledger = Ledger(lake, settings.journal_dir, run_id)
    return Asking(settings.model_deployment, sampling_of(settings), ledger, model, lambda: datetime.now(UTC))


def _with_prompts(settings: Settings, prompts: Path) -> Settings:
    return Settings.model_validate({**settings.model_dump(), "prompts": prompts})
