"""What a partner vouches for: a statement under its key, about exactly what was asked (contract: docs/consents.md)."""

import base64
import binascii
import datetime as dt
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext_lazy as _

from emr.common.clock import now
from encounters.consents.partners import Partner, PublicKey
from encounters.consents.ways import Asked, Away, Proof, Refused

_SECONDS = 10
_LARGEST = 64 * 1024
_BUSY = {401, 403, 408, 425, 429}  # a wrong secret is the operator's to mend: tried again
_WAITING = 202
# Words that a statement may add to what is kept; anything else stays out, a template above all.
_KEPT = ("level", "device", "result")
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=2)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The operator named this host and no other (S-40)."""

    def redirect_request(self, *_asked: Any) -> None:
        """Follow nowhere: a redirect is an error of the partner's."""


_opener = urllib.request.build_opener(_StayHere, urllib.request.ProxyHandler({}))


def read_statement(signed: Mapping[str, Any], *, key: PublicKey, asked: Asked) -> Proof:
    """What `{"statement", "signature"}` (base64) vouches for. Raises Refused: "refused" by the person, "wrong" for what
    isn't the partner's word on exactly what was asked, now.
    """
    try:
        content = base64.b64decode(signed["statement"], validate=True)
        signature = base64.b64decode(signed["signature"], validate=True)
        _verify(key, content, signature)
        said = json.loads(content)
        at = dt.datetime.fromisoformat(said["at"])
        texts = {name: str(said.get(name, ""))[:160] for name in ("transaction", "name", "number", *_KEPT)}
        is_about_it = (said["id"], said["sha256"]) == (str(asked.id), asked.sha256)
        is_now = abs(now() - at) <= dt.timedelta(minutes=asked.minutes) + _CLOCKS_MAY_DIFFER
    except (InvalidSignature, KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise Refused("wrong") from None
    if not (is_about_it and is_now and texts["transaction"]):
        raise Refused("wrong")
    if texts["result"] != "confirmed":
        raise Refused("refused")
    if asked.address and texts["number"] != asked.address:
        raise Refused("wrong")  # somebody else confirmed
    return Proof(
        transaction=texts["transaction"][:120],
        signer_name=texts["name"],
        signer_number=texts["number"],
        at=at,
        detail={name: texts[name] for name in _KEPT if texts[name]},
    )


def _verify(key: PublicKey, content: bytes, signature: bytes) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, content)


class _Confirming:
    """What services and readers have in common."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self.name, self.way, self.title = partner.code, partner.way, partner.name

    def is_set_up(self, facility_id: int) -> bool:
        """By the file, for every facility of this house."""
        return True


class Service(_Confirming):
    """A service that signs, over HTTPS: asked by a worker, answered on the person's own device, asked again until then."""

    address_label = _("Citizen number of who confirms")
    answer_label = ""
    agent_action = ""

    def tidy_address(self, typed: str) -> str:
        """Twelve digits."""
        number = "".join(typed.split())
        if not (number.isascii() and number.isdigit() and len(number) == 12):
            raise Refused("wrong")
        return number

    def ask(self, asked: Asked) -> str:
        """POST <address>/requests; the same `id` again is the same request there."""
        body = {
            "id": str(asked.id),
            "facility": asked.facility,
            "sha256": asked.sha256,
            "number": asked.address,
            "minutes": asked.minutes,
        }
        _status, answer = self._send("requests", json.dumps(body).encode())
        reference = answer.get("reference")
        if not isinstance(reference, str) or not reference.isascii() or not reference.isalnum():
            raise Away
        return reference[:120]

    def check(self, asked: Asked, answer: Mapping[str, str]) -> Proof | None:
        """GET <address>/requests/<reference>: 202 while nobody has answered."""
        status, found = self._send(f"requests/{asked.reference}")
        return None if status == _WAITING else read_statement(found, key=self._partner.key, asked=asked)

    def _send(self, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        try:
            headers = {
                "Authorization": f"Bearer {self._partner.secret()}",
                "Content-Type": "application/json",
            }
            request = urllib.request.Request(  # noqa: S310 -- `partners` lets https and this machine pass alone
                f"{self._partner.address.rstrip('/')}/{path}", body, headers
            )
            with _opener.open(request, timeout=_SECONDS) as response:
                found = json.loads(response.read(_LARGEST) or b"{}")
                return response.status, found if isinstance(found, dict) else {}
        except urllib.error.HTTPError as error:
            error.close()
            if 400 <= error.code < 500 and error.code not in _BUSY:
                raise Refused from None
            raise Away from None
        except (OSError, ValueError):
            raise Away from None


class Reader(_Confirming):
    """A fingerprint reader: the page asks the PC's agent, which brings the reader's own signed statement."""

    address_label = ""
    answer_label = ""
    agent_action = "fingerprint"

    def tidy_address(self, typed: str) -> str:
        """Nothing is asked beforehand."""
        return ""

    def ask(self, asked: Asked) -> str:
        """Nobody is asked: the reader lies on the table."""
        return str(asked.id)

    def check(self, asked: Asked, answer: Mapping[str, str]) -> Proof | None:
        """What the agent brought; None while no finger was laid on."""
        if not (brought := answer.get("code", "")):
            return None
        try:
            signed = json.loads(brought)
        except ValueError:
            raise Refused("wrong") from None
        if not isinstance(signed, dict):
            raise Refused("wrong")
        return read_statement(signed, key=self._partner.key, asked=asked)


def adapter_for(partner: Partner) -> Service | Reader:
    """The adapter of a section."""
    return Service(partner) if partner.address else Reader(partner)
