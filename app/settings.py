"""Settings: DATABASE_URL and MEDIA_IDS_*, in one place, validated, with errors that name the setting."""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.backfill.options import DEFAULT_BATCH_SIZE, DEFAULT_TARGET_SECONDS, Options
from app.errors import ConfigurationError

ENVIRONMENT_PREFIX = "MEDIA_IDS_"
DEFAULT_DATABASE = "veo3.db"
DEFAULT_DATABASE_URL = f"sqlite:///{DEFAULT_DATABASE}"
IN_KUBERNETES: Final = "KUBERNETES_SERVICE_HOST"
"""Set in every container of Kubernetes; a database file made in a container is lost with the container."""
DEFAULT_LOCK_WAIT_SECONDS = 600.0
DEFAULT_API_TIMEOUT_SECONDS = 30.0
DEFAULT_VERSION_TABLE = "alembic_version"
TABLE_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,58}")
"""PostgreSQL's longest name has 63 characters, and Alembic adds four to this one for its primary key."""

NO_OPTIONS = frozenset({"database_url", "require_url", "log", "api_url", "api_token", "api_timeout"})
"""Settings that are no options of an upgrade."""

MAY_HOLD_SECRETS = frozenset({"database_url", "api_url", "api_token"})
"""Settings that no message repeats."""

logger = logging.getLogger(__name__)


def _plain_name(value: str) -> str:
    if TABLE_NAME.fullmatch(value) is None:
        problem = "must be a plain name of at most 59 letters, digits and _, after a schema and a dot if need be"
        raise PydanticCustomError("table_name", problem)
    return value


TableName = Annotated[str, AfterValidator(_plain_name)]
PositiveRows = Annotated[int, Field(ge=1, le=1_000_000)]
PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Connections = Annotated[int, Field(ge=1, le=64)]


class Settings(BaseSettings):
    """What a run needs to know, from the environment or from `alembic -x name=value`.

    Sizes are rows, times are seconds. Reads the environment once, when it is made; changes nothing.
    """

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, populate_by_name=True, extra="forbid")

    database_url: Annotated[str, Field(validation_alias="DATABASE_URL", min_length=1)] = DEFAULT_DATABASE_URL
    require_url: bool = False
    batch_size: PositiveRows = DEFAULT_BATCH_SIZE
    target_seconds: PositiveSeconds = DEFAULT_TARGET_SECONDS
    workers: Connections = 1
    nice: Seconds = 0.0
    max_replica_lag: PositiveSeconds | None = None
    time_budget: PositiveSeconds | None = None
    lock_wait: Seconds = DEFAULT_LOCK_WAIT_SECONDS
    on_failure: Literal["continue", "abort"] = "continue"
    fail_on: Literal["any", "new", "none"] = "any"
    backfill: Literal["run", "defer"] = "run"
    version_table: TableName = DEFAULT_VERSION_TABLE
    log: Literal["text", "json"] = "text"
    api_url: str | None = None
    api_token: SecretStr | None = None
    api_timeout: PositiveSeconds = DEFAULT_API_TIMEOUT_SECONDS

    @classmethod
    def load(cls, overrides: Mapping[str, object] | None = None) -> Self:
        """Read the environment; `overrides` (option names and values) take precedence.

        Raises ConfigurationError for an unknown name or a value out of range, naming it as the user wrote it.
        """
        given = dict(overrides or {})
        _refuse_unknown(given, cls.model_fields)
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks each value
        except ValidationError as error:
            raise _first_problem(error, given) from None

    def options(self, *, limit: int | None = None, dry_run: bool = False) -> Options:
        """Return the engine's options from these settings. `limit` is in rows."""
        return Options(
            batch_size=self.batch_size,
            target_seconds=self.target_seconds,
            nice=self.nice,
            max_replica_lag=self.max_replica_lag,
            time_budget=self.time_budget,
            limit=limit,
            dry_run=dry_run,
            workers=self.workers,
        )

    @property
    def wants_url(self) -> bool:
        """Whether DATABASE_URL has to be set: `require_url` asks for that, or a new file would be lost (Kubernetes)."""
        return self.require_url or bool(os.environ.get(IN_KUBERNETES))

    def chosen_url(self) -> str:
        """Return the database's URL; log a warning where nobody named one and a new file will be made.

        Raises ConfigurationError instead with `require_url`, and in Kubernetes.
        """
        if "database_url" in self.model_fields_set or (Path(DEFAULT_DATABASE).exists() and not self.require_url):
            return self.database_url
        if self.wants_url:
            raise ConfigurationError("DATABASE_URL", "not set; name the database")
        logger.warning("DATABASE_URL is not set and there is no %s here: a new file is made", DEFAULT_DATABASE)
        return self.database_url


def _refuse_unknown(given: Mapping[str, object], known: Mapping[str, object]) -> None:
    options = sorted(set(known) - NO_OPTIONS)
    for name in given:
        if name not in known:
            raise ConfigurationError(name, f"unknown option; known are {', '.join(options)}")
    for variable in os.environ:
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name != variable and name.lower() not in known:
            raise ConfigurationError(
                variable, f"unknown setting; known are {', '.join(sorted(set(known) - {'database_url'}))}"
            )


def _first_problem(error: ValidationError, given: Mapping[str, object]) -> ConfigurationError:
    problem = error.errors()[0]
    field = str(problem["loc"][0])
    written = field if field in given or field == "DATABASE_URL" else ENVIRONMENT_PREFIX + field.upper()
    value = "" if field.lower() in MAY_HOLD_SECRETS and problem["input"] else f", got {problem['input']!r}"
    return ConfigurationError(written, f"{problem['msg']}{value}")
