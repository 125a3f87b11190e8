"""URLs: which driver and database they mean here, what is refused before anything, and what nobody may see of them."""

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command as alembic_command
from alembic.util import CommandError

from app.database.engines import make_engine
from app.database.readable_errors import readable_errors
from app.database.urls import describe, parse_url, say_that_psycopg_is_used, sqlite_file, without_secrets
from app.errors import ConfigurationError, DatabaseError
from app.settings import Settings
from tests.support.commands import alembic, media_gen_ids
from tests.support.migrations import alembic_config, recorded_version, upgrade
from tests.support.tables import sqlite_path

OTHER_DRIVERS = (
    "postgres",
    "postgresql+psycopg2",
    "postgresql+asyncpg",
    "postgresql+psycopg_async",
    "postgresql+pg8000",
    "postgresql+psycopg2cffi",
    "postgres+anything",
)
UNSUPPORTED = (
    "mysql",
    "mysql+pymysql",
    "mysql+mysqldb",
    "mysql+aiomysql",
    "mariadb",
    "mariadb+mariadbconnector",
    "mariadb+pymysql",
    "oracle",
    "oracle+oracledb",
    "mssql",
    "mssql+pyodbc",
    "cockroachdb",
    "duckdb",
    "snowflake",
)
FORMS = "use postgresql://user@host/name or sqlite:///file.db"
PASSWORDS = (
    *("password", "sslpassword", "PASSWORD", "passwd", "pwd", "oauth_client_secret", "access_token"),
    *("scram_client_key", "scram_server_key"),
)
HARMLESS = "postgresql://user@127.0.0.1:1/x?passfile=/home/me/.pgpass&sslkey=/etc/key"


@pytest.mark.parametrize("driver", OTHER_DRIVERS)
def test_every_postgresql_url_means_psycopg_3(driver: str, caplog: pytest.LogCaptureFixture) -> None:
    """Said once, however many engines are made; a driver that is not installed is not needed."""
    say_that_psycopg_is_used.cache_clear()
    caplog.set_level(logging.INFO, "app")

    engines = [make_engine(f"{driver}://user:secret@host:5/name?application_name=x") for _ in range(2)]

    assert [engine.dialect.driver for engine in engines] == ["psycopg", "psycopg"]
    assert engines[0].url.render_as_string(hide_password=False) == (
        "postgresql://user:secret@host:5/name?application_name=x"
    )
    assert caplog.messages == [f"{driver}:// is opened with psycopg 3, as every PostgreSQL URL"]


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "sqlite", "sqlite+pysqlite"])
def test_of_our_own_drivers_nothing_is_said(driver: str, caplog: pytest.LogCaptureFixture) -> None:
    """Their URLs stay as they are."""
    caplog.set_level(logging.DEBUG, "app")

    assert (parse_url(f"{driver}:///name").drivername, caplog.messages) == (driver, [])


def test_what_asyncpg_calls_otherwise_is_translated() -> None:
    """Its other parameters have no meaning for psycopg, which would refuse them."""
    only = "prepared_statement_cache_size=0&prepared_statement_name_func=f&statement_cache_size=0&async_fallback=1"

    parsed = parse_url(f"postgresql+asyncpg://host/name?ssl=require&{only}&application_name=x")

    assert dict(parsed.query) == {"sslmode": "require", "application_name": "x"}


@pytest.mark.parametrize("driver", ["postgres", "postgresql+asyncpg"])
def test_an_upgrade_by_the_url_of_another_driver(postgresql_empty: str, driver: str) -> None:
    """From both commands."""
    url = postgresql_empty.replace("postgresql://", f"{driver}://")

    upgraded = alembic("upgrade", "head", url=url)
    checked = media_gen_ids("check", url=url)

    said = f"{driver}:// is opened with psycopg 3"
    assert (upgraded.returncode, upgraded.stderr.count(said), recorded_version(postgresql_empty)) == (
        0,
        1,
        "media_ids_0003",
    )
    assert (checked.returncode, checked.stderr.count(said), checked.stderr.count("\n")) == (0, 1, 1)


@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "sqlite+pysqlite"])
def test_other_names_of_the_plain_sqlite_driver(sqlite_empty: str, driver: str) -> None:
    """The same file."""
    upgrade(sqlite_empty.replace("sqlite:", f"{driver}:"))

    assert (recorded_version(sqlite_empty), sqlite_path(sqlite_empty).exists()) == ("media_ids_0003", True)


@pytest.mark.parametrize("name", ["autocommit", "context", "cursor_factory", "row_factory"])
def test_a_parameter_that_only_a_program_can_give(name: str) -> None:
    """Above all autocommit, with which no batch would be a transaction."""
    with pytest.raises(ConfigurationError) as caught:
        make_engine(f"postgresql+psycopg://host/name?{name}=1")

    assert caught.value.problem == f"{name} cannot be given in a URL; leave it out"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("sqlite:///x.db?mode=ro", "Query string argument(s) 'mode' are not accepted by the pysqlite driver"),
        ("sqlite:///x.db?timeout=long", "could not convert string to float: 'long'"),
        ("sqlite:///file:x.db?uri=maybe", "String is not true/false: 'maybe'"),
        ("sqlite:////tmp/%00.db", "the name of the database holds the character NUL"),
        ("a\0b.db", "the name of the database holds the character NUL"),
        ("sqlite:///file:x.db?uri=s3cret&token=s3cret", "String is not true/false: '***'"),
        ("sqlite://host/x.db", "Invalid SQLite URL"),
        ("postgresql://h/x?port=1&port=2", "number of hosts and ports don't match"),
        ("postgresql://u:p@ss@host/x", "the password holds an @ that must be written as %40"),
    ],
)
def test_what_a_url_cannot_hold(url: str, problem: str) -> None:
    """One line, before anything is opened; above all where `mode=ro` would not be heeded."""
    with pytest.raises(ConfigurationError) as caught:
        make_engine(url)

    assert (problem in caught.value.problem, "\n" in caught.value.problem) == (True, False)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:x%20y.db", "file:x y.db"),
        ("sqlite:///file:x%2520y.db?uri=true", "x y.db"),
        ("sqlite:///file:x.db?uri=false", "file:x.db"),
        ("sqlite:///file::memory:?uri=true", None),
        ("sqlite:///file:x.db?uri=true&mode=memory", None),
        ("sqlite:///file:x.db?uri=true&mode=ro", "x.db"),
        ("sqlite:///file:?uri=true", None),
        ("postgresql:///x.db", None),
    ],
)
def test_which_file_a_url_means(url: str, file: str | None) -> None:
    """None where it means no file."""
    assert sqlite_file(sa.make_url(url)) == (None if file is None else Path(file))


# --- other databases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", UNSUPPORTED)
def test_another_database_is_refused_whether_or_not_its_driver_is_there(driver: str) -> None:
    """Nothing is loaded for that."""
    with pytest.raises(ConfigurationError) as caught:
        make_engine(f"{driver}://user:secret@host/name")

    assert str(caught.value) == f"DATABASE_URL: no support for {driver}://; {FORMS}"


@pytest.mark.parametrize("driver", ["mysql+pymysql", "sqlite+pysqlcipher"])
@pytest.mark.parametrize("offline", [False, True])
def test_alembic_refuses_another_database_before_it_connects(driver: str, *, offline: bool) -> None:
    """Also where it would write SQL only."""
    with pytest.raises(CommandError) as caught:
        alembic_command.upgrade(alembic_config(f"{driver}://user:secret@127.0.0.1:1/x"), "head", sql=offline)

    assert str(caught.value).startswith(f"DATABASE_URL: no support for {driver}://; use ")


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameter", PASSWORDS)
def test_a_password_in_a_query_is_hidden(parameter: str) -> None:
    """As the one before the host is."""
    url = sa.make_url(f"postgresql://user:first@host/name?{parameter}=second&application_name=x")

    assert describe(url) in {
        f"postgresql://user:***@host/name?{parameter}=***&application_name=x",
        f"postgresql://user:***@host/name?application_name=x&{parameter}=***",
    }


def test_the_name_of_a_file_is_no_secret() -> None:
    """An operator has to see which file was meant."""
    assert describe(sa.make_url(HARMLESS)) == HARMLESS.replace("/home/me/", "%2Fhome%2Fme%2F").replace(
        "/etc/key", "%2Fetc%2Fkey"
    )


@pytest.mark.parametrize(
    ("url", "said", "told"),
    [
        ("postgresql://u:s3cret@h/d", "it is s3cret, is it?", "it is ***, is it?"),
        ("postgresql://h/d?password=s3cret&password=other", "'s3cret' 'other'", "'***' '***'"),
        ("postgresql://u:a%2Fb%40c@h/d", "a/b@c a%2Fb%40c a/b%40c", "*** *** ***"),
        ("postgresql://u:s3@h/d", "s3cret s3 its3", "s3cret *** its3"),
        ("postgresql://u:abc@h/d?sslpassword=abc-def", "abc-def abc", "*** ***"),
        ("postgresql://h/abc%20password=s3cret", "s3cret abc", "*** abc"),
        ("postgresql://h/d?dbname=x%20passwd='s3cret'", "'s3cret'", "***"),
        ("postgresql://me:me@there/d?password=there&sslpassword=d", "me there d", "me there d"),
        ("postgresql://postgres:postgres@h/d", 'no role "postgres"', 'no role "postgres"'),
        ("nonsense", "nonsense", "nonsense"),
        ("postgresql://h/d", "nothing", "nothing"),
    ],
)
def test_a_message_that_holds_a_password(url: str, said: str, told: str) -> None:
    """As it is and as it stands in the URL; not where it is part of a word."""
    assert without_secrets(said, [url]) == told


def test_a_driver_that_repeats_a_password_is_not_quoted() -> None:
    """The error keeps the rest of what it said."""
    url = sa.make_url("postgresql://user@host/name?sslpassword=s3cret")

    with pytest.raises(DatabaseError) as caught, readable_errors(url):
        raise sa.exc.OperationalError("", {}, Exception("cannot unlock with s3cret"))

    assert caught.value.problem == "cannot unlock with ***"


def test_a_setting_that_is_no_text_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte that is no UTF-8 in an environment variable makes pydantic repeat it."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:s3cret@host/\udcff")

    with pytest.raises(ConfigurationError) as caught:
        Settings.load()

    assert (caught.value.name, "s3cret" in str(caught.value)) == ("DATABASE_URL", False)


def test_a_percent_sign_in_a_configuration_file(tmp_path: Path) -> None:
    """ConfigParser would repeat what follows it, and Alembic show the traceback."""
    ini = tmp_path / "alembic.ini"
    text = Path(str(alembic_config("").config_file_name)).read_text().replace("%(here)s", str(Path.cwd()))
    ini.write_text(text.replace("[alembic]\n", "[alembic]\nsqlalchemy.url = postgresql://u:a%40s3cret@127.0.0.1:1/x\n"))

    ended = alembic("-c", str(ini), "upgrade", "head")

    assert (ended.returncode, ended.stdout) == (
        255,
        "FAILED: sqlalchemy.url: a % in a configuration file must be written as %%\n",
    ), ended
    assert "s3cret" not in ended.stderr
