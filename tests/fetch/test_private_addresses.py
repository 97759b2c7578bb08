"""No feed and no page leads into the network of who runs the program."""

from __future__ import annotations

import socket

import pytest

from models.vocabulary import FailureClass
from pipeline.errors import FetchError
from pipeline.fetch import Client
from pipeline.fetch.connection import is_public
from pipeline.sample.server import ReplayServer, Response


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
        *(
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "no address",
        ),
    ],
)
def test_private_and_local_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "203.238.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


def failure_of(client, url) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.get(url, limit=1_000)
    return caught.value


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::ffff:127.0.0.1]:{port}/"])
def test_a_local_address_is_refused_before_anything_is_sent(settings, url):
    with ReplayServer(lambda _: Response(body=b"secret")) as server, Client(settings) as client:
        error = failure_of(client, url.format(port=server.address.rpartition(":")[2]))
        assert (error.code, error.failure) == ("private_address", FailureClass.HARD)
        assert "PENINSULA_PRIVATE_HOSTS" in str(error)
        assert server.log == []


def test_a_redirect_into_the_network_is_refused(settings):
    with ReplayServer(lambda _: Response(302, headers={"Location": "http://169.254.169.254/latest"}), hosts=["wire.example"]) as server:
        chosen = settings.model_copy(update={"connect_to": server.connect_to})
        with Client(chosen) as client:
            assert failure_of(client, "http://wire.example/").code == "private_address"


def test_a_name_is_looked_at_again_each_time_it_is_dialled(settings, monkeypatch):
    """A name may be answered with a public address first and with a private one later."""
    answers = iter(["1.1.1.1", "127.0.0.1"])
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **kinds: resolve(next(answers), port, **kinds))

    def refuse(*_: object) -> socket.socket:
        raise ConnectionRefusedError

    monkeypatch.setattr("pipeline.fetch.connection._open", refuse)
    monkeypatch.setattr("pipeline.fetch.client.RETRY_PAUSE", 0)
    with Client(settings) as client:
        # The first look-up leads out, the retry leads home.
        assert failure_of(client, "http://turns.example/").code == "private_address"


def test_a_host_that_the_user_names_is_asked(settings):
    with ReplayServer(lambda _: Response(body=b"<rss/>")) as server:
        chosen = settings.model_copy(update={"private_hosts": ["LOCALHOST"]})
        with Client(chosen) as client:
            assert client.get(f"http://localhost:{server.address.rpartition(':')[2]}/", limit=100).status == 200
