"""The replay server says what it is told to say, and leaves nothing behind."""

import gzip
import http.client
import itertools
import socket
import threading
import time

import pytest

from pipeline.sample.replay import ReplayServer, Request, Response, Served, compress, revalidate


def get(server, path="/", *, host="a.example", **headers):
    connection = http.client.HTTPConnection(server.address, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host, **headers})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def ask(**headers):
    return Request("GET", "a.example", "/", headers)


def test_the_request_carries_host_path_query_and_lower_case_headers():
    seen = []

    def routes(request):
        seen.append(request)
        return Response(body=b"ok")

    with ReplayServer(routes) as server:
        get(server, "/x?y=1", host="WIRE.example:8080", **{"X-Trace": "T"})
    assert (seen[0].method, seen[0].host, seen[0].path) == ("GET", "wire.example", "/x?y=1")
    assert seen[0].headers["x-trace"] == "T"


def test_status_headers_and_body_come_back_as_written():
    with ReplayServer(lambda _: Response(418, b"tea", {"X-Pot": "short"})) as server:
        answer, body = get(server)
    assert (answer.status, answer.getheader("X-Pot"), answer.getheader("Content-Length"), body) == (418, "short", "3", b"tea")


def test_the_log_lists_host_path_and_status():
    with ReplayServer(lambda request: Response(200 if request.path == "/" else 404)) as server:
        get(server)
        get(server, "/lost", host="b.example")
    assert server.log == [Served("a.example", "/", 200), Served("b.example", "/lost", 404)]


def test_connect_to_maps_every_virtual_host_to_the_address():
    with ReplayServer(lambda _: Response(), hosts=("a.example", "b.example")) as server:
        assert server.connect_to == {"a.example": server.address, "b.example": server.address}
        assert server.address.startswith("127.0.0.1:")


def test_a_wrong_length_is_sent_as_stated():
    with (
        ReplayServer(lambda _: Response(body=b"short", headers={"Content-Length": "50"})) as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        get(server)


def test_status_zero_closes_the_connection_without_an_answer():
    with ReplayServer(lambda _: Response(0)) as server, pytest.raises(http.client.RemoteDisconnected):
        get(server)


def test_a_streamed_body_is_ended_by_closing():
    with ReplayServer(lambda _: Response(body=iter([b"one ", 0.01, b"two"]))) as server:
        answer, body = get(server)
    assert (answer.getheader("Content-Length"), body) == (None, b"one two")


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(Response(body=itertools.repeat(b"x" * 1000)), id="endless"),
        pytest.param(Response(body=[b"x", 3600.0, b"y"]), id="stalled"),
        pytest.param(Response(body=b"late", delay=3600.0), id="late"),
    ],
)
def test_leaving_does_not_wait_for_a_body_that_never_ends(response):
    before = threading.active_count()
    connection = None
    try:
        with ReplayServer(lambda _: response) as server:
            host, port = server.address.split(":")
            connection = socket.create_connection((host, int(port)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            while not server.log:
                time.sleep(0.005)
    finally:
        if connection is not None:
            connection.close()
    assert threading.active_count() == before


def test_leaving_does_not_wait_for_a_client_that_says_nothing():
    before = threading.active_count()
    with ReplayServer(lambda _: Response()) as server:
        host, port = server.address.split(":")
        connection = socket.create_connection((host, int(port)))
        time.sleep(0.05)
    connection.close()
    assert threading.active_count() == before


def test_the_port_is_free_again_after_leaving():
    with ReplayServer(lambda _: Response()) as server:
        host, port = server.address.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def test_a_failing_script_is_raised_on_leaving():
    def routes(request):
        raise KeyError(request.path)

    with pytest.raises(RuntimeError, match="routes"), ReplayServer(routes) as server, pytest.raises(http.client.RemoteDisconnected):
        get(server)


def test_requests_are_answered_in_parallel():
    gate = threading.Barrier(2, timeout=5)

    def routes(_):
        gate.wait()
        return Response(body=b"met")

    with ReplayServer(routes) as server:
        other = threading.Thread(target=get, args=(server,))
        other.start()
        assert get(server)[1] == b"met"
        other.join()


def test_a_known_etag_is_answered_with_304_and_no_body():
    first = revalidate(ask(), Response(body=b"page"))
    again = revalidate(ask(**{"if-none-match": f'W/{first.headers["ETag"]}, "other"'}), Response(body=b"page"))
    assert (first.status, again.status, again.body) == (200, 304, b"")


def test_an_etag_of_another_body_is_answered_in_full():
    old = revalidate(ask(), Response(body=b"old")).headers["ETag"]
    assert revalidate(ask(**{"if-none-match": old}), Response(body=b"new")).status == 200


@pytest.mark.parametrize(("since", "status"), [("Thu, 06 Nov 2025 00:10:00 GMT", 304), ("Wed, 05 Nov 2025 00:10:00 GMT", 200)])
def test_if_modified_since_is_compared_with_last_modified(since, status):
    page = Response(body=b"page", headers={"Last-Modified": "Thu, 06 Nov 2025 00:10:00 GMT"})
    assert revalidate(ask(**{"if-modified-since": since}), page).status == status


def test_errors_are_never_answered_with_304():
    assert revalidate(ask(**{"if-none-match": "*"}), Response(500, b"x")).status == 500


def test_a_long_body_is_compressed_for_clients_that_take_gzip():
    page = Response(body=b"words " * 100)
    packed = compress(ask(**{"accept-encoding": "br, gzip;q=0.8"}), page)
    assert gzip.decompress(packed.body) == page.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert compress(ask(**{"accept-encoding": "gzip"}), page).body == packed.body


def test_a_client_without_gzip_gets_the_plain_body():
    page = Response(body=b"words " * 100)
    assert compress(ask(**{"accept-encoding": "identity"}), page) is page
