"""A HIS to try launch links with: `python -m integrations.launch.simulator --secret SECRET`.

It is a simulator and says so. It shows one page with a button, as a HIS's patient page has; the button signs a link for the
person and the patient typed there and posts it to the record. The secret is the one that the page of the keys showed.
"""

import argparse
import base64
import time
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from integrations.launch import tokens

_LONGEST_FORM = 4096
_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>HIS mô phỏng</title>
<h1>HIS mô phỏng (không phải HIS thật)</h1>
<form method="post">
<p><label>Người dùng <input name="subject" value="{subject}"></label></p>
<p><label>Mã người bệnh <input name="patient" value="{patient}"></label></p>
<p><label>Mã lượt khám, đợt điều trị <input name="encounter" value="{encounter}"></label></p>
<p><button>Mở bệnh án điện tử</button></p></form></html>"""
_ON = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>HIS mô phỏng</title>
<form method="post" action="{record}/launch/"><input type="hidden" name="token" value="{token}">
<button autofocus>Tiếp tục</button></form><script>document.forms[0].submit()</script></html>"""


class Neighbour(BaseHTTPRequestHandler):
    """The page, and the link that its button makes."""

    def __init__(self, *args: object, told: argparse.Namespace) -> None:
        self.told = told
        super().__init__(*args)  # type: ignore[arg-type]  # what the server hands over

    def do_GET(self) -> None:
        """The HIS's page of a patient."""
        self._answer(_PAGE, {name: getattr(self.told, name) for name in ("subject", "patient", "encounter")})

    def do_POST(self) -> None:
        """The button: sign a link and have the browser post it."""
        length = min(int(self.headers.get("Content-Length") or 0), _LONGEST_FORM)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        told = self.told
        token = tokens.make(
            issuer=told.issuer,
            facility_code=told.facility,
            key_id=told.key_id,
            key=base64.urlsafe_b64decode(told.secret + "=" * (-len(told.secret) % 4)),
            subject=form.get("subject", ""),
            patient=form.get("patient", ""),
            encounter=form.get("encounter", ""),
            at=time.time(),
        )
        self._answer(_ON, {"record": told.record.rstrip("/"), "token": token})

    def _answer(self, page: str, values: dict[str, str]) -> None:
        body = page.format(**{name: escape(value) for name, value in values.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(told: argparse.Namespace) -> ThreadingHTTPServer:
    """The simulator's server, on this machine alone."""
    return ThreadingHTTPServer(("127.0.0.1", told.port), partial(Neighbour, told=told))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """What was said on the command line."""
    parser = argparse.ArgumentParser(prog="python -m integrations.launch.simulator", description=__doc__)
    parser.add_argument("--record", default="http://127.0.0.1:8000", help="where the record is")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--facility", default="99999", help="insurance code")
    parser.add_argument("--issuer", default="HIS")
    parser.add_argument("--key-id", default="demo")
    parser.add_argument("--secret", required=True, help="base64url, as it was shown")
    parser.add_argument("--subject", default="bacsi")
    parser.add_argument("--patient", default="")
    parser.add_argument("--encounter", default="")
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until stopped."""
    told = parse()
    print(f"SIMULATOR: this is no real HIS. Open http://127.0.0.1:{told.port}/")
    serve(told).serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
