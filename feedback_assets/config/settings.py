"""All configuration, read once where a process starts and handed on; the only place that reads the environment.

Every setting has the environment variable `FEEDBACK_<NAME>`; a `.env` file in the working directory
serves too. Secrets are `SecretStr` and never printed.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE = Path(__file__).resolve().parents[1]
# A partition of every day since then costs nothing: 3,700 of them.
FIRST_DAY = date(2016, 1, 1)
_TEXTS = TypeAdapter(dict[str, str])


class Settings(BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(env_prefix="FEEDBACK_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(Path("feedback-home"), description="Folder of landing, lake, models, mappings and tickets.")
    landing_url: str = Field(
        "", description="Where landing objects are, if not below home: a path or s3://, abfss://, gs://."
    )
    lake_url: str = Field("", description="Where Delta tables are, if not below home.")
    storage_options: SecretStr = Field(
        SecretStr("{}"), description="How to reach an object store, as JSON with the names delta-rs uses; "
        "wins over the standard AWS_ variables.",
    )  # fmt: skip
    aws_access_key_id: str = Field("", validation_alias="AWS_ACCESS_KEY_ID", description="Standard S3 variable.")
    aws_secret_access_key: SecretStr = Field(
        SecretStr(""), validation_alias="AWS_SECRET_ACCESS_KEY", description="Standard S3 variable."
    )
    aws_session_token: SecretStr = Field(
        SecretStr(""), validation_alias="AWS_SESSION_TOKEN", description="Standard S3 variable."
    )
    aws_region: str = Field(
        "", validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"), description="Standard S3 variable."
    )
    aws_endpoint_url: str = Field(
        "", validation_alias=AliasChoices("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), description="Standard variable."
    )
    prompts: Path | None = Field(None, description="Folder of taxonomy, prompts, examples and golden sets.")
    hash_key_file: Path | None = Field(None, description="Key for hashing customer ids; kept outside the lake.")
    hash_key: SecretStr | None = Field(
        None, description="The same key as hex digits, only for a Databricks job; from its secret scope."
    )
    models: Path | None = Field(None, description="Where trained local models are, if not below home.")
    first_day: date = Field(FIRST_DAY, description="First day of the partitions, UTC.")
    timezone: str = Field("UTC", description="Zone of timestamps that name none.")
    low_trust_sources: tuple[str, ...] = Field(
        ("social", "forum", "web_form"), description="Channels and sources where a campaign is plausible."
    )

    model_provider: Literal["none", "azure", "openai"] = Field("none", description="Who runs the language model.")
    model_endpoint: str = Field("", description="Azure endpoint, or base URL of an OpenAI-compatible server.")
    model_deployment: str = Field("gpt-5-mini", description="Azure deployment or model name.")
    model_api_version: str = Field("2025-04-01-preview", description="Azure API version.")
    model_temperature: float | None = Field(
        None, ge=0, le=2, description="Sampling temperature; reasoning models refuse any, so none is sent unless set."
    )
    model_key: SecretStr | None = Field(None, description="API key; Azure uses Entra ID when it is empty.")
    model_requests_per_minute: int = Field(300, ge=1, description="Request limit of the deployment.")
    model_tokens_per_minute: int = Field(200_000, ge=1, description="Token limit of the deployment.")
    model_in_flight: int = Field(16, ge=1, description="Most requests at once.")
    model_timeout_seconds: float = Field(60.0, gt=0, description="Limit of one request.")
    model_price_in: float = Field(0.25, ge=0, description="Price of a million prompt tokens.")
    model_price_out: float = Field(2.0, ge=0, description="Price of a million completion tokens.")
    daily_budget: float = Field(
        20.0, ge=0, description="Most to spend a run of a day; beyond it the local model answers."
    )

    tracker: str = Field(
        "files", min_length=1, description="Where tickets go: a tracker of the package, or one another package brings."
    )

    engine: Literal["local", "spark", "databricks"] = Field(
        "local", description="Where silver reads and cleans its rows: here, a Spark Connect server, a Databricks job."
    )
    spark_remote: SecretStr | None = Field(
        None, description="Spark Connect address, sc://host:port/;use_ssl=true;token=…"
    )
    databricks_host: str = Field("", description="Workspace URL, https://<workspace>.azuredatabricks.net or alike.")
    databricks_token: SecretStr | None = Field(None, description="Access token; or a client id and secret.")
    databricks_client_id: str = Field("", description="Service principal, instead of a token.")
    databricks_client_secret: SecretStr | None = Field(None, description="Secret of the service principal.")
    databricks_volume: str = Field("", description="Folder of a Unity Catalog volume, /Volumes/…, for the job's files.")
    databricks_wheel: str = Field("", description="Where the wheel of this package lies for the cluster, /Volumes/….")
    databricks_cluster_id: str = Field("", description="Run on this cluster; else on a new one for each job.")
    databricks_spark_version: str = Field("17.3.x-scala2.13", description="Databricks runtime of a new cluster.")
    databricks_node_type: str = Field("", description="Machines of a new cluster, such as Standard_D4ds_v5.")
    databricks_workers: int = Field(2, ge=1, description="Workers of a new cluster.")
    databricks_secret_scope: str = Field("feedback", description="Databricks secret scope that holds hash_key.")
    databricks_poll_seconds: float = Field(5.0, gt=0, description="How often a job is asked how it does.")

    @model_validator(mode="after")
    def _has_engine(self) -> Settings:
        if self.engine == "spark" and self.spark_remote is None:
            raise ValueError("FEEDBACK_SPARK_REMOTE is empty; set it to sc://host:port or set FEEDBACK_ENGINE=local")
        if self.engine == "databricks":
            needed = {"HOST": self.databricks_host, "VOLUME": self.databricks_volume, "WHEEL": self.databricks_wheel}
            if not self.databricks_cluster_id:
                needed["NODE_TYPE"] = self.databricks_node_type
            missing = next((name for name, value in needed.items() if not value), None)
            if missing:
                raise ValueError(f"FEEDBACK_DATABRICKS_{missing} is empty; docs/databricks.md says what belongs there")
            if not self.databricks_token and not (self.databricks_client_id and self.databricks_client_secret):
                raise ValueError(
                    "no access to Databricks; set FEEDBACK_DATABRICKS_TOKEN, "
                    "or FEEDBACK_DATABRICKS_CLIENT_ID and FEEDBACK_DATABRICKS_CLIENT_SECRET"
                )
        return self

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        if self.model_provider == "azure" and not self.model_endpoint:
            raise ValueError(
                "FEEDBACK_MODEL_ENDPOINT is empty; "
                "set it to https://<resource>.openai.azure.com or set FEEDBACK_MODEL_PROVIDER=none"
            )
        _ = self.storage
        if self.model_provider == "openai" and self.model_key is None:
            raise ValueError("FEEDBACK_MODEL_KEY is empty; set it or set FEEDBACK_MODEL_PROVIDER=none")
        return self

    @cached_property
    def landing_root(self) -> str:
        """Root of the landing objects, as a path or URL."""
        return self.landing_url or str(self.home.resolve() / "landing")

    @cached_property
    def lake_root(self) -> str:
        """Root of the Delta tables, as a path or URL."""
        return self.lake_url or str(self.home.resolve() / "lake")

    @cached_property
    def storage(self) -> dict[str, str]:
        """Storage options of landing and lake, secrets among them; empty when the provider's client finds its own.

        Raises:
            ValueError: FEEDBACK_STORAGE_OPTIONS is no JSON object of texts.
        """
        standard = {
            "aws_access_key_id": self.aws_access_key_id,
            "aws_secret_access_key": self.aws_secret_access_key.get_secret_value(),
            "aws_session_token": self.aws_session_token.get_secret_value(),
            "aws_region": self.aws_region,
            "aws_endpoint_url": self.aws_endpoint_url,
        }
        return {**{name: value for name, value in standard.items() if value}, **self._storage_options()}

    def _storage_options(self) -> dict[str, str]:
        try:
            options = _TEXTS.validate_json(self.storage_options.get_secret_value() or "{}")
        except ValidationError as error:
            # What was written may hold a key, so neither this message nor its cause repeats it.
            raise ValueError(
                "FEEDBACK_STORAGE_OPTIONS is no JSON object of texts; "
                'write it like {"aws_endpoint_url": "http://minio:9000", "aws_region": "eu-central-1"}'
            ) from error.__cause__
        return {name.lower(): value for name, value in options.items()}

    @cached_property
    def prompts_dir(self) -> Path:
        """The folder given, else the checkout's `prompts/`, else the copy packaged in the wheel."""
        if self.prompts is not None:
            return self.prompts
        checkout = _PACKAGE.parent / "prompts"
        return checkout if checkout.is_dir() else _PACKAGE / "prompts"

    @cached_property
    def models_dir(self) -> Path:
        """Where trained local models are kept."""
        return (self.models or self.home / "models").resolve()

    @cached_property
    def mappings_dir(self) -> Path:
        """Where column mappings saved by name are kept."""
        return self.home.resolve() / "mappings"

    @cached_property
    def tickets_dir(self) -> Path:
        """Where the file tracker writes."""
        return self.home.resolve() / "tickets"

    @cached_property
    def dagster_dir(self) -> Path:
        """The folder of the Dagster instance, DAGSTER_HOME."""
        return self.home.resolve() / "dagster"

    @cached_property
    def journal_dir(self) -> Path:
        """Where answers of a run wait until they are folded into the ledger."""
        return self.home.resolve() / "journal"

    @cached_property
    def key_file(self) -> Path:
        """The hashing key's file; made once, outside the lake."""
        return self.hash_key_file or self.home.resolve() / "secrets" / "hash.key"


def load(**overrides: object) -> Settings:
    """The settings of this process, with overrides from the command line.

    Raises:
        pydantic.ValidationError: A value is missing or out of range; it names the variable and the fix.
    """
    return Settings(**overrides)  # type: ignore[arg-type]
