"""Where each setting comes from, and how it is shown without telling a secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from pipeline.operate.logs import redact, secrets_in
from pipeline.settings import Settings
from pipeline.text.faults import did_you_mean

__all__ = ["Origin", "find_origins", "find_unknown", "hide_secrets"]

_PREFIX = "peninsula_"
_TESTS = "peninsula_test_"
"""Variables of the tests, which are no settings."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting: its value as it may be shown, and "option", "environment", ".env" or "default"."""

    name: str
    value: str
    source: str


def find_origins(settings: Settings, options: Collection[str]) -> list[Origin]:
    """Return every setting with its origin; `options` names those that were given on the command line."""
    environment, dotenv = EnvSettingsSource(Settings)(), DotEnvSettingsSource(Settings)()

    def source_of(name: str) -> str:
        if name in options:
            return "option"
        return "environment" if name in environment else ".env" if name in dotenv else "default"

    return [Origin(name, _show(getattr(settings, name)), source_of(name)) for name in Settings.model_fields]


def find_unknown() -> list[str]:
    """Return variables named like settings that are none, each with a setting that may be meant."""
    given = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    ours = sorted(name.removeprefix(_PREFIX) for name in given if name.startswith(_PREFIX) and not name.startswith(_TESTS))
    known = Settings.model_fields
    return [f"{_PREFIX}{name}".upper() + did_you_mean(name, known) for name in ours if name not in known]


def hide_secrets(settings: Settings, text: str) -> str:
    """Return a text with asterisks in place of whatever is secret in it, or in the addresses among the settings."""
    values = (getattr(settings, name) for name in Settings.model_fields)
    return redact(text, secrets_in(*(value for value in values if isinstance(value, str) and "://" in value)))


def _show(value: object) -> str:
    """Return a value for people; of an address only what leads to the server, and the name of the database."""
    shown = str(value)
    if not isinstance(value, str) or "://" not in value:
        return "" if value is None else shown
    address = _split(value)
    if address is None:
        return "***"
    host = address.netloc.rpartition("@")[2]
    return f"{address.scheme}://{host}{address.path if address.scheme.startswith(('postgresql', 'sqlite')) else '/…'}"


def _split(value: str) -> SplitResult | None:
    """Return the parts of an address, None where it has none that can be told apart: then all of it may be secret."""
    try:
        return urlsplit(value)
    except ValueError:
        return None
