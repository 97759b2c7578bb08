"""The keys of the desk: what each does, which key it has, and how an editor changes that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.review.errors import DeskError

__all__ = ["ACTIONS", "Action", "keys_of", "read_keys", "shown_key"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does. `name` is what the page calls the element that it presses."""

    name: str
    key: str
    words: str


ACTIONS: tuple[Action, ...] = (
    Action("accept", "a", "Accept"),
    Action("reject", "x", "Reject, wherever it stands"),
    Action("unsure", "u", "Unsure"),
    Action("skip", " ", "Skip, without a verdict"),
    Action("undo", "Backspace", "Undo what you decided last"),
    Action("redo", "y", "Do it again"),
    Action("edit", "e", "Edit"),
    Action("merge", "m", "Merge with another"),
    Action("split", "s", "Split off the places that are ticked"),
    Action("flag", "f", "Write a comment"),
    Action("down", "j", "Next place"),
    Action("up", "k", "Place before"),
    Action("tick", "t", "Tick the place as an exception"),
    Action("open", "o", "Open the article"),
    Action("source", "O", "Open the original page"),
    Action("search", "/", "Filter the queue"),
    Action("legend", "?", "Show or hide the keys"),
)
"""The actions that have a key of their own. Beside them: 1 to 9 choose a candidate, Ctrl-Enter saves an edit, Ctrl-T puts the machine's
value back, Shift-A accepts and Shift-X rejects the whole queue, after a look at what that would do."""

_NAMED = {" ": "space", "Backspace": "backspace"}
_FIXED = frozenset("123456789AX")


def keys_of(changed: Mapping[str, str]) -> dict[str, str]:
    """Return the key of each action, with those that an editor changed."""
    return {action.name: changed.get(action.name, action.key) for action in ACTIONS}


def shown_key(key: str) -> str:
    """Return a key as the legend has it."""
    return _NAMED.get(key, key)


def read_keys(form: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of a form that differ from the usual ones; raises DeskError for one that is taken, or is no key."""
    named = {shown: key for key, shown in _NAMED.items()}
    keys: dict[str, str] = {}
    for action in ACTIONS:
        text = form.get(action.name, "").strip()
        key = named.get(text.lower(), text) if text else action.key
        if key not in _NAMED and (len(key) != 1 or not key.isprintable()):
            raise DeskError(f"{action.words}: {text[:20]!r} is no key: give one letter or sign, space or backspace")
        if key in _FIXED:
            raise DeskError(f"{action.words}: {key!r} has another meaning that cannot be changed")
        keys[action.name] = key
    twice = [key for key, times in Counter(keys.values()).items() if times > 1]
    if twice:
        words = " and ".join(action.words for action in ACTIONS if keys[action.name] == twice[0])
        raise DeskError(f"{shown_key(twice[0])!r} cannot do two things: {words}")
    usual = keys_of({})
    return {name: key for name, key in keys.items() if key != usual[name]}
