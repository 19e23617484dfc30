"""A remote authority by the Cloud Signature Consortium's API, 1.0.4 and 2.0: a simulator, as a process of its own.

It signs for real, with the keys laid into its folder, and keeps the rules that a client must live with: tokens and
authorisations run out, a code serves once, an authorisation covers the digests that it names and no others, PINs lock.
What stands in `moods.json` makes it slow, down or refusing. It is nobody's product, and no proof about any.

    python -m tests.signatures.providers.csc_simulator FOLDER
"""

import base64
import contextlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

CLIENT, SECRET, PIN, CODE = "benhvien", "bi-mat-cua-benh-vien", "864209", "551177"
_LOCKS_AFTER = 5


class No(Exception):
    """An error answer."""

    def __init__(self, code: str, status: int = 400, description: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.description = code, status, description


class Authority:
    """Its memory: tokens, authorisations, codes sent, wrong PINs; what it was asked is written to `asked.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens: dict[str, float] = {}
        self.authorised: dict[str, tuple[str, list[str], float]] = {}
        self.codes: dict[str, str] = {}
        self.wrong: dict[str, int] = {}

    def moods(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "moods.json").read_text()))

    def credential(self, name: str) -> dict[str, Any]:
        file = self.folder / f"{Path(name).name}.credential.json"
        if not file.exists():
            raise No("invalid_request", description="Invalid parameter credentialID")
        return dict(json.loads(file.read_text()))

    def answer(self, version: int, method: str, body: dict[str, Any]) -> dict[str, Any]:
        moods = self.moods()
        time.sleep(moods.get("sleep", 0))
        if refusal := moods.get("refuses", {}).get(method):
            raise No(refusal)
        match method:
            case "credentials/list":
                owned = sorted(self.folder.glob("*.credential.json"))
                named = [file.name.removesuffix(".credential.json") for file in owned]
                return {"credentialIDs": [n for n in named if self.credential(n)["user"] == body["userID"]]}
            case "credentials/info":
                return self._info(version, self.credential(body["credentialID"]))
            case "credentials/sendOTP" | "credentials/getChallenge":
                if (method == "credentials/sendOTP") != (version == 1):
                    raise No("invalid_request", 404)
                self.codes[body["credentialID"]] = CODE
                return {}
            case "credentials/authorize":
                return self._authorise(version, body, moods)
            case "signatures/signHash":
                return self._sign(version, body, moods)
        raise No("invalid_request", 404)

    def _info(self, version: int, credential: dict[str, Any]) -> dict[str, Any]:
        told = {
            "key": {"status": credential.get("status", "enabled"), "algo": credential["algo"], "len": 256},
            "cert": {"status": "valid", "certificates": credential["certificates"]},
            "multisign": credential["multisign"],
        }
        asks, mode = credential["asks"], credential.get("mode", "explicit")
        if version == 1:
            told |= {"authMode": mode, "PIN": {"presence": str("PIN" in asks).lower()}}
            told["OTP"] = {"presence": str("OTP" in asks).lower(), "type": "online"}
            return told
        objects = [{"type": "Password", "id": "PIN"}] if "PIN" in asks else []
        objects += [{"type": "ChallengeResponse", "id": "OTP"}] if "OTP" in asks else []
        return told | {"auth": {"mode": mode, "expression": " AND ".join(asks), "objects": objects}}

    def _authorise(self, version: int, body: dict[str, Any], moods: dict[str, Any]) -> dict[str, Any]:
        name = body["credentialID"]
        credential = self.credential(name)
        given = body if version == 1 else {one["id"]: one["value"] for one in body.get("authData", [])}
        digests = body["hash" if version == 1 else "hashes"]
        if len(digests) != body["numSignatures"] or len(digests) > credential["multisign"]:
            raise No("invalid_request", description="Invalid parameter numSignatures")
        if self.wrong.get(name, 0) >= _LOCKS_AFTER:
            raise No("pin_locked")
        if "PIN" in credential["asks"] and given.get("PIN") != PIN:
            self.wrong[name] = self.wrong.get(name, 0) + 1
            raise No("invalid_pin")
        if "OTP" in credential["asks"] and given.get("OTP") != self.codes.pop(name, None):
            raise No("invalid_otp")
        sad, seconds = secrets.token_hex(16), moods.get("sad_seconds", 60)
        self.authorised[sad] = name, list(digests), time.monotonic() + seconds
        return {"SAD": sad, "expiresIn": moods.get("said_seconds", seconds)}

    def _sign(self, version: int, body: dict[str, Any], moods: dict[str, Any]) -> dict[str, Any]:
        name, digests, ends_at = self.authorised.pop(body["SAD"], ("", [], 0.0))
        if not name or time.monotonic() > ends_at or name != body["credentialID"]:
            raise No("invalid_request", description="Invalid parameter SAD")
        asked = body["hash" if version == 1 else "hashes"]
        if (
            asked != digests
            or body["hashAlgo" if version == 1 else "hashAlgorithmOID"] != "2.16.840.1.101.3.4.2.1"
        ):
            raise No("invalid_request", description="Hash is not authorized by the SAD")
        key = serialization.load_pem_private_key((self.folder / f"{name}.pem").read_bytes(), None)
        if moods.get("wrong_key"):
            key = ec.generate_private_key(ec.SECP256R1())
        prehashed, values = utils.Prehashed(hashes.SHA256()), []
        for digest in (base64.b64decode(one) for one in asked):
            if isinstance(key, rsa.RSAPrivateKey):
                values.append(key.sign(digest, padding.PKCS1v15(), prehashed))
            elif isinstance(key, ec.EllipticCurvePrivateKey):
                values.append(key.sign(digest, ec.ECDSA(prehashed)))
        return {"signatures": [base64.b64encode(value).decode() for value in values]}

    def token(self, form: dict[str, list[str]]) -> dict[str, Any]:
        if (form.get("client_id"), form.get("client_secret")) != ([CLIENT], [SECRET]):
            raise No("invalid_client", 401)
        token, seconds = secrets.token_hex(16), self.moods().get("token_seconds", 3600)
        self.tokens[token] = time.monotonic() + seconds
        return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}


class Door(BaseHTTPRequestHandler):
    authority: Authority

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        version, _slash, method = self.path.removeprefix("/csc/v").partition("/")
        try:
            status, answer = 200, self._answer(int(version), method, raw)
        except No as refusal:
            status = refusal.status
            answer = {"error": refusal.code, "error_description": refusal.description}
        body = json.dumps(answer).encode()
        if self.authority.moods().get("down"):
            status, body = 503, b"<html>be back soon</html>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if dribble := self.authority.moods().get("dribble"):
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(dribble)
            return
        self.wfile.write(body)

    def _answer(self, version: int, method: str, raw: bytes) -> dict[str, Any]:
        with (self.authority.folder / "asked.jsonl").open("a") as file:
            file.write(json.dumps([version, method]) + "\n")
        if method == "oauth2/token":
            return self.authority.token(parse_qs(raw.decode()))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if time.monotonic() > self.authority.tokens.get(token, 0.0):
            raise No("invalid_token", 401)
        return self.authority.answer(version, method, json.loads(raw))

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def main(folder: Path) -> None:
    Door.authority = Authority(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    draft = folder / "port.draft"
    draft.write_text(str(server.server_port))
    draft.rename(folder / "port")
    server.serve_forever()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """The simulator as a process; answers its address up to the version."""
    (folder / "moods.json").write_text("{}")
    process = subprocess.Popen([sys.executable, "-m", __name__, str(folder)])
    try:
        deadline = time.monotonic() + 60
        while not (folder / "port").exists():
            assert process.poll() is None and time.monotonic() < deadline, "the simulator didn't start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{(folder / 'port').read_text()}/csc/v"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
