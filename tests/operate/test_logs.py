from __future__ import annotations

import io
import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.operate.logs import HIDDEN, MAX_CHARACTERS, configure_logging, redact, run_named, secrets_in

log = logging.getLogger("peninsula.test")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Configure logs, do something, and give what was written; all is as before at the end."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def call(act: Callable[[], object], *, log_format: str = "json", level: str = "INFO", secrets: tuple[str, ...] = ()) -> list[str]:
        stream = io.StringIO()
        configure_logging(log_format, level, secrets=secrets, stream=stream)  # type: ignore[arg-type]
        act()
        return stream.getvalue().splitlines()

    yield call
    logging.captureWarnings(capture=False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def _one(written: list[str]) -> dict[str, object]:
    assert len(written) == 1
    parsed: dict[str, object] = json.loads(written[0])
    return parsed


def test_a_line_is_a_json_object_with_time_level_logger_and_message(lines) -> None:
    found = _one(lines(lambda: log.info("%d feeds polled", 70, extra={"step": "poll", "seconds": 1.5, "ok": True, "reason": None})))
    assert found["message"] == "70 feeds polled"
    assert (found["level"], found["logger"]) == ("info", "peninsula.test")
    assert str(found["time"]).endswith("Z")
    assert (found["step"], found["seconds"], found["ok"], found["reason"]) == ("poll", 1.5, True, None)
    assert "run_id" not in found


def test_the_id_of_the_run_is_in_the_lines_of_all_threads(lines) -> None:
    def act() -> None:
        with run_named("run-1"):
            thread = threading.Thread(target=lambda: log.info("here"))
            thread.start()
            thread.join()
        log.info("after it")

    first, second = (json.loads(line) for line in lines(act))
    assert first["run_id"] == "run-1"
    assert "run_id" not in second


def test_times_are_in_utc(lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "levelno": 20, "msg": "now", "created": 0.25})
        assert _one(lines(lambda: log.handle(record)))["time"] == "1970-01-01T00:00:00.250Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_extra_fields_stay_data_and_cannot_replace_the_standard_ones(lines) -> None:
    extra = {"counts": {"new": 3, 5: (1, 2.5, float("nan"))}, "level": "forged", "logger": "forged", "raw": b"\xff", "where": {"a"}}
    found = _one(lines(lambda: log.info("done", extra=extra)))
    assert found["counts"] == {"new": 3, "5": [1, 2.5, "nan"]}
    assert (found["level"], found["logger"], found["raw"], found["where"]) == ("info", "peninsula.test", "\\xff", ["a"])


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x1b[2J"])
def test_no_message_can_forge_a_line_or_move_the_cursor(lines, log_format: str, end: str) -> None:
    written = lines(lambda: log.info("title%s2026-01-01 forged", end, extra={"title": f"a{end}b"}), log_format=log_format)
    assert len(written) == 1
    assert written[0].isprintable()


@pytest.mark.parametrize("title", ["한국 뉴스", "null \x00", 'quote " and \\'], ids=["korean", "null", "quotes"])
def test_any_text_comes_through_json(lines, title: str) -> None:
    assert _one(lines(lambda: log.info(title)))["message"] == title


def test_korean_stays_readable(lines) -> None:
    assert "한국" in lines(lambda: log.info("한국"))[0]


def test_a_trace_is_a_field_in_json_and_lines_of_its_own_in_text(lines) -> None:
    def act() -> None:
        try:
            raise ValueError("at http://u:hunter22@host/x")
        except ValueError:
            log.exception("it broke")

    found = _one(lines(act))
    assert "Traceback" in str(found["exception"])
    assert f"http://{HIDDEN}@host/x" in str(found["exception"])
    written = lines(act, log_format="text")
    assert written[0].endswith("peninsula.test: it broke")
    assert written[-1] == f"  ValueError: at http://{HIDDEN}@host/x"


def test_text_has_the_other_fields_at_its_end(lines) -> None:
    def act() -> None:
        with run_named("run-1"):
            log.warning("slow", extra={"feed": "wire"})

    assert lines(act, log_format="text")[0].endswith("Z warning  peninsula.test: slow run_id=run-1 feed=wire")


def test_only_the_wanted_levels_are_written_and_each_line_once(lines) -> None:
    def act() -> None:
        log.info("no")
        log.warning("yes")

    lines(lambda: None)
    assert len(lines(act, level="WARNING")) == 1
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging("text", "LOUD")


def test_arguments_that_do_not_fit_are_written_without_secrets(lines, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers.clear()  # pytest's own raise on them; the fixture puts them back
    found = _one(lines(lambda: log.info("%d of %d", "http://u:hunter22@host/")))
    assert "%d of %d" in str(found["message"])
    assert "hunter22" not in json.dumps(found) + capsys.readouterr().err


def test_warnings_of_python_become_lines(lines) -> None:
    def act() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("old http://u:hunter22@host/", DeprecationWarning, stacklevel=1)
            logging.captureWarnings(capture=False)

    found = _one(lines(act))
    assert "DeprecationWarning: old" in str(found["message"])
    assert "hunter22" not in str(found)


def test_errors_that_nobody_caught_become_lines(lines) -> None:
    def act() -> None:
        error = ValueError("password=hunter22")
        sys.excepthook(ValueError, error, None)
        thread = threading.Thread(target=lambda: int("token=hunter22"))
        thread.start()
        thread.join()

    first, second = (json.loads(line) for line in lines(act))
    assert first["level"] == second["level"] == "critical"
    assert "hunter22" not in str(first) + str(second)


def test_an_interruption_is_no_bug(lines, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(lambda: sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)) == []
    assert "KeyboardInterrupt" in capsys.readouterr().err


# --- secrets ------------------------------------------------------------------------------------------------------

PRINTABLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"])
WORD = st.text(PRINTABLE, min_size=1, max_size=20)
"""Anything that stands in an address or a parameter: no blank, no control character."""
LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
AROUND = st.text(st.characters(codec="utf-8"), max_size=15)
MARK = "Hunter2Zq"
"""Stands inside every secret, so that what survives of it is found and nothing else is taken for it."""

SECRET = st.tuples(WORD, WORD).map(lambda parts: parts[0] + MARK + parts[1])
LINE_SECRET = st.tuples(LINE, LINE).map(lambda parts: parts[0] + MARK + parts[1])
NAMES = st.sampled_from(
    "token access_token api_key apikey API-Key serviceKey key sig X-Amz-Signature password pwd client_secret sessionid jsessionid auth "
    "%74oken private_key jwt".split()
)
HEADERS = st.sampled_from(["Authorization", "authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "COOKIE"])


def _web_user_info(secret: str) -> str:
    """Return a secret as it may stand in the user info of a web address, which ends at the first of these."""
    return "".join(quote(letter, safe="") if letter in "/?#" else letter for letter in secret)


PLACES = st.one_of(
    st.tuples(SECRET, st.sampled_from(["http", "https", "ftp", "HTTP"])).map(
        lambda p: f"{p[1]}://user:{_web_user_info(p[0])}@host.example/x"
    ),
    SECRET.map(lambda secret: f"https://{_web_user_info(secret)}@host.example"),
    SECRET.map(lambda secret: f"postgresql+psycopg://user:{secret}@db.example:5432/news"),
    SECRET.map(lambda secret: f"redis://:{secret}@db.example/0"),
    st.tuples(NAMES, SECRET, st.sampled_from("?&;#")).map(
        lambda p: f"https://host.example/feed{p[2]}{p[0]}={p[1].translate({38: '%26', 35: '%23'})}&page=2"
    ),
    st.tuples(HEADERS, LINE_SECRET).map(lambda p: f"{p[0]}: {p[1]}"),
    st.tuples(HEADERS, LINE_SECRET).map(lambda p: repr({p[0]: p[1], "Accept": "*/*"})),
    st.tuples(HEADERS, LINE_SECRET).map(lambda p: repr([(p[0].encode(), p[1].encode())])),
    st.tuples(HEADERS, LINE_SECRET).map(lambda p: json.dumps({p[0]: p[1]})),
    st.tuples(HEADERS, LINE_SECRET).map(lambda p: repr({p[0]: [p[1], "b=1"]})),
    SECRET.map(lambda secret: f"host=db.example password={secret} dbname=news"),
    LINE_SECRET.map(lambda secret: "host=db.example password='" + secret.replace("\\", "\\\\").replace("'", "\\'") + "' dbname=news"),
    LINE_SECRET.map(lambda secret: json.dumps({"password": secret})),
    SECRET.map(lambda secret: f"PGPASSWORD={secret} psql"),
)


@given(AROUND, PLACES, AROUND)
@example("see //", "http://user:aHunter2Zqb@host", "/x@y")
@example("postgresql://host:5432/db ", "Cookie: a@b; c=Hunter2Zq", "")
@example("", "postgresql://user:password=aHunter2Zq@b@host/db", "")
def test_no_secret_in_its_place_survives(before: str, place: str, after: str) -> None:
    assert MARK not in redact(f"{before}\n{place}\n{after}")


@given(st.lists(PLACES, min_size=1, max_size=3))
def test_secrets_beside_one_another_in_a_line_do_not_hide_each_other(places: list[str]) -> None:
    assert MARK not in redact(" ".join(places))


@settings(max_examples=50)
@given(PLACES, HEADERS, LINE_SECRET)
def test_no_secret_survives_in_a_written_line(place: str, header: str, secret: str) -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    level, hooks = root.level, (sys.excepthook, threading.excepthook)
    try:
        for log_format in ("json", "text"):
            configure_logging(log_format, "INFO", stream=stream)  # type: ignore[arg-type]
            extra = {"headers": {header: secret}, "note": [place], header: secret, "body": place.encode(), place: 1}
            try:
                raise ValueError(place)
            except ValueError:
                log.exception("it broke: %s", place, extra=extra)
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = [handler for handler in root.handlers if getattr(handler, "stream", None) is not stream]
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks
    assert MARK not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "https://wire.example/news/2025/11/06?seq=376100&page=1#top",
        "http://127.0.0.1:9470/healthz answered 200",
        "sqlite:////srv/peninsula/data/peninsula.db",
        "https://social.example/@someone/1 mentions a@b.example",
        "postgresql://db.example:5432/news",
        "polled 70 feeds: 61 OK, 9 DEAD; author=Kim keyword=sanctions url_key=https://a.example/1",
        "10 // 3 = 3",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    text = "GET https://kim:pw@wire.example/feed?lang=ko&serviceKey=abc&page=2 answered 403"
    assert redact(text) == f"GET https://{HIDDEN}@wire.example/feed?lang=ko&serviceKey={HIDDEN}&page=2 answered 403"


def test_secrets_of_the_settings_are_hidden_wherever_they_stand() -> None:
    secrets = secrets_in("https://hc.example/5c8a1f0e-11?create=1", "postgresql://u:p%40ssword@db/x", None, "http://[", "redis://:abc@h/0")
    assert secrets == {"5c8a1f0e-11", "create=1", "p%40ssword", "p@ssword"}
    assert redact('"GET /5c8a1f0e-11 HTTP/1.1" with p@ssword', secrets) == f'"GET /{HIDDEN} HTTP/1.1" with {HIDDEN}'


def test_a_path_of_the_ping_is_hidden_in_the_logs_of_libraries(lines) -> None:
    written = lines(lambda: logging.getLogger("urllib3").debug('"GET /5c8a1f0e-11 HTTP/1.1" 200'), level="DEBUG", secrets=("5c8a1f0e-11",))
    assert "5c8a1f0e" not in written[0]


@pytest.mark.parametrize("piece", ["a", "//", "://a:", "token=", "Cookie:", "?token=a", "password='", "@", "a b "])
def test_a_hostile_text_costs_little_and_is_cut(piece: str) -> None:
    began = time.process_time()
    found = redact(piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 5
    assert len(found) < MAX_CHARACTERS + 100


def test_a_cut_leaves_no_half_of_an_address() -> None:
    text = "x" * (MAX_CHARACTERS - 30) + " postgresql://user:Hunter2Zq" + "y" * 50 + "@host"
    assert redact(text) == "x" * (MAX_CHARACTERS - 30) + f" [{len(text) - MAX_CHARACTERS + 29} more characters]"
