"""A demo gateway: takes text messages and chat by the contract of docs/operator.md and shows what would be sent.

`python -m emr.notices.simulator --port 8025`; nothing leaves this machine. Plain Python, a process of its own.
"""

import argparse
import hmac
import html
import json
import sys
import threading
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAYS = ("/sms", "/chat")
_LARGEST = 64 * 1024
_KEPT = 500
_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>DEMO gateway</title><h1>DEMO: nothing is sent / Bản thử: không gửi đi đâu cả</h1>
<p>{count} messages would have been sent.</p><table border="1" cellpadding="6">
<tr><th>Way</th><th>To</th><th>Text</th><th>Urgent</th><th>Times</th></tr>{rows}</table></html>"""


@dataclass(slots=True)
class Taken:
    """A message that would be sent; `times`: how often it was handed over under its id."""

    id: str
    way: str
    to: str
    text: str
    urgent: bool
    times: int = 1


class Gateway(ThreadingHTTPServer):
    """What was taken, by id; with a token it asks for it."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], token: str = "") -> None:  # nosec B107  "": asks for none
        super().__init__(address, Handler)
        self.token = token
        self.taken: dict[str, Taken] = {}
        self.lock = threading.Lock()

    def take(self, way: str, body: dict[str, object]) -> Taken:
        """Keep it once, however often it comes."""
        key = str(body["id"])
        with self.lock:
            known = self.taken.get(key)
            if known is not None:
                known.times += 1
                return known
            new = Taken(key, way, str(body["to"]), str(body["text"]), bool(body.get("urgent")))
            self.taken[key] = new
            while len(self.taken) > _KEPT:
                self.taken.pop(next(iter(self.taken)))
        print(f"DEMO, not sent: {way} to {new.to}: {new.text}", flush=True)
        return new


class Handler(BaseHTTPRequestHandler):
    """POST /sms or /chat; GET / for eyes, GET /messages for programs."""

    server: Gateway
    timeout = 10

    def do_POST(self) -> None:
        """Take one message over."""
        if self.path not in WAYS:
            self._answer(404, {"error": "POST /sms or /chat"})
            return
        given = self.headers.get("Authorization", "")
        if self.server.token and not hmac.compare_digest(
            given.encode(), f"Bearer {self.server.token}".encode()
        ):
            self._answer(401, {"error": "the token is wrong"})
            return
        try:
            length = min(int(self.headers.get("Content-Length", "0")), _LARGEST)
            body = json.loads(self.rfile.read(length))
            taken = self.server.take(self.path.strip("/"), body)
        except (ValueError, KeyError, TypeError):
            self._answer(400, {"error": 'JSON with "id", "to" and "text" is expected'})
            return
        self._answer(202, {"id": taken.id, "demo": True})

    def do_GET(self) -> None:
        """What would have been sent."""
        with self.server.lock:
            taken = list(self.server.taken.values())
        if self.path == "/messages":
            self._answer(200, {"demo": True, "messages": [asdict(message) for message in taken]})
            return
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"
            for cells in ((m.way, m.to, m.text, m.urgent, m.times) for m in reversed(taken))
        )
        self._send(200, "text/html; charset=utf-8", _PAGE.format(count=len(taken), rows=rows).encode())

    def _answer(self, status: int, body: dict[str, object]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Each message has its own line already."""


def main(arguments: list[str]) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m emr.notices.simulator", description="Demo gateway: sends nothing."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--token", default="", help="ask for this bearer token")
    options = parser.parse_args(arguments)
    with Gateway((options.host, options.port), options.token) as gateway:
        host, port = gateway.server_address[:2]
        print(f"DEMO gateway, sends nothing: http://{host!s}:{port}/", flush=True)
        try:
            gateway.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
