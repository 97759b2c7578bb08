"""The schema and its migrations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Engine, inspect

from pipeline.errors import ConfigurationError
from pipeline.store.engine import reading, writing
from pipeline.store.views import create_views, drop_views
from pipeline.store.words import create_words

__all__ = ["current_revision", "head_revision", "is_empty", "require_current", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@cache
def head_revision() -> str:
    """Return the revision that this version of the program reads and writes."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise ConfigurationError("the installation has no migrations", path=_MIGRATIONS)
    return head


def current_revision(engine: Engine) -> str | None:
    """Return the revision of the database, None for one without any."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_empty(engine: Engine) -> bool:
    """Tell whether the database holds no table at all."""
    with reading(engine) as connection:
        return not inspect(connection).get_table_names()


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the database to the newest revision; return the revisions before and after.

    Raises ConfigurationError for a database of a newer program.
    """
    before = current_revision(engine)
    _refuse_newer(engine, before)
    config = _config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        try:
            drop_views(connection)
            command.upgrade(config, "head")
            create_views(connection)
            create_words(connection)
        except CommandError as error:
            raise ConfigurationError(f"database {engine.url.render_as_string()}: {error}") from error
    return before, head_revision()


def require_current(engine: Engine, *, create: bool = False) -> None:
    """Raise ConfigurationError unless the database has the newest revision; with `create`, an empty one is set up."""
    current = current_revision(engine)
    if current == head_revision():
        return
    if current is None and is_empty(engine):
        if create:
            upgrade(engine)
            return
        raise ConfigurationError(
            f"database {engine.url.render_as_string()} is empty: run `peninsula ingest` to fill it, or `peninsula db upgrade` to set it up"
        )
    _refuse_newer(engine, current)
    raise ConfigurationError(
        f"database {engine.url.render_as_string()} has revision {current or 'none'}, this program needs {head_revision()}: "
        "make a copy, then run `peninsula db upgrade`"
    )


def _refuse_newer(engine: Engine, revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            f"database {engine.url.render_as_string()} has revision {revision}, which this program does not know: "
            "it was written by a newer Peninsula; upgrade the program"
        )
