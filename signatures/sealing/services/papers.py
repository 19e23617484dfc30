"""The facility's seal on the digital copy of checked paper (NĐ 137/2024 Art. 5): visible on its first page, PAdES."""

from dataclasses import dataclass

from emr.common.arming import demand_armed
from emr.common.clock import now
from encounters.scanning.models import Paper
from encounters.scanning.services import render_paper
from signatures.sealing.services.confirmations import container_of, usable_seal
from signatures.signing import cms, timestamp

# The place that the print keeps (static/print/scan.css).
_ANCHOR = "seal"


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """A sealed PDF that isn't stored yet; `level` is B-B, or B-T with a timestamp."""

    pdf: bytes
    level: str


def seal_paper(*, paper_id: int) -> SealedCopy | None:
    """Make the copy and seal it; slow, changes nothing. None when it is sealed already or was taken back.

    Raises Later, and so waits without ever giving up, while the seal can't be reached or there is none; UnfitPdf,
    DamagedFile.
    """
    demand_armed()
    paper = (
        Paper.objects.select_related("facility", "created_by", "checked_by")
        .filter(pk=paper_id, status=Paper.Status.ACCEPTED)
        .first()
    )
    if paper is None:
        return None
    certificate = usable_seal(paper.facility)
    from signatures.signing import pades  # noqa: PLC0415 -- loads pyHanko, which only the worker needs
    from signatures.signing.appearance import Block  # noqa: PLC0415

    pdf = render_paper(paper)
    prepared = pades.prepare(
        pdf,
        field_name="Seal",
        block=Block(
            signer=paper.facility.name, title="", signed_at=now(), reason="Bản số hóa từ văn bản giấy"
        ),
        anchor=_ANCHOR,
        reserved=cms.reserve(
            certificate=certificate.der,
            chain=certificate.chain_der,
            with_timestamp=timestamp.is_configured(),
        ),
    )
    container, level = container_of(certificate, cms.signed_attributes(prepared.digest, certificate.der))
    sealed = pades.embed(
        pdf + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=container,
    )
    return SealedCopy(sealed, level)
