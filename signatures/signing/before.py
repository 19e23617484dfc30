"""What a countersigner is told of the signatures made before: over which bytes, and that nothing but signatures came since.

Two proofs that don't know of each other. Ours: each revision of the file begins with all bytes of the one before, so what
stood there stands there still. The judge's (`signatures.verification`, registered from above): what was appended is a
signature and nothing that changes what a reader sees.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emr.storage.services import DamagedFile, read_bytes
from encounters.documents.models import DocumentBytes
from signatures.signing.models import SigningRequest


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature as the judge sees it: whether it holds, whether the content is as it was, and what is wrong in words."""

    holds: bool
    is_untouched: bool
    problems: tuple[str, ...] = ()


# The PDF → {name of the signature's field: what is said of it}.
Judge = Callable[[bytes], Mapping[str, Judged]]
_judges: list[Judge] = []


def register_judge(judge: Judge) -> None:
    """Called by the room that judges files, in AppConfig.ready(); again replaces it."""
    _judges[:] = [judge]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A signature made before: whose, when, over which bytes (SHA-256 and size of the revision it made), and the verdicts.

    `is_kept`: the file begins with exactly those bytes. `judged`: None where nobody judges.
    """

    request: SigningRequest
    signed_at: dt.datetime
    sha256: str
    size: int
    is_kept: bool
    judged: Judged | None

    @property
    def is_good(self) -> bool:
        """Whether both proofs say that nothing was changed."""
        return self.is_kept and (self.judged is None or (self.judged.holds and self.judged.is_untouched))


@dataclass(frozen=True, slots=True)
class Before:
    """All signatures before one's own, in their order; `is_readable` is False when the file kept here is damaged."""

    signatures: list[Earlier]
    is_readable: bool = True

    @property
    def is_good(self) -> bool:
        """Whether nothing but signatures came since the first one."""
        return self.is_readable and all(one.is_good for one in self.signatures)


def before(request: SigningRequest) -> Before:
    """Look at what stands in the file that this request is signed over. Slow: 30 ms a signature, and the files are read."""
    done = list(
        SigningRequest.objects.filter(
            version=request.version_id, status=SigningRequest.Status.COMPLETED, base_revision__isnull=False
        )
        .exclude(pk=request.pk)
        .select_related("signer", "on_behalf_of", "signature", "facility")
        .defer("tail")
        .order_by("base_revision")
    )
    if not done:
        return Before([])
    stored = DocumentBytes.objects.filter(version=request.version_id).select_related("attachment__key")
    try:
        files = {row.revision: read_bytes(row.attachment) for row in stored.order_by("revision")}
    except DamagedFile:
        return Before([], is_readable=False)
    newest = files[max(files)]
    verdicts = _judges[0](newest) if _judges else {}
    sums = dict(stored.values_list("revision", "sha256"))
    found = []
    for one in done:
        revision = (one.base_revision or 0) + 1
        made = files.get(revision, b"")
        judged = verdicts.get(f"Signature{one.step}")
        if _judges and judged is None:
            judged = Judged(holds=False, is_untouched=False)
        found.append(
            Earlier(
                request=one,
                signed_at=one.signature.signed_at,
                sha256=sums.get(revision, ""),
                size=len(made),
                is_kept=bool(made) and newest.startswith(made),
                judged=judged,
            )
        )
    return Before(found)
