"""Telling a dead man's switch how a run ended, in the manner of healthchecks.io.

A watcher outside notices what the program cannot tell: that the machine is off or the run never began. Exit code 0 requests
the address as it stands, any other code the address with `/CODE` at its end, which healthchecks.io takes for a failure.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import requests

from pipeline.errors import LockHeld

__all__ = ["PING_SECONDS", "announced", "ping"]

PING_SECONDS = 10.0
"""For the whole ping: a run is over by then, and nobody should wait for a watcher that is down."""


@contextmanager
def announced(url: str | None, complain: Callable[[str], None]) -> Iterator[None]:
    """Ping `url` with the exit code that the block ends with; without `url` nothing is sent.

    The code is the attribute `exit_code` of what the block raises, 1 for an unexpected error, 130 for an interruption, 0 where
    nothing is raised. A run that found another one at work (75) says nothing: the other one will. A ping that fails is given to
    `complain` and changes nothing.
    """
    code = 0
    try:
        yield
    except KeyboardInterrupt:
        code = 130
        raise
    except BaseException as error:
        code = getattr(error, "exit_code", 1)
        raise
    finally:
        if url is not None and code != LockHeld.exit_code:
            trouble = ping(url, code)
            if trouble is not None:
                complain(trouble)


def ping(url: str, exit_code: int, *, seconds: float = PING_SECONDS) -> str | None:
    """Tell `url` how a run ended; return None, or what went wrong in words that do not show the address.

    The path of such an address is its password, so messages name the host alone.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        return "ping: PENINSULA_PING_URL is no web address"
    answer: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    # requests limits the time between two pieces of an answer, not the whole: the thread is left behind when that is over.
    threading.Thread(target=lambda: answer.put(_request(_address(parts, exit_code), seconds)), name="ping", daemon=True).start()
    try:
        trouble = answer.get(timeout=seconds)
    except queue.Empty:
        trouble = f"did not answer within {seconds:g} s"
    return None if trouble is None else f"ping: {host} {trouble}"


def _address(parts: SplitResult, exit_code: int) -> str:
    path = parts.path if exit_code == 0 else f"{parts.path.rstrip('/')}/{exit_code}"
    return parts._replace(path=path, fragment="").geturl()


def _request(url: str, seconds: float) -> str | None:
    """Make the request; return None, or what went wrong. Texts of errors hold the address and are left out."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(url, timeout=seconds, headers={"User-Agent": "Peninsula"}, stream=True, allow_redirects=False) as response:
                status = response.status_code
    except requests.Timeout:
        return f"did not answer within {seconds:g} s"
    except requests.exceptions.SSLError:
        return "has a certificate that is not trusted"
    except requests.ConnectionError:
        return "cannot be reached"
    except (requests.RequestException, OSError, ValueError) as error:
        return f"could not be asked ({type(error).__name__})"
    return None if 200 <= status < 300 else f"answered {status}"
