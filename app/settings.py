"""Settings: DATABASE_URL and MEDIA_IDS_*, in one place, validated, with errors that name the setting.

Pydantic's core checks each value; its models would take longer to import than an upgrade at head takes.
"""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, ValidationError
from pydantic_core import core_schema as rules

from app.backfill.options import DEFAULT_BATCH_SIZE, DEFAULT_TARGET_SECONDS, Options
from app.errors import ConfigurationError

DATABASE_URL: Final = "DATABASE_URL"
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


RULE: Final = "rule"
"""The key of a field's metadata for what its values must be."""
TEXT: Final = rules.str_schema()
SWITCH: Final = rules.bool_schema()
POSITIVE_ROWS: Final = rules.int_schema(ge=1, le=1_000_000)
POSITIVE_SECONDS: Final = rules.float_schema(gt=0, allow_inf_nan=False)
SECONDS: Final = rules.float_schema(ge=0, allow_inf_nan=False)
CONNECTIONS: Final = rules.int_schema(ge=1, le=64)
TABLE: Final = rules.no_info_after_validator_function(_plain_name, TEXT)


def _setting(rule: CoreSchema, default: object, *, secret: bool = False) -> Any:  # noqa: ANN401  # of the field's type
    return field(default=default, metadata={RULE: rule}, repr=not secret)


def _one_of(*words: str) -> CoreSchema:
    return rules.literal_schema(list(words))


def _or_none(rule: CoreSchema) -> CoreSchema:
    return rules.nullable_schema(rule)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run needs to know, from the environment or from `alembic -x name=value`.

    Sizes are rows, times are seconds. Changes nothing. Made by `load`, which checks the values.
    """

    database_url: str = _setting(rules.str_schema(min_length=1), DEFAULT_DATABASE_URL, secret=True)
    require_url: bool = _setting(SWITCH, default=False)
    batch_size: int = _setting(POSITIVE_ROWS, DEFAULT_BATCH_SIZE)
    target_seconds: float = _setting(POSITIVE_SECONDS, DEFAULT_TARGET_SECONDS)
    workers: int = _setting(CONNECTIONS, 1)
    nice: float = _setting(SECONDS, 0.0)
    max_replica_lag: float | None = _setting(_or_none(POSITIVE_SECONDS), None)
    time_budget: float | None = _setting(_or_none(POSITIVE_SECONDS), None)
    lock_wait: float = _setting(SECONDS, DEFAULT_LOCK_WAIT_SECONDS)
    on_failure: Literal["continue", "abort"] = _setting(_one_of("continue", "abort"), "continue")
    fail_on: Literal["any", "new", "none"] = _setting(_one_of("any", "new", "none"), "any")
    backfill: Literal["run", "defer"] = _setting(_one_of("run", "defer"), "run")
    version_table: str = _setting(TABLE, DEFAULT_VERSION_TABLE)
    log: Literal["text", "json"] = _setting(_one_of("text", "json"), "text")
    api_url: str | None = _setting(_or_none(TEXT), None, secret=True)
    api_token: str | None = _setting(_or_none(TEXT), None, secret=True)
    api_timeout: float = _setting(POSITIVE_SECONDS, DEFAULT_API_TIMEOUT_SECONDS)
    given: frozenset[str] = frozenset()
    """Which of them somebody has set; the others are as they are by default."""

    @classmethod
    def load(cls, overrides: Mapping[str, object] | None = None) -> Self:
        """Read the environment; `overrides` (option names and values) take precedence.

        Raises ConfigurationError for an unknown name or a value out of range, naming it as the user wrote it.
        """
        overriding = dict(overrides or {})
        _refuse_unknown(overriding)
        try:
            values = _values(_in_environment() | overriding)
        except ValidationError as error:
            raise _first_problem(error, overriding) from None
        return cls(**values, given=frozenset(values))

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
        if "database_url" in self.given or (Path(DEFAULT_DATABASE).exists() and not self.require_url):
            return self.database_url
        if self.wants_url:
            raise ConfigurationError(DATABASE_URL, "not set; name the database")
        logger.warning("DATABASE_URL is not set and there is no %s here: a new file is made", DEFAULT_DATABASE)
        return self.database_url


SETTINGS: Final = {known.name: known.metadata[RULE] for known in fields(Settings) if RULE in known.metadata}
"""Each setting's name, and the rule for its values."""
OPTIONS: Final = frozenset(SETTINGS) - NO_OPTIONS
CHECK: Final = SchemaValidator(
    rules.typed_dict_schema(
        {name: rules.typed_dict_field(rule, required=False) for name, rule in SETTINGS.items()},
    )
)


def _values(given: Mapping[str, object]) -> dict[str, Any]:
    """Return the values as the settings have them. Raises ValidationError."""
    checked: dict[str, Any] = CHECK.validate_python(given)
    return checked


def _in_environment() -> dict[str, object]:
    """Return what the environment says, by the names of the settings."""
    variables = _environment()
    found = {name: variables.get(_variable(name)) for name in SETTINGS}
    return {name: value for name, value in found.items() if value is not None}


def _environment() -> Mapping[str, str]:
    """Return the environment with its names in capitals: letter case makes no difference."""
    return {variable.upper(): value for variable, value in os.environ.items()}


def _variable(name: str) -> str:
    """Return the environment's name of a setting; that of the URL has no prefix, but is taken with one as well."""
    is_bare = name == "database_url" and DATABASE_URL in _environment()
    return DATABASE_URL if is_bare else ENVIRONMENT_PREFIX + name.upper()


def _refuse_unknown(given: Mapping[str, object]) -> None:
    for name in given:
        if name not in SETTINGS:
            raise ConfigurationError(name, f"unknown option; known are {', '.join(sorted(OPTIONS))}")
    for variable in os.environ:
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name != variable and name.lower() not in SETTINGS:
            raise ConfigurationError(
                variable, f"unknown setting; known are {', '.join(sorted(set(SETTINGS) - {'database_url'}))}"
            )


def _first_problem(error: ValidationError, given: Mapping[str, object]) -> ConfigurationError:
    problem = error.errors()[0]
    name = str(problem["loc"][0])
    written = name if name in given else _variable(name)
    value = "" if name in MAY_HOLD_SECRETS and problem["input"] else f", got {problem['input']!r}"
    return ConfigurationError(written, f"{problem['msg']}{value}")
