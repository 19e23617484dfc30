"""How a paper stands, for whoever holds a print: no name, nothing clinical."""

from encounters.attestations.models import Attestation
from encounters.documents.issued import Standing
from encounters.documents.models import Document


def standing_of_document(document: Document) -> Standing | None:
    """Kind, number, day and whether it stands; None for a document that is no paper."""
    paper = Attestation.objects.filter(document=document).first()
    if paper is None:
        return None
    newer = paper.reissues.filter(status=Attestation.Status.ISSUED).first()
    return Standing(
        title=paper.words,
        number=paper.number,
        issued_at=paper.issued_at,
        copy_number=paper.copy_number,
        state=str(paper.get_status_display()),
        stands=paper.stands,
        valid_until=paper.ends_on if paper.kind.startswith("TT01") else None,
        replaced_by=newer.number if newer else "",
    )
