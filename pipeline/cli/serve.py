"""`peninsula serve`: the pages and the REST interface, until they are stopped; and tokens for the interface."""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import logging
import signal
import socket
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Never

import typer

from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import output_console
from pipeline.errors import ConfigurationError, UsageError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["app"]

SECONDS_TO_END = 10
"""For answers that are under way when the server is stopped."""

_PACKAGES = ("fastapi", "uvicorn", "jinja2", "argon2")

_EPILOG = "Example: peninsula serve --port 8765"

app = typer.Typer(help="Serve the pages and the REST interface.", invoke_without_command=True)


@app.callback(epilog=_EPILOG)
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 is every address of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    is_open: Annotated[bool, typer.Option("--open", help="Let the network in, where the host is not this machine alone.")] = False,
    no_review: Annotated[bool, typer.Option("--no-review", help="Leave the review desk and accounts out: nothing is written.")] = False,
) -> None:
    """Serve the pages at /, the review desk at /review and the REST interface under /api/v1 until stopped.

    Only this machine can reach them unless --host names an address of the network, which needs --open, and accounts (`peninsula users
    add`) unless --no-review leaves the desk out. As long as no account has a password, the desk is open to who sits at this machine.
    SIGTERM lets answers that are under way end, and ends with 143.

    Example: peninsula serve --port 8765
    """
    if context.invoked_subcommand is not None:
        return
    settings: Settings = context.obj
    local = _is_local(host)
    if not local and not is_open:
        raise UsageError(
            f"{host} can be reached from the network: everyone there could read all events and pages, without a password and unencrypted. "
            "Say --open where that is meant; better leave the host out, and put a web server with TLS in front (docs/api.md)"
        )
    require_web()
    from pipeline.web.app import create_app
    from pipeline.web.session import LOCAL_NAMES

    if not local and not no_review:
        _require_accounts(settings, host)
    hosts = [*settings.web_hosts, *LOCAL_NAMES] if local else settings.web_hosts or None
    _serve(create_app(settings, hosts=hosts, local=local, review=not no_review), host, port)


@app.command(epilog="Example: peninsula serve token newsroom --rate 6000")
def token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who gets it.")],
    rate: Annotated[int, typer.Option("--rate", min=0, help="Requests a minute; 0 for no limit.")] = 6000,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the token of this name back.")] = False,
) -> None:
    """Make a token for the REST interface and show it, this once; or take one back.

    Send it with the header "Authorization: Bearer TOKEN". A server that runs knows of it at once.

    Example: peninsula serve token newsroom --rate 6000
    """
    require_web()
    from pipeline.web.limits import add_token, remove_token

    settings: Settings = context.obj
    console = output_console()
    if revoke:
        remove_token(settings.tokens_file, name)
        console.print(f"the token {name} is taken back", markup=False, highlight=False)
    else:
        sys.stdout.write(add_token(settings.tokens_file, name, rate) + "\n")


@app.command(epilog="Example: peninsula serve tokens")
def tokens(context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the tokens: name, requests a minute, when they were made. The tokens themselves are kept nowhere.

    Example: peninsula serve tokens
    """
    require_web()
    from pipeline.web.limits import read_tokens

    settings: Settings = context.obj
    held = read_tokens(settings.tokens_file)
    if as_json:
        sys.stdout.write(json.dumps([one.model_dump(mode="json", exclude={"sha256"}) for one in held]) + "\n")
        return
    for one in held:
        rate = f"{one.rate} a minute" if one.rate else "no limit"
        output_console().print(f"{one.name}  {rate}  {one.created_at:%Y-%m-%d}", markup=False, highlight=False)


def require_web() -> None:
    """Raise ConfigurationError, with what to install, where a package of the extra is missing."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"the server needs {', '.join(missing)}: run `pip install 'peninsula[web]'`")


def _require_accounts(settings: Settings, host: str) -> None:
    """Raise ConfigurationError where the desk would be open to the network, and nothing tells who asks."""
    from pipeline.review.accounts import Accounts

    with open_for_reading(settings) as database:
        if settings.proxy_header is None and not Accounts(database, settings).needs_sign_in():
            raise ConfigurationError(
                f"{host} can be reached from the network, and no account has a password: make one with `peninsula users add NAME --role admin`, "
                "let a proxy sign in (PENINSULA_PROXY_HEADER), or leave the review desk out with --no-review"
            )


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _serve(served: FastAPI, host: str, port: int) -> None:
    """Answer requests until stopped."""
    import uvicorn

    from pipeline.web.guard import name_request

    for handler in logging.getLogger().handlers:
        handler.addFilter(name_request)
    listening = _listen(host.strip("[]"), port)
    shown = f"[{listening.getsockname()[0]}]" if listening.family == socket.AF_INET6 else listening.getsockname()[0]
    # Logs go where all others go; the application writes its own for each request.
    config = uvicorn.Config(
        served,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # the application reads them itself, from the addresses of the settings
        timeout_graceful_shutdown=SECONDS_TO_END,
        ws="none",
    )
    server = uvicorn.Server(config)
    output_console().print(f"listening at http://{shown}:{listening.getsockname()[1]}/", markup=False, highlight=False)
    # The server ends in order at a first signal, and then raises it again.
    signal.signal(signal.SIGTERM, _end)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None
    finally:
        listening.close()


def _end(number: int, _frame: FrameType | None) -> Never:
    raise SystemExit(128 + number)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises ConfigurationError where it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # who asks from now on is answered when the server is ready
    except OSError as error:
        raise ConfigurationError(f"cannot listen at {host}, port {port}: {error.strerror or error}") from error
    return listening
