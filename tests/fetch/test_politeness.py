import threading
from concurrent.futures import ThreadPoolExecutor

from pipeline.fetch import Client, take_turns
from pipeline.fetch.politeness import HostGate
from pipeline.sample.server import ReplayServer, Response
from pipeline.settings import Settings


class Clock:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def starts_of(clock: Clock, urls: list[str], **settings) -> list[float]:
    """Fetch one after the other and return when each request arrived."""
    starts: list[float] = []
    answer = lambda request: starts.append(clock.now) or settings.get("response", Response())  # noqa: E731
    with ReplayServer(answer, hosts=("wire.example", "other.example")) as server:
        chosen = Settings(_env_file=None, connect_to=server.connect_to, host_delay=settings.get("host_delay", 5.0))
        with Client(chosen, clock=clock, sleep=clock.sleep) as client:
            for url in urls:
                client.get(url, limit=100)
                clock.now += settings.get("between", 0.0)
    return starts


def test_requests_to_one_host_start_the_delay_apart():
    assert starts_of(Clock(), ["http://wire.example/1", "http://wire.example/2", "http://wire.example/3"]) == [100.0, 105.0, 110.0]


def test_the_time_that_passed_counts():
    assert starts_of(Clock(), ["http://wire.example/1", "http://wire.example/2"], between=3.0) == [100.0, 105.0]
    assert starts_of(Clock(), ["http://wire.example/1", "http://wire.example/2"], between=9.0) == [100.0, 109.0]


def test_other_hosts_do_not_wait():
    assert starts_of(Clock(), ["http://wire.example/1", "http://other.example/1"]) == [100.0, 100.0]


def test_ports_and_cases_of_one_host_are_one_host():
    assert starts_of(Clock(), ["http://wire.example/1", "http://WIRE.example:80/2"]) == [100.0, 105.0]


def test_no_more_than_the_allowed_number_is_in_flight():
    gate = HostGate(delay=0.0, parallel=2, clock=lambda: 0.0, sleep=lambda seconds: None)
    inside, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def work(_: int) -> None:
        nonlocal inside, most
        with gate.passing():
            with lock:
                inside += 1
                most = max(most, inside)
            both.wait()
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert most == 2


def test_threads_that_wait_for_one_host_get_times_of_their_own():
    waits: list[float] = []
    gate = HostGate(delay=5.0, parallel=8, clock=lambda: 0.0, sleep=waits.append)

    def work(_: int) -> None:
        with gate.passing():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(5)))
    assert sorted(waits) == [5.0, 10.0, 15.0, 20.0]


def test_a_failed_request_gives_its_place_back():
    gate = HostGate(delay=0.0, parallel=1, clock=lambda: 0.0, sleep=lambda seconds: None)
    for _ in range(3):
        try:
            with gate.passing():
                raise OSError
        except OSError:
            continue
    with gate.passing():
        pass


def test_hosts_take_turns_and_keep_their_own_order():
    urls = ["http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://c/1", "http://b/2"]
    assert take_turns(urls, str) == ["http://a/1", "http://b/1", "http://c/1", "http://a/2", "http://b/2", "http://a/3"]
