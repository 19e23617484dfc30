"""A partner that confirms outside the page, to try the contract with: a demo, nobody's product and no proof about any.

    python -m encounters.consents.simulator FOLDER --port 8026     # a service that signs; shows what was asked at /
    python -m encounters.consents.simulator FOLDER --read SHA256 ID  # a fingerprint reader, as the agent runs it

It makes a key of its own in FOLDER (`key.pem`; `public.pem` is for `key_file`), a secret (`secret`), and says in each
statement that it is a simulator. Answers: POST /requests/<reference>/confirm or /refuse, as a telephone would.
"""

import argparse
import base64
import datetime as dt
import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME, NUMBER = "NGƯỜI THỬ NGHIỆM", "038057000001"


def key_in(folder: Path) -> ec.EllipticCurvePrivateKey:
    """The simulator's key; made the first time, with its public half and the secret beside it."""
    file = folder / "key.pem"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        none = serialization.NoEncryption()
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none)
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (folder / "public.pem").write_bytes(public)
        (folder / "secret").write_text(secrets.token_urlsafe(24))
    found = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise TypeError("key.pem isn't ours")
    return found


def statement(key: ec.EllipticCurvePrivateKey, **said: str) -> dict[str, str]:
    """The signed statement of the contract: {"statement", "signature"}, both base64."""
    told = {"device": "simulator", "at": dt.datetime.now(dt.UTC).isoformat(), **said}
    content = json.dumps(told, ensure_ascii=False).encode()
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    return {
        "statement": base64.b64encode(content).decode(),
        "signature": base64.b64encode(signature).decode(),
    }


class Service(ThreadingHTTPServer):
    """What was asked and how it was answered, in memory."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.key = key_in(folder)
        self.secret = (folder / "secret").read_text()
        self.asked: dict[str, dict[str, Any]] = {}


class _Request(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        """The list for people, or one request for the hospital."""
        if self.path == "/":
            self._send(200, {"simulator": "nobody's product", "asked": self.server.asked})
            return
        row = self._row(self.path.removeprefix("/requests/"))
        if row is None:
            return
        if "result" not in row:
            self._send(202, {})
            return
        about = {"id": row["id"], "sha256": row["sha256"], "number": row["number"], "name": NAME}
        said = {"transaction": f"SIM-{row['reference']}", "level": "2", "result": row["result"]}
        self._send(200, statement(self.server.key, **about, **said))

    def do_POST(self) -> None:
        """The hospital asks; or the person answers."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.strip("/").split("/")
        if len(path) == 3 and path[2] in {"confirm", "refuse"} and path[1] in self.server.asked:
            self.server.asked[path[1]]["result"] = "confirmed" if path[2] == "confirm" else "refused"
            self._send(200, {})
            return
        if self._is_stranger():
            return
        known = next((row for row in self.server.asked.values() if row["id"] == body["id"]), None)
        row = known or {**body, "reference": secrets.token_hex(8)}
        self.server.asked[row["reference"]] = row
        self._send(201, {"reference": row["reference"]})

    def _row(self, reference: str) -> dict[str, Any] | None:
        if self._is_stranger():
            return None
        row = self.server.asked.get(reference)
        if row is None:
            self._send(404, {})
        return row

    def _is_stranger(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.server.secret}":
            return False
        self._send(401, {})
        return True

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer, ensure_ascii=False, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet."""


def main() -> int:
    """Run as a service, or read one finger."""
    parser = argparse.ArgumentParser(prog="encounters.consents.simulator", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8026, help="0: any; the address is printed")
    parser.add_argument("--read", nargs=2, metavar=("SHA256", "ID"))
    asked = parser.parse_args()
    if asked.read:
        sha256, name = asked.read
        said = {"transaction": f"SIM-{secrets.token_hex(4)}", "result": "confirmed", "number": NUMBER}
        print(json.dumps(statement(key_in(asked.folder), id=name, sha256=sha256, name=NAME, **said)))
        return 0
    with Service(asked.folder, asked.port) as service:
        print(f"http://127.0.0.1:{service.server_port}", flush=True)
        service.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
