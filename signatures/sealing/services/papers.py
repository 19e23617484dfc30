"""The facility's seal on the digital copy of checked paper (NĐ 137/2024 Art. 5): visible on its first page, PAdES."""

from dataclasses import dataclass

from emr.common.arming import demand_armed
from encounters.scanning.models import Paper
from encounters.scanning.services import render_paper
from signatures.sealing.services.files import sealed_pdf, usable_seal

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
    pdf = render_paper(paper)
    return SealedCopy(*sealed_pdf(pdf, certificate, anchor=_ANCHOR, reason="Bản số hóa từ văn bản giấy"))
