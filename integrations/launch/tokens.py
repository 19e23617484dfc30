"""The link itself: a JSON Web Token in compact form (RFC 7519), read as strictly as a password.

    header   alg (the key's own), kid
    claims   iss (the neighbour), aud ("urn:benhanmo:<facility code>"), sub (who), iat, exp (2 minutes at most), jti (once),
             patient (our patient number), encounter (the visit's number; may be left out)

`patient` and `encounter` are SMART App Launch's names for what is opened; iss, aud, sub, exp, jti are IUA's (ITI-72).
"""

import base64
import binascii
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

LONGEST_SECONDS = 120
# The HIS's clock and ours may differ by so much.
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 4096
LEAST_RSA_BITS = 2048
SECRET_BYTES = 32
_JTI = re.compile(r"[A-Za-z0-9._~-]{16,64}\Z")


class Refused(Exception):
    """The link isn't good, for this reason (a code of `reasons`)."""

    def __init__(self, reason: str, **detail: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a link says before anybody believes it: enough to find the key that it should be signed by."""

    facility_code: str
    issuer: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a link says, signature and times checked."""

    issuer: str
    subject: str
    jti: str
    patient: str
    encounter: str


def audience(facility_code: str) -> str:
    """`aud` of a facility."""
    return f"urn:benhanmo:{facility_code}"


def peek(token: str) -> Claimed:
    """Who claims to have signed this, and for whom. Raises Refused."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise Refused("unreadable")
    try:
        header, claims = (_part(part) for part in token.split(".")[:2])
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Refused("unreadable") from error
    prefix = audience("")
    said = claims.get("aud")
    if not isinstance(said, str) or not said.startswith(prefix):
        raise Refused("wrong_audience")
    return Claimed(
        said.removeprefix(prefix), _word(claims, "iss", 60), _word(header, "kid", 40, missing="unknown_key")
    )


def _part(text: str) -> dict[str, Any]:
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def read(token: str, *, algorithm: str, key: bytes, claimed: Claimed, at: float) -> Claims:
    """The claims of a link that the key signed, at the instant `at` (seconds since 1970). Raises Refused."""
    try:
        claims = jwt.decode(token, _jwk(algorithm, key), algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Refused("bad_signature") from error
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if not 0 < expires - issued <= LONGEST_SECONDS:
        raise Refused("lasts_too_long")
    if issued > at + LEEWAY_SECONDS or ("nbf" in claims and _instant(claims, "nbf") > at + LEEWAY_SECONDS):
        raise Refused("not_yet", seconds=int(issued - at))
    if expires + LEEWAY_SECONDS <= at:
        raise Refused("too_old", seconds=int(at - expires))
    jti = _word(claims, "jti", 64)
    if not _JTI.match(jti):
        raise Refused("unreadable")
    encounter = claims.get("encounter", "")
    if not isinstance(encounter, str) or len(encounter) > 60:
        raise Refused("unreadable")
    return Claims(
        claimed.issuer, _word(claims, "sub", 60), jti, _word(claims, "patient", 60), encounter.strip()
    )


def _word(claims: dict[str, Any], name: str, longest: int, *, missing: str = "unreadable") -> str:
    word = claims.get(name)
    if not isinstance(word, str) or not 0 < len(word.strip()) <= longest or "\x00" in word:
        raise Refused(missing)
    return word.strip()


def _instant(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 10**11:
        raise Refused("unreadable")
    return float(value)


def _jwk(algorithm: str, key: bytes) -> OctKey | ECKey | RSAKey:
    if algorithm == "HS256":
        return OctKey.import_key(key)
    return ECKey.import_key(key) if algorithm == "ES256" else RSAKey.import_key(key)


def algorithm_of(pem: str) -> str:
    """The algorithm that a public key is for. Raises ValueError for what is no such key, or a weak one."""
    try:
        key = load_pem_public_key(pem.encode())
    except Exception as error:  # every shape of broken PEM raises something else
        raise ValueError("no public key") from error
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return "RS256"
    raise ValueError("another kind of key")


def make(
    *,
    issuer: str,
    facility_code: str,
    key_id: str,
    key: bytes,
    subject: str,
    patient: str,
    at: float,
    encounter: str = "",
    algorithm: str = "HS256",
    seconds: int = 60,
) -> str:
    """A link as a HIS makes it: for the simulator and the tests, and to copy from. `key`: the secret, or a private PEM."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience(facility_code),
        "sub": subject,
        "iat": int(at),
        "exp": int(at) + seconds,
        "jti": secrets.token_urlsafe(18),
        "patient": patient,
    }
    if encounter:
        claims["encounter"] = encounter
    return jwt.encode({"alg": algorithm, "kid": key_id}, claims, _jwk(algorithm, key), algorithms=[algorithm])
