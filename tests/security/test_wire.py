"""What arrives on a raw socket is one request or none, whoever wrote the bytes (S-57, S-58)."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest

from tests.security.programs import Web, running
from tests.support.services import Services

pytestmark = pytest.mark.timeout(180)

PLAIN = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
HIDDEN = b"GET /hidden-in-the-body HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def web(
    services: Services, worker_id: str, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    """One program for all of them, nothing here changes a row."""
    with running(services, worker_id, tmp_path_factory.mktemp("web")) as program:
        yield program


def exchange(web: Web, sent: bytes, *, patience: float = 3.0) -> bytes:
    """All that comes back until the server closes or keeps quiet."""
    place = urlsplit(web.url)
    assert place.hostname
    assert place.port
    got = b""
    with socket.create_connection((place.hostname, place.port), timeout=patience) as wire:
        try:
            wire.sendall(sent)
            wire.settimeout(patience)
            while chunk := wire.recv(65536):
                got += chunk
        except (TimeoutError, ConnectionError):
            pass
    return got


def statuses(answer: bytes) -> list[int]:
    """The status of each answer on the wire."""
    return [int(line[9:12]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def post(*heads: bytes, body: bytes = b"") -> bytes:
    """A form that nobody waits for, with these heads."""
    lines = [b"POST /verify/ HTTP/1.1", b"Host: localhost", b"Content-Type: text/plain", *heads]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
SMUGGLED = {
    "two lengths": post(b"Content-Length: 0", b"Content-Length: %d" % len(HIDDEN), body=HIDDEN),
    "two lengths in one": post(b"Content-Length: 0, %d" % len(HIDDEN), body=HIDDEN),
    "a length and chunks": post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + HIDDEN),
    "chunks and a length": post(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN),
    "an unknown coding": post(b"Transfer-Encoding: xchunked", b"Content-Length: 0", body=HIDDEN),
    "a coding after a blank": post(b"Transfer-Encoding : chunked", b"Content-Length: 0", body=HIDDEN),
    "a coding on a folded line": post(b"Transfer-Encoding:\r\n chunked", b"Content-Length: 0", body=HIDDEN),
    "two codings": post(CHUNKED, b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + HIDDEN),
    "a signed length": post(b"Content-Length: +0", body=HIDDEN),
    "a length with letters": post(b"Content-Length: 0x0", body=HIDDEN),
    "a negative length": post(b"Content-Length: -1", body=HIDDEN),
    "a bare line feed": b"POST /verify/ HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n" + HIDDEN,
    "a lone carriage return": post(b"X-A: b\rTransfer-Encoding: chunked", b"Content-Length: 0", body=HIDDEN),
    "a NUL in a head": post(b"X-A: b\x00c", b"Content-Length: 0", body=HIDDEN),
    "a bad chunk size": post(CHUNKED, body=b"zz\r\n" + HIDDEN),
    "an endless chunk size": post(CHUNKED, body=b"f" * 40 + b"\r\n" + HIDDEN),
    "a chunk without its end": post(CHUNKED, body=b"1\r\nab0\r\n\r\n" + HIDDEN),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_second_request_hides_in_a_body(web: Web, name: str) -> None:
    """S-57: what two servers could read differently is refused, or is one request and nothing behind it is obeyed.

    A request that is well formed by itself may stand behind a body of length 0: it is the sender's own next one, with
    the sender's rights. What must not be is that the refused one's bytes are answered as a page.
    """
    answer = exchange(web, SMUGGLED[name])
    found = statuses(answer)
    assert 200 not in found, answer[:300]
    assert all(status in {400, 403, 404, 411, 413, 422, 501, 505} for status in found), found
    if any(
        word in name
        for word in ("two lengths", "a length and chunks", "letters", "negative", "NUL", "bad chunk")
    ):
        assert len(found) <= 1, f"{name}: the bytes behind were taken for a request"
    assert statuses(exchange(web, PLAIN + b"Connection: close\r\n\r\n")) == [200]


def test_a_host_that_is_not_ours_or_stands_twice_is_refused(web: Web) -> None:
    """S-57: links in answers and mails are never made from a stranger's name."""
    line = b"GET /sign-in/ HTTP/1.1\r\n"
    for heads in (
        b"Host: evil.example\r\n",
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: localhost@evil.example\r\n",
        b"Host: localhost, evil.example\r\n",
        b"",
    ):
        answer = exchange(web, line + heads + b"Connection: close\r\n\r\n")
        assert 200 not in statuses(answer), heads
        assert b"evil.example" not in answer, heads
    answer = exchange(
        web, line + b"Host: localhost\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert statuses(answer) == [200]
    assert b"evil.example" not in answer


def test_a_strangers_proxy_heads_open_nothing(web: Web) -> None:
    """S-57: /metrics goes by address; who came through somebody else isn't the address that the heads claim."""

    def asked(*heads: bytes) -> list[int]:
        lines = [b"GET /metrics HTTP/1.1", b"Host: localhost", *heads, b"Connection: close"]
        return statuses(exchange(web, b"\r\n".join(lines) + b"\r\n\r\n"))

    assert asked() == [200]
    for head in (b"X-Forwarded-For: 127.0.0.1", b"Forwarded: for=127.0.0.1", b"X-Real-IP: 127.0.0.1"):
        assert asked(head) == [404], head


HEAVY = {
    "a head of a megabyte": PLAIN + b"X-A: " + b"a" * 2**20 + b"\r\n\r\n",
    "fifty thousand heads": PLAIN + b"".join(b"X-%d: a\r\n" % n for n in range(50_000)) + b"\r\n",
    "an address of a megabyte": b"GET /" + b"a" * 2**20 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a cookie of many parts": PLAIN + b"Cookie: " + b"a=b; " * 12_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", HEAVY)
def test_reading_heads_is_bounded(web: Web, name: str) -> None:
    """S-58: refused or answered within two seconds of CPU, and the process is no larger for it."""
    server = psutil.Process(web.pid)
    before, spent = _memory(server), _cpu(server)
    exchange(web, HEAVY[name], patience=5)
    assert _cpu(server) - spent < 2
    assert _memory(server) - before < 64 * 2**20
    assert statuses(exchange(web, PLAIN + b"Connection: close\r\n\r\n")) == [200]


def test_a_form_of_very_many_fields_is_refused_before_it_is_read_whole(web: Web) -> None:
    """S-58: a hundred thousand fields, and a boundary that never ends."""
    server = psutil.Process(web.pid)
    fields = b"&".join(b"f%d=1" % n for n in range(100_000))
    form = post(b"Content-Length: %d" % len(fields), body=fields).replace(
        b"text/plain", b"application/x-www-form-urlencoded"
    )
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(50_000)
    )
    many = post(b"Content-Length: %d" % len(parts), body=parts).replace(
        b"text/plain", b"multipart/form-data; boundary=x"
    )
    spent = _cpu(server)
    for sent in (form, many):
        found = statuses(exchange(web, sent, patience=10))
        assert found
        assert all(status in {400, 403, 413} for status in found), found
    assert _cpu(server) - spent < 4


def test_bytes_that_trickle_keep_nobody_else_waiting(web: Web) -> None:
    """S-58: thirty peers that never finish their first line."""
    place = urlsplit(web.url)
    slow = [socket.create_connection((place.hostname or "", place.port or 0)) for _ in range(30)]
    try:
        for wire in slow:
            wire.sendall(b"GET /health/live HT")
        began = time.monotonic()
        assert statuses(exchange(web, PLAIN + b"Connection: close\r\n\r\n")) == [200]
        assert time.monotonic() - began < 5
    finally:
        for wire in slow:
            wire.close()


def _family(server: psutil.Process) -> list[psutil.Process]:
    return [server, *server.children(recursive=True)]


def _memory(server: psutil.Process) -> int:
    return sum(each.memory_info().rss for each in _family(server))


def _cpu(server: psutil.Process) -> float:
    return sum(each.cpu_times().user + each.cpu_times().system for each in _family(server))
