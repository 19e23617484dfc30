"""What is said of a PDF's signatures: plain rows that cost nothing to import (pyHanko costs half a second)."""

import dataclasses
import datetime as dt
from enum import StrEnum


class Verdict(StrEnum):
    """The worst comes last."""

    VALID = "valid"
    UNKNOWN = "unknown"  # intact, but who signed can't be trusted, or not any more
    UNSIGNED = "unsigned"
    INVALID = "invalid"


_BADNESS = {verdict: place for place, verdict in enumerate(Verdict)}

# What makes a signature's verdict what it is. `words.py` says each in words.
INVALID_REASONS = frozenset(
    {
        *("malformed", "changed", "wrong_value", "coverage", "modified", "appended", "revoked", "timestamp"),
        *(
            "key_usage",
            "weak_algorithm",
            "seed_value",
            "hidden",
            "unreadable",
            "not_pdf",
            "encrypted",
            "differs",
            "evidence",
        ),
    }
)


@dataclasses.dataclass
class SignatureReport:
    """One signature or document timestamp."""

    field: str
    kind: str = "signature"  # or "timestamp"
    signer: str = ""
    organization: str = ""
    title: str = ""
    claimed_at: dt.datetime | None = None  # by the signer's own clock
    timestamped_at: dt.datetime | None = None  # by a trusted authority
    level: str = ""
    bottom_line: bool = False
    intact: bool = False
    trusted: bool = False
    coverage: str = ""
    modification: str = ""
    permits: str = ""  # what a certifying signature allows after it (DocMDP): see words.PERMISSIONS
    problems: list[str] = dataclasses.field(default_factory=list)
    chain: list[str] = dataclasses.field(
        default_factory=list
    )  # whose certificates, the signer's first, the root's last
    timestamped_by: str = ""
    revocation: str = ""  # how the certificate stood then: see evidence.Standing
    revocation_by: str = ""  # "ocsp" or "crl"
    revocation_at: dt.datetime | None = None  # when the authority said so
    revoked_at: dt.datetime | None = None
    certificates: list[str] = dataclasses.field(
        default_factory=list
    )  # DER, base64: whom to ask about, where one must
    ends_at: dt.datetime | None = None  # of a timestamp: until when it proves anything by itself

    @property
    def verdict(self) -> Verdict:
        """Valid only when everything holds."""
        if INVALID_REASONS.intersection(self.problems):
            return Verdict.INVALID
        return Verdict.UNKNOWN if self.problems or not self.bottom_line else Verdict.VALID


@dataclasses.dataclass
class Report:
    """The whole file; its verdict is the weakest signature's."""

    sha256: str
    size: int
    signatures: list[SignatureReport] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The weakest link."""
        if INVALID_REASONS.intersection(self.problems):
            return Verdict.INVALID
        if not any(one.kind == "signature" for one in self.signatures):
            return Verdict.UNSIGNED
        return max((one.verdict for one in self.signatures), key=_BADNESS.__getitem__)
