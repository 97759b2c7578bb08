import gzip
import socket
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from models.vocabulary import FailureClass
from pipeline.errors import ConfigurationError, FetchError
from pipeline.fetch import Client, connection
from pipeline.fetch.client import RETRY_PAUSE
from pipeline.sample.server import Response, compress, revalidate
from pipeline.settings import Settings

URL = "http://wire.example/rss.xml"
XML = {"Content-Type": "application/xml"}


def failure_of(client, url=URL, **options) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.get(url, **{"limit": 10_000, **options})
    return caught.value


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_body_comes_with_status_lower_case_headers_and_final_address(serve):
    client, _ = serve(Response(body=b"<rss/>", headers={**XML, "X-Thing": "1"}))
    reply = client.get(URL, limit=10_000)
    assert (reply.status, reply.body, reply.url, reply.final_url) == (200, b"<rss/>", URL, URL)
    assert reply.headers["x-thing"] == "1"
    assert not reply.permanent_redirect
    assert 0 < reply.seconds < 5


def test_the_host_header_is_that_of_the_address_although_another_one_answers(serve):
    client, server = serve(Response(body=b"<rss/>"))
    client.get("http://wire.example:80/a?b=1", limit=100)
    assert [(served.host, served.path) for served in server.log] == [("wire.example", "/a?b=1")]


def test_the_user_agent_and_compression_are_asked_for_as_set(serve):
    asked = []
    client, _ = serve(lambda request: asked.append(dict(request.headers)) or Response(), user_agent="Test/1 (+mailto:a@b.example)")
    client.get(URL, limit=100)
    assert asked[0]["user-agent"] == "Test/1 (+mailto:a@b.example)"
    assert asked[0]["accept-encoding"] == "gzip, deflate"


def test_a_compressed_body_is_unpacked(serve):
    body = b"<rss>" + b"x" * 1000 + b"</rss>"
    client, _ = serve(lambda request: compress(request, Response(body=body, headers=XML)))
    assert client.get(URL, limit=10_000).body == body


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (401, "blocked", FailureClass.HARD),
        (403, "blocked", FailureClass.HARD),
        (404, "not_found", FailureClass.SOFT),
        (410, "gone", FailureClass.HARD),
        (418, "http_error", FailureClass.SOFT),
        (429, "rate_limited", FailureClass.SOFT),
        (451, "blocked", FailureClass.HARD),
        (500, "server_error", FailureClass.SOFT),
        (503, "server_error", FailureClass.SOFT),
    ],
)
def test_an_error_status_has_its_class_and_code(serve, status, code, failure):
    client, server = serve(Response(status, b"<html>sorry</html>"))
    error = failure_of(client)
    assert (error.code, error.failure, error.status) == (code, failure, status)
    assert str(status) in str(error)
    assert "wire.example/rss.xml" in str(error)
    assert len(server.log) == 1


def test_the_message_says_when_to_come_back(serve):
    client, _ = serve(Response(429, headers={"Retry-After": "120"}))
    assert "Retry-After: 120" in str(failure_of(client))


def test_a_challenge_to_browsers_is_told_apart_even_with_status_200(serve):
    client, _ = serve(Response(200, b"<html>Just a moment</html>", headers={"cf-mitigated": "challenge"}))
    assert failure_of(client).code == "challenge"


def test_validators_are_sent_and_304_comes_back_without_a_body(serve):
    feed = Response(body=b"<rss/>", headers={**XML, "Last-Modified": "Sun, 27 Sep 2026 10:00:00 GMT"})
    client, server = serve(lambda request: revalidate(request, feed))
    first = client.get(URL, limit=100)
    second = client.get(URL, limit=100, etag=first.headers["etag"], last_modified=first.headers["last-modified"])
    assert (first.status, second.status, second.body) == (200, 304, b"")
    assert [served.status for served in server.log] == [200, 304]


def test_304_to_a_request_without_validators_is_a_failure(serve):
    client, _ = serve(Response(304))
    assert failure_of(client).code == "http_error"


def test_a_new_etag_for_the_same_body_brings_the_same_body(serve):
    etags = iter(('"1"', '"2"'))
    client, _ = serve(lambda request: Response(body=b"<rss/>", headers={"ETag": next(etags)}))
    first = client.get(URL, limit=100)
    second = client.get(URL, limit=100, etag=first.headers["etag"])
    assert (second.status, second.body) == (200, first.body)
    assert second.headers["etag"] != first.headers["etag"]


# --- redirects -------------------------------------------------------------------------------------------------


def redirects(table):
    def answer(request):
        if request.path in table:
            status, target = table[request.path]
            return Response(status, headers={"Location": target})
        return Response(body=b"<rss/>", headers=XML)

    return answer


def test_redirects_lead_to_the_final_address_and_over_hosts(serve):
    client, server = serve(redirects({"/rss.xml": (302, "http://other.example/new?a=1"), "/new?a=1": (301, "end")}))
    reply = client.get(URL, limit=100)
    assert reply.final_url == "http://other.example/end"
    assert [served.host for served in server.log] == ["wire.example", "other.example", "other.example"]
    assert not reply.permanent_redirect


def test_a_redirect_is_permanent_only_where_every_step_is(serve):
    client, _ = serve(redirects({"/rss.xml": (301, "/b"), "/b": (308, "/c")}))
    assert client.get(URL, limit=100).permanent_redirect


def test_redirects_for_ever_end(serve):
    client, server = serve(lambda request: Response(302, headers={"Location": request.path + "x"}), max_redirects=5)
    error = failure_of(client)
    assert (error.code, error.failure) == ("too_many_redirects", FailureClass.SOFT)
    assert len(server.log) == 6


def test_a_redirect_to_itself_is_a_loop(serve):
    client, server = serve(redirects({"/rss.xml": (307, "/rss.xml")}))
    assert failure_of(client).code == "redirect_loop"
    assert len(server.log) == 1


def test_a_redirect_to_itself_until_a_cookie_is_set_is_followed(serve):
    def answer(request):
        if "seen=1" in request.headers.get("cookie", ""):
            return Response(body=b"<rss/>", headers=XML)
        return Response(307, headers={"Location": "/rss.xml", "Set-Cookie": "seen=1; Path=/"})

    client, server = serve(answer)
    assert client.get(URL, limit=100).body == b"<rss/>"
    assert client.get(URL, limit=100).body == b"<rss/>"
    assert [served.status for served in server.log] == [307, 200, 200]


def test_cookies_of_one_host_are_not_sent_to_another(serve):
    cookies = []

    def answer(request):
        cookies.append(request.headers.get("cookie"))
        return Response(headers={"Set-Cookie": "who=me"})

    client, _ = serve(answer)
    for url in (URL, "http://other.example/", URL):
        client.get(url, limit=100)
    assert cookies == [None, None, "who=me"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://wire.example/x", "http://[::1/x"])
def test_a_redirect_to_what_is_no_web_address_is_refused(serve, target):
    client, server = serve(redirects({"/rss.xml": (302, target)}))
    error = failure_of(client)
    assert (error.code, error.failure) == ("bad_redirect", FailureClass.HARD)
    assert len(server.log) == 1


def test_the_body_of_a_redirect_is_not_read(serve):
    def answer(request):
        if request.path == "/rss.xml":
            return Response(302, trickle(b"x" * 100_000), headers={"Location": "/end"})
        return Response(body=b"<rss/>")

    client, _ = serve(answer, total_timeout=2.0)
    assert client.get(URL, limit=100).body == b"<rss/>"


def test_a_redirect_without_a_target_is_refused(serve):
    client, _ = serve(Response(302))
    assert failure_of(client).code == "bad_redirect"


def test_a_redirect_to_a_request_for_consent_is_told_apart(serve):
    client, _ = serve(redirects({"/rss.xml": (302, "http://consent.wire.example/?back=1")}))
    assert failure_of(client).code == "consent"


# --- time ------------------------------------------------------------------------------------------------------


def test_silence_ends_after_the_read_timeout_and_one_retry(serve):
    pauses = []
    client, server = serve(Response(delay=60.0), pauses=pauses)
    error = failure_of(client)
    assert (error.code, error.failure) == ("read_timeout", FailureClass.TEMPORARY)
    assert len(server.log) == 2
    assert pauses == [RETRY_PAUSE]


def trickle(piece=b"x"):
    while True:
        yield piece
        yield 0.05


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000000"}])
def test_an_endless_slow_body_ends_after_the_total_timeout(serve, headers):
    client, server = serve(lambda request: Response(body=trickle(), headers=headers), total_timeout=0.6)
    error = failure_of(client)
    assert (error.code, error.failure) == ("total_timeout", FailureClass.TEMPORARY)
    assert "0.6 s" in str(error)
    assert len(server.log) == 1


def test_an_endless_head_ends_after_the_total_timeout(lone_client):
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def drip():
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                try:
                    while True:
                        connection.sendall(b"x")
                        connection.settimeout(0.05)
                        try:
                            if not connection.recv(1):
                                return
                        except TimeoutError:
                            continue
                except OSError:
                    return

        done = pool.submit(drip)
        client = lone_client(connect_to={"wire.example": f"127.0.0.1:{listener.getsockname()[1]}"}, total_timeout=0.6)
        assert failure_of(client).code == "total_timeout"
        done.result(timeout=10)


@pytest.fixture
def deaf_port():
    """Return a port that accepts nothing: its queue is full."""
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        yield deaf.getsockname()[1]


def test_a_host_that_takes_no_connection_is_given_up(lone_client, deaf_port):
    error = failure_of(lone_client(connect_to={"wire.example": f"127.0.0.1:{deaf_port}"}, connect_timeout=0.2))
    assert (error.code, error.failure) == ("connect_timeout", FailureClass.TEMPORARY)
    assert "0.2 s" in str(error)


def test_a_silent_first_address_leaves_time_for_the_second(serve, deaf_port, monkeypatch):
    client, server = serve(Response(body=b"<rss/>"), connect_to={}, private_hosts=["wire.example"], connect_timeout=0.6)
    monkeypatch.setattr(connection, "SHARE", 0.1)
    resolve = socket.getaddrinfo
    ports = (deaf_port, int(server.address.rpartition(":")[2]))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **kinds: [resolve("127.0.0.1", each, **kinds)[0] for each in ports])
    assert client.get(URL, limit=100).body == b"<rss/>"


def test_a_name_server_that_does_not_answer_is_given_up(lone_client, monkeypatch):
    answered = threading.Event()

    def wait(*args, **kwargs):
        answered.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    error = failure_of(lone_client(connect_timeout=0.2))
    answered.set()
    assert (error.code, error.failure) == ("dns", FailureClass.SOFT)
    assert "did not answer within 0.2 s" in str(error)


# --- connections -----------------------------------------------------------------------------------------------


def test_a_refused_connection_is_tried_twice(lone_client):
    pauses = []
    error = failure_of(lone_client(connect_to={"wire.example": f"127.0.0.1:{closed_port()}"}, pauses=pauses))
    assert (error.code, error.failure) == ("refused", FailureClass.TEMPORARY)
    assert str(error) == "wire.example refuses connections"
    assert pauses == [RETRY_PAUSE]


def test_an_unknown_host_is_named_and_not_asked_for_again(lone_client):
    pauses = []
    error = failure_of(lone_client(pauses=pauses), "http://no-such-host.invalid/rss")
    assert (error.code, error.failure) == ("dns", FailureClass.SOFT)
    assert "no-such-host.invalid" in str(error)
    assert pauses == []


def test_retries_stop_when_no_host_can_be_reached_and_begin_again_with_an_answer(serve):
    def unreachable(*args, **kwargs):
        raise OSError(101, "Network is unreachable")

    pauses = []
    client, _ = serve(Response(), pauses=pauses)
    dial = client._dialer.connect
    client._dialer.connect = unreachable
    codes = [failure_of(client, f"http://host{number}.example/").code for number in range(8)]
    client._dialer.connect = dial
    client.get(URL, limit=100)
    client._dialer.connect = unreachable
    failure_of(client)
    assert codes == ["unreachable"] * 8
    assert len(pauses) == 4 + 1


def test_a_connection_that_is_closed_without_an_answer_is_tried_again(serve):
    answers = iter((Response(0), Response(body=b"<rss/>")))
    client, server = serve(lambda request: next(answers))
    assert client.get(URL, limit=100).body == b"<rss/>"
    assert len(server.log) == 2


def test_a_body_that_is_cut_short_is_a_broken_connection(serve):
    client, _ = serve(Response(body=b"<rss>", headers={"Content-Length": "1000"}))
    error = failure_of(client)
    assert (error.code, error.failure) == ("broken", FailureClass.TEMPORARY)


def test_plain_http_on_a_tls_port_is_a_tls_failure(serve):
    client, _ = serve(Response())
    error = failure_of(client, "https://wire.example/")
    assert (error.code, error.failure) == ("tls", FailureClass.SOFT)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://wire.example/", "wire.example/rss", "", "http://", "http://[::1/", "http://a..example/"]
)
def test_what_is_no_web_address_is_refused(lone_client, url):
    error = failure_of(lone_client(), url)
    assert error.failure in {FailureClass.HARD, FailureClass.SOFT}
    assert error.code in {"bad_url", "dns"}


def test_credentials_do_not_show_in_messages(serve):
    client, _ = serve(Response(404))
    message = str(failure_of(client, "http://me:secret@wire.example/rss"))
    assert "secret" not in message
    assert "wire.example/rss" in message


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:no", ":80", "127.0.0.1:70000"])
def test_a_wrong_connect_to_is_a_configuration_error(address):
    with pytest.raises(ConfigurationError, match="connect_to"):
        Client(Settings(_env_file=None, connect_to={"wire.example": address}))


# --- size and type ---------------------------------------------------------------------------------------------


def test_a_body_over_the_cap_is_refused(serve):
    client, _ = serve(Response(body=b"x" * 10_001))
    error = failure_of(client, limit=10_000)
    assert (error.code, error.failure) == ("too_large", FailureClass.HARD)
    assert "10,000 bytes" in str(error)


def test_a_body_of_just_the_cap_passes(serve):
    client, _ = serve(Response(body=b"x" * 10_000))
    assert len(client.get(URL, limit=10_000).body) == 10_000


def test_a_feed_of_fifty_megabytes_is_stopped_at_the_cap(serve):
    sent = []

    def items():
        for number in range(5000):
            sent.append(number)
            yield b"<item>" + b"x" * 10_000 + b"</item>"

    client, _ = serve(lambda request: Response(body=items(), headers=XML))
    assert failure_of(client, limit=1_000_000).code == "too_large"
    assert len(sent) < 2500


def test_a_gzip_bomb_is_not_unpacked(serve):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    client, _ = serve(Response(body=bomb, headers={**XML, "Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        error = failure_of(client, limit=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "too_large"
    assert peak < 20_000_000


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"<rss/>" * 100, mtime=0)[:-8] + b"\x00" * 8])
def test_a_damaged_compressed_body_is_a_failure(serve, body):
    client, _ = serve(Response(body=body, headers={"Content-Encoding": "gzip"}))
    assert failure_of(client).code == "bad_encoding"


def test_a_compression_that_was_not_asked_for_is_a_failure(serve):
    client, _ = serve(Response(body=b"\x8b\x02\x80", headers={"Content-Encoding": "br"}))
    assert "br" in str(failure_of(client))


@pytest.mark.parametrize(
    "kind", ["image/png", "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"]
)
def test_what_is_no_text_is_refused(serve, kind):
    client, _ = serve(Response(body=b"%PDF-1.7", headers={"Content-Type": kind}))
    error = failure_of(client)
    assert (error.code, error.failure) == ("content_type", FailureClass.HARD)


@pytest.mark.parametrize(
    "kind", ["", "text/html", "application/rss+xml; charset=euc-kr", "application/octet-stream", "application/xhtml+xml", "xml"]
)
def test_markup_passes_also_under_a_careless_type(serve, kind):
    client, _ = serve(Response(body=b"\n<rss/>", headers={"Content-Type": kind}))
    assert client.get(URL, limit=100).body == b"\n<rss/>"


def test_an_empty_body_is_a_reply(serve):
    client, _ = serve(Response(body=b""))
    assert client.get(URL, limit=100).body == b""


def test_many_threads_share_one_client(serve):
    client, server = serve(lambda request: Response(body=request.path.encode(), headers={"Set-Cookie": f"c{request.path[1:]}=1"}))
    urls = [f"http://{host}/{number}" for number in range(20) for host in ("wire.example", "other.example")]
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda url: client.get(url, limit=100).body, urls))
    assert bodies == [f"/{number}".encode() for number in range(20) for _ in range(2)]
    assert len(server.log) == 40
