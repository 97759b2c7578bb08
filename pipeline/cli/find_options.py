"""One option for every field of the filter, made from `models.filters.FIELDS`, so that none can be forgotten."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from models.filters import FIELDS, Field, FieldKind
from pipeline.errors import UsageError
from pipeline.query import QueryError, parse_filter

__all__ = ["FILTER_PANEL", "takes_filter"]

FILTER_PANEL = "Which events: repeat for 'or', join for 'and', !VALUE for 'not'"

_SHORT = {"type": "-t", "modality": "-m", "party": "-p", "q": "-q"}
_METAVARS = {
    FieldKind.CHOICE: "VALUE",
    FieldKind.CODE: "CODE",
    FieldKind.NAME: "NAME",
    FieldKind.FLAG: "yes|no",
    FieldKind.DAY: "DAY",
    FieldKind.INSTANT: "TIME",
    FieldKind.NUMBER: "NUMBER",
    FieldKind.TEXT: "WORDS",
}
_FORMER = {
    "listed": ("list", "any", "The same as --list any."),
    "news": ("background", "no", "The same as --background no."),
}
"""Options without a value that stand for a field with one."""
_FIELD = "|".join(field.name for field in FIELDS)
_NAMED = re.compile(f"^(?P<blamed>{_FIELD})(?=: )|`(?P<other>{_FIELD})`")
"""Fields in the message of a `QueryError`."""


def takes_filter(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every field of the filter in place of its parameter `wanted`, which gets the filter they make.

    Raises UsageError, which names the options, for values that cannot be read or contradict each other.
    """

    @wraps(command)
    def with_options(*arguments: Any, **given: Any) -> None:  # noqa: ANN401 - whatever the command takes
        pairs = [(field.name, value) for field in FIELDS for value in given.pop(field.name) or ()]
        pairs += [(name, value) for option, (name, value, _) in _FORMER.items() if given.pop(option)]
        try:
            command(*arguments, wanted=parse_filter(pairs), **given)
        except QueryError as error:
            raise UsageError(_with_options(str(error))) from error

    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "wanted"]
    # Typer shows options in the order of the parameters: what is asked for first, how it is written last.
    parameters = [*own[:1], *map(_parameter, FIELDS), *map(_former_parameter, _FORMER), *own[1:]]
    by_name = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    with_options.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in by_name}
    return with_options


def option_of(name: str) -> str:
    """Return the option that gives the field."""
    return f"--{name.replace('_', '-')}"


def _with_options(message: str) -> str:
    """Return a message on fields with the options that give them."""
    return _NAMED.sub(lambda found: option_of(found["blamed"] or found["other"]), message)


def _parameter(field: Field) -> inspect.Parameter:
    names = [option_of(field.name), *([_SHORT[field.name]] if field.name in _SHORT else [])]
    values = f" One of {', '.join(choice.value for choice in field.choices)}." if field.choices else f" Example: {field.example}"
    option = typer.Option(*names, metavar=_METAVARS[field.kind], help=field.help + values, show_default=False, rich_help_panel=FILTER_PANEL)
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, option])


def _former_parameter(name: str) -> inspect.Parameter:
    option = typer.Option(f"--{name}", help=_FORMER[name][2], show_default=False, rich_help_panel=FILTER_PANEL)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, option])
