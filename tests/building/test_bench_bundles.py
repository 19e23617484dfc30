"""What `make bench` compares for (j): both sides hold the same pages and the same attachments."""

import io

import pikepdf

from encounters.bundles.checking import attachments_of
from encounters.documents.rendering import render_pdf
from tools.bench import bundles


def test_by_hand_the_file_has_the_same_pages_and_attachments() -> None:
    pdfs = [render_pdf(bundles._HTML.format(place), identifier=bytes(16)) for place in range(2)]
    cover = render_pdf(bundles._COVER, identifier=bytes(16), variant="pdf/a-3b")
    ours = pikepdf.open(io.BytesIO(bundles._ours(bundles.content_of(pdfs, 5), pdfs, cover)))
    hand = pikepdf.open(io.BytesIO(bundles.by_hand(pdfs, cover, 5)))
    assert len(ours.pages) == len(hand.pages) + 1, "the contents besides"
    written = attachments_of(ours)
    assert set(written) >= {"manifest.json"}
    kept = sorted(data for name, data in written.items() if name.endswith(".pdf"))
    assert kept == sorted(hand.attachments[name].get_file().read_bytes() for name in hand.attachments)
