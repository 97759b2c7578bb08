"""An export whose client reads no further is given up, so that others get its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from starlette.types import Message, Scope

from models.filters import EventFilter, Sort
from pipeline.publish import FORMATS
from pipeline.web import answers
from pipeline.web.answers import Slots, answer_export
from pipeline.web.errors import RequestError

if TYPE_CHECKING:
    from pipeline.query import Reader


class Source:
    """Gives an export its blocks, and remembers whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def stream(self, *_: object) -> Iterator[bytes]:
        try:
            yield from (b"one", b"two", b"three")
        finally:
            self.closed = True


async def never(_: Message) -> None:
    await anyio.sleep_forever()


def answer(source: Source, slots: Slots) -> Any:
    form = replace(FORMATS["csv"], encode=lambda blocks: blocks)  # type: ignore[arg-type, return-value]
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return answer_export(cast("Reader", source), EventFilter(), form, sort=Sort.NEWEST, bom=False, slots=slots, now=now)


def send_all(response: Any, send: Callable[[Message], Any], *, version: str) -> None:
    """Let a server of some version of ASGI send a response."""
    scope: Scope = {"type": "http", "asgi": {"spec_version": version}}

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    # In a thread: the driver of the browser tests keeps a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, response, scope, receive, send).result()


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_an_export_that_nobody_reads_gives_back_its_slot_and_its_connection(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0.01)
    source, slots = Source(), Slots(1)
    response = answer(source, slots)
    with pytest.raises(RequestError):
        slots.take()
    send_all(response, never, version=version)
    assert source.closed
    slots.take()


def test_it_is_left_without_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0.01)
    sent: list[Message] = []

    async def send_two(message: Message) -> None:
        sent.append(message)
        if len(sent) > 2:
            await anyio.sleep_forever()

    send_all(answer(Source(), Slots(1)), send_two, version="2.3")
    assert all(message.get("more_body", True) for message in sent)


def test_a_client_that_reads_slowly_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 5)
    bodies: list[bytes] = []

    async def send_slowly(message: Message) -> None:
        await anyio.sleep(0.01)
        bodies.append(message.get("body", b""))

    send_all(answer(Source(), Slots(1)), send_slowly, version="2.3")
    assert b"".join(bodies) == b"onetwothree"
