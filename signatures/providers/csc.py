"""Keys at a remote authority that speaks the API of the Cloud Signature Consortium, versions 1.0.4 and 2.0.

Asked are `oauth2/token` (client credentials), `credentials/list`, `credentials/info`, `credentials/authorize`,
`credentials/sendOTP` (in version 2 `credentials/getChallenge`) and `signatures/signHash`. The person's PIN and code go
there in the same request in which they were typed; what authorises the signatures (SAD) lives as long as the block.

Authorisation is `explicit` (PIN, code, or both) or `implicit` (the authority asks the person by itself, and answers
meanwhile). `oauth2code`, which sends the browser to the authority, isn't supported and is refused at enrolment.
"""

import base64
import binascii
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from signatures.providers import house
from signatures.providers.base import (
    CodeOver,
    Found,
    KeyRefused,
    Pin,
    PinLocked,
    ProviderDown,
    Typed,
    UnlockedKey,
    Unsupported,
    WrongCode,
    WrongPin,
)
from signatures.providers.models import Credential
from signatures.providers.wire import Refusal, Wire

_SHA256 = "2.16.840.1.101.3.4.2.1"
# What the key is asked to do, in the order of preference: with the digest named, or the bare key with it beside.
_ALGORITHMS = (
    "1.2.840.113549.1.1.11",  # sha256WithRSAEncryption
    "1.2.840.10045.4.3.2",  # ecdsa-with-SHA256
    "1.2.840.113549.1.1.1",  # rsaEncryption
    "1.2.840.10045.2.1",  # ecPublicKey
)
_MOST_CREDENTIALS = 20
# An answer on its way isn't overtaken by the end of the authorisation.
_MARGIN_SECONDS = 2.0
_LOCKED = {"pin_locked", "credential_locked", "invalid_pin_locked"}


@dataclass(slots=True)
class _Authorisation:
    """What the authority gave for these digests, and until when it counts (by our monotonic clock)."""

    sad: str
    ends_at: float


class RemoteKey:
    """A credential that its owner has authorised for just these digests."""

    def __init__(self, wire: Wire, reference: dict[str, str], typed: Typed, digests: Sequence[bytes]) -> None:
        self._wire, self._reference, self._typed, self._digests = wire, reference, typed, list(digests)
        self._given = self._authorise()

    def _authorise(self) -> _Authorisation:
        encoded = [base64.b64encode(digest).decode() for digest in self._digests]
        body: dict[str, Any] = {
            "credentialID": self._reference["credential"],
            "numSignatures": len(self._digests),
        }
        words = {"pin": self._typed.pin, "code": self._typed.code}
        given = {
            self._reference[name]: word.reveal().decode()
            for name, word in words.items()
            if word is not None and name in self._reference
        }
        if self._wire.version == 1:
            body |= {"hash": encoded, **given}
        else:
            objects = [{"id": name, "value": value} for name, value in given.items()]
            body |= {"hashes": encoded, "hashAlgorithmOID": _SHA256}
            body |= {"authData": objects} if objects else {}
        try:
            answer = self._wire.ask("credentials/authorize", body)
        except Refusal as refusal:
            raise _meaning(refusal) from None
        sad, seconds = answer.get("SAD"), answer.get("expiresIn", 3600)
        if not isinstance(sad, str) or not sad or not isinstance(seconds, int | float):
            raise ProviderDown("the authorisation can't be read")
        return _Authorisation(sad, time.monotonic() + seconds - _MARGIN_SECONDS)

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """See UnlockedKey; only digests that were authorised."""
        if list(digests) != self._digests:
            raise KeyRefused("not_authorised")
        if time.monotonic() >= self._given.ends_at:
            self._again()
        try:
            return self._sign(digests)
        except Refusal as refusal:
            if not _is_over(refusal):
                raise _meaning(refusal) from None
        self._again()
        try:
            return self._sign(digests)
        except Refusal as refusal:
            raise _meaning(refusal) from None

    def _again(self) -> None:
        """The authorisation ran out. A PIN serves once more; a one-time code doesn't."""
        if self._typed.code is not None:
            raise CodeOver
        self._given = self._authorise()

    def _sign(self, digests: Sequence[bytes]) -> list[bytes]:
        encoded = [base64.b64encode(digest).decode() for digest in digests]
        body: dict[str, Any] = {
            "credentialID": self._reference["credential"],
            "SAD": self._given.sad,
            "signAlgo": self._reference["algorithm"],
        }
        if self._wire.version == 1:
            body |= {"hash": encoded, "hashAlgo": _SHA256}
        else:
            body |= {"hashes": encoded, "hashAlgorithmOID": _SHA256, "operationMode": "S"}
        answer = self._wire.ask("signatures/signHash", body)
        values = answer.get("signatures")
        if not isinstance(values, list) or len(values) != len(digests):
            raise ProviderDown("as many signatures as digests were expected")
        return [_decoded(value) for value in values]


def _meaning(refusal: Refusal) -> Exception:
    """A refusal in the words of `base`."""
    if refusal.code in _LOCKED:
        return PinLocked()
    if refusal.code == "invalid_pin":
        return WrongPin()
    if refusal.code == "invalid_otp":
        return WrongCode()
    return KeyRefused(refusal.code)


def _is_over(refusal: Refusal) -> bool:
    """Whether the authority no longer takes the authorisation. It has no code of its own for that in either version."""
    return refusal.code in {"invalid_sad", "expired_sad"} or (
        refusal.code == "invalid_request" and "sad" in refusal.description.lower()
    )


class CscProvider:
    """Remote authorities."""

    code = "csc"

    @contextlib.contextmanager
    def unlock(
        self, credential: Credential, typed: Typed, digests: Sequence[bytes] = ()
    ) -> Iterator[UnlockedKey]:
        """Have the owner's PIN and code authorise signatures over these digests."""
        if credential.asks_pin and typed.pin is None:
            raise WrongPin
        if credential.asks_code and typed.code is None:
            raise WrongCode
        yield RemoteKey(self._wire(credential.service), credential.reference, typed, digests)

    def find(self, service: str, *, account: str, typed: Typed) -> list[Found]:
        """The usable credentials that the authority has for the user of this name."""
        wire = self._wire(service)
        try:
            answer = wire.ask("credentials/list", {"userID": account, "maxResults": _MOST_CREDENTIALS})
            names = answer.get("credentialIDs")
            if not isinstance(names, list):
                raise ProviderDown("the list of credentials can't be read")
            asked = {"certificates": "chain", "certInfo": False, "authInfo": True}
            found = []
            for name in names[:_MOST_CREDENTIALS]:
                told = wire.ask("credentials/info", {"credentialID": str(name), **asked})
                if (one := _found(str(name), told, wire.version)) is not None:
                    found.append(one)
        except Refusal as refusal:
            raise _meaning(refusal) from None
        return found

    def send_code(self, credential: Credential) -> None:
        """Have a one-time code sent to the owner's telephone."""
        wire = self._wire(credential.service)
        method = "credentials/sendOTP" if wire.version == 1 else "credentials/getChallenge"
        try:
            wire.ask(method, {"credentialID": credential.reference["credential"]})
        except Refusal as refusal:
            raise _meaning(refusal) from None

    def change_pin(self, credential: Credential, pin: Pin, new_pin: Pin) -> None:
        """The authority has its own page for that."""
        raise Unsupported

    def reset_pin(self, credential: Credential, new_pin: Pin) -> None:
        """The authority has its own procedure for that."""
        raise Unsupported

    def destroy(self, credential: Credential) -> None:
        """The key is the authority's to destroy."""
        raise Unsupported

    def _wire(self, service: str) -> Wire:
        return Wire(house.key_service(service, self.code))


def _found(name: str, told: dict[str, Any], version: int) -> Found | None:
    """What `credentials/info` says; None for a key that is off or can't do SHA-256. Raises KeyRefused, ProviderDown."""
    try:
        key, certificates = told["key"], told["cert"]["certificates"]
        asks = _asks_of_1(told) if version == 1 else _asks_of_2(told["auth"])
        algorithm = next((one for one in _ALGORITHMS if one in key["algo"]), None)
        if key["status"] != "enabled" or told["cert"].get("status", "valid") != "valid" or algorithm is None:
            return None
        if asks.mode not in {"explicit", "implicit"}:
            raise KeyRefused("oauth2code")
        own, *issuers = (x509.load_der_x509_certificate(_decoded(one)) for one in certificates)
        fields = {"pin": asks.pin, "code": asks.code} if asks.mode == "explicit" else {}
        return Found(
            certificate=own,
            issuers=issuers,
            reference={
                "credential": name,
                "algorithm": algorithm,
                **{key: at for key, at in fields.items() if at},
            },
            asks_pin=bool(fields.get("pin")),
            asks_code=bool(fields.get("code")),
            sends_code=bool(fields.get("code")) and asks.sends_code,
            batch_limit=max(1, int(told.get("multisign", 1))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProviderDown(f"credentials/info can't be read: {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class _Asks:
    """How a credential is authorised: the names under which PIN and code go, "" where there is none."""

    mode: str
    pin: str
    code: str
    sends_code: bool


def _asks_of_1(told: dict[str, Any]) -> _Asks:
    """Version 1.0.4, §11.5: `authMode`, `PIN`, `OTP`."""
    pin, code = told.get("PIN", {}), told.get("OTP", {})
    return _Asks(
        mode=told["authMode"],
        pin="PIN" if pin.get("presence") == "true" else "",
        code="OTP" if code.get("presence") == "true" else "",
        sends_code=code.get("type") == "online",
    )


def _asks_of_2(auth: dict[str, Any]) -> _Asks:
    """Version 2.0, §11.6: `auth.objects`; a password that something generates, or that answers a challenge, is a code."""
    pin, code, sends = "", "", False
    for one in auth.get("objects", []):
        if one["type"] == "ChallengeResponse":
            code, sends = one["id"], True
        elif one["type"] == "Password" and one.get("generator"):
            code = one["id"]
        elif one["type"] == "Password":
            pin = one["id"]
        else:
            raise KeyRefused("auth_object")
    return _Asks(mode=auth["mode"], pin=pin, code=code, sends_code=sends)


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ProviderDown("no base64 where it was expected") from error
