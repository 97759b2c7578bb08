"""Pages that a site closes to programs are not asked for, and a host that asks for time gets it."""

from __future__ import annotations

import pytest

from models.vocabulary import FailureClass
from pipeline.errors import FetchError
from pipeline.fetch.politeness import HostGate
from pipeline.fetch.robots import LONGEST_DELAY, read_rules, robots_address
from pipeline.sample.server import Request, Response

PAGE = "http://wire.example/news/1"
RULES = b"User-agent: *\nDisallow: /members/\nAllow: /members/free\n\nUser-agent: Peninsula\nDisallow: /closed/\n"


def site(rules: Response):
    """Return what answers for a site with this robots.txt."""

    def answer(request: Request) -> Response:
        return rules if request.path == "/robots.txt" else Response(body=b"<html>page</html>", headers={"Content-Type": "text/html"})

    return answer


def refusal(client, url=PAGE) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.get(url, limit=1_000, polite=True)
    return caught.value


def test_a_page_that_is_closed_is_not_asked_for(serve):
    client, server = serve(site(Response(body=RULES)), user_agent="Peninsula/0.1 (news monitor)")
    error = refusal(client, "http://wire.example/closed/1")
    assert (error.code, error.failure) == ("robots", FailureClass.HARD)
    assert "robots.txt" in str(error)
    assert client.get(PAGE, limit=1_000, polite=True).status == 200
    # Asked for once, and addresses that the user named are fetched by the user's choice.
    assert client.get("http://wire.example/closed/1", limit=1_000).status == 200
    assert [served.path for served in server.log] == ["/robots.txt", "/news/1", "/closed/1"]


def test_rules_for_all_hold_where_none_name_the_program():
    rules = read_rules(RULES, "Other/1")
    assert not rules.allow("http://wire.example/members/1", "Other/1")
    assert rules.allow("http://wire.example/members/free", "Other/1")
    assert rules.allow("http://wire.example/closed/1", "Other/1")


@pytest.mark.parametrize(
    "answer",
    [
        Response(404),
        Response(403),
        Response(body=b"<html>no such page</html>"),
        Response(body=b"\xff\xfe\x00", headers={"Content-Type": "image/png"}),
    ],
    ids=["404", "403", "a page", "a picture"],
)
def test_a_site_without_rules_is_open(serve, answer):
    client, _ = serve(site(answer))
    assert client.get(PAGE, limit=1_000, polite=True).status == 200


@pytest.mark.parametrize("status", [500, 503])
def test_a_site_whose_rules_cannot_be_read_waits(serve, status):
    client, server = serve(site(Response(status)))
    for _ in range(2):
        error = refusal(client)
        assert (error.code, error.failure, error.status) == ("robots_unreachable", FailureClass.TEMPORARY, status)
    assert [served.path for served in server.log] == ["/robots.txt"]


def test_a_redirect_to_another_site_obeys_its_rules(serve):
    def answer(request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(body=b"User-agent: *\nDisallow: /\n") if request.host == "mirror.example" else Response(404)
        return Response(302, headers={"Location": "http://mirror.example/news/1"})

    client, _ = serve(answer, hosts=("wire.example", "mirror.example"))
    assert refusal(client).code == "robots"


@pytest.mark.parametrize(("wanted", "delay"), [("7", 7.0), ("0.5", 0.5), ("86400", LONGEST_DELAY), ("soon", 0.0)])
def test_a_crawl_delay_is_read_within_reason(wanted, delay):
    assert read_rules(f"User-agent: *\nCrawl-delay: {wanted}\n".encode(), "Peninsula/0.1").delay == delay


def test_a_gate_is_slowed_down_and_never_hurried():
    pauses: list[float] = []
    gate = HostGate(delay=5, parallel=1, clock=lambda: 0.0, sleep=pauses.append)
    gate.slow_down(2)
    gate.slow_down(9)
    for _ in range(3):
        with gate.passing():
            pass
    assert pauses == [9, 18]


def test_the_rules_lie_at_the_root_of_the_origin():
    assert robots_address("https://wire.example:8443/a/b?c=1#d") == "https://wire.example:8443/robots.txt"


def test_a_host_that_says_too_many_requests_is_left_alone(serve):
    client, server = serve(Response(429, headers={"Retry-After": "120"}))
    first, second = refusal_of(client, "http://wire.example/a"), refusal_of(client, "http://wire.example/b")
    assert (first.failure, second.failure) == (FailureClass.SOFT, FailureClass.TEMPORARY)
    assert first.retry_after == second.retry_after == "120"
    assert "was not asked for" in str(second)
    assert [served.path for served in server.log] == ["/a"]


def refusal_of(client, url) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.get(url, limit=1_000)
    return caught.value
