"""(d) A document from its answers to the stored signed PDF, against WeasyPrint and pyHanko called by hand.

By hand: the same HTML and style sheets to the same kind of PDF, signed by pyHanko with a visible stamp and the same
key, written to a file with fsync. Ours does that and keeps rows, audit, outbox, encryption and the frozen digest that
lets the person sign in the browser. Both warm, in turn in the same process, by wall time; with two workers at once.

The hand takes the font as its package has it, a variable one; ours cuts it beforehand (tools/fonts.py). A second line
compares with a hand that knows that too.
"""

import io
import os
import re
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from tools.bench.report import Report

WARM, EACH = 3, 5


def measure(report: Report, entries: list[int], pin: str) -> None:
    """One worker, then two."""
    waiting = list(entries)
    for workers in (1, 2):
        shares = [[waiting.pop() for _ in range(WARM + EACH)] for _ in range(workers)]
        context = get_context("spawn")
        barrier = context.Barrier(workers)
        results: Any = context.Queue()
        children = [context.Process(target=_child, args=(share, pin, barrier, results)) for share in shares]
        for child in children:
            child.start()
        while results.qsize() < workers:
            if any(child.exitcode for child in children):
                raise RuntimeError("a worker failed")
            time.sleep(0.1)
        times = [results.get() for _ in children]
        ours, hand, cut = (1000 * median(row[side] for rows in times for row in rows) for side in (0, 1, 2))
        what = f"render + sign + store, {workers} worker{'s' if workers > 1 else ''}"
        report.add("d", what, f"{ours:.0f} ms", f"{hand:.0f} ms", ours / hand, 1.15)
        report.note(f"(d), {workers}: by hand with our cut fonts {cut:.0f} ms, so {ours / cut:.2f}.")


def _child(entries: list[int], pin: str, barrier: Any, results: Any) -> None:
    import django  # noqa: PLC0415

    django.setup()
    results.put(_compare(entries, pin, barrier.wait))


def _compare(entries: list[int], pin: str, begin: Callable[[], object]) -> list[tuple[float, ...]]:
    """(seconds of ours, by hand, by hand with cut fonts) of each document after the warm ones."""
    hands = [_by_hand(cut=False), _by_hand(cut=True)]
    times = []
    for index, document_id in enumerate(entries):
        if index == WARM:
            begin()
        html, ours = _ours(document_id, pin)
        row = [ours]
        for by_hand in hands:
            began = perf_counter()
            by_hand(html)
            row.append(perf_counter() - began)
        times.append(tuple(row))
    return times[WARM:]


def _ours(document_id: int, pin: str) -> tuple[str, float]:
    """The HTML that was printed, and the seconds from the frozen version to the stored signed PDF."""
    from django.db import transaction  # noqa: PLC0415

    from encounters.documents import rendering  # noqa: PLC0415
    from encounters.documents.models import DocumentVersion  # noqa: PLC0415
    from encounters.documents.services import render_version, store_rendering  # noqa: PLC0415
    from signatures.providers.base import Pin  # noqa: PLC0415
    from signatures.signing import services as signing  # noqa: PLC0415
    from signatures.signing.models import SigningRequest  # noqa: PLC0415

    version = DocumentVersion.objects.select_related(
        "document__patient", "author", "facility", "response__questionnaire"
    ).get(document_id=document_id)
    with patch.object(rendering, "render_pdf", wraps=rendering.render_pdf) as printed:
        began = perf_counter()
        store_rendering(version=version, pdf=render_version(version))
        signing.open_author_request(version=version)
        request = SigningRequest.objects.get(version=version)
        preparation = signing.prepare_request(request_id=request.pk)
        assert preparation is not None  # noqa: S101
        signing.keep_preparation(preparation)
        request.refresh_from_db()
        with transaction.atomic():
            (outcome,) = signing.sign_requests(
                shown={request.uuid: request.sha256}, pin=Pin(pin), by=version.author
            )
        signed = signing.embed_signature(request_id=request.pk)
        assert outcome.is_signed  # noqa: S101
        assert signed is not None  # noqa: S101
        signing.keep_signed_bytes(signed)
        seconds = perf_counter() - began
    return str(printed.call_args.args[0]), seconds


def _packaged_font(css: str) -> str:
    """The style sheet with the font as its package has it."""
    import fontpkg_noto_sans  # noqa: PLC0415

    folder = (fontpkg_noto_sans.ROOT / "files").as_uri()
    faces = (("normal", "NotoSans"), ("italic", "NotoSans-Italic"))
    font = "".join(
        f'@font-face {{ font-family: "Print"; font-style: {style}; font-weight: 100 900;'
        f' src: url("{folder}/{name}[wdth,wght].ttf"); }}\n'
        for style, name in faces
    )
    imports, rest = css.split("\n", maxsplit=1)
    return f"{imports}\n{font}" + re.sub(r"@font-face \{[^}]*\}\n", "", rest)


def _by_hand(*, cut: bool) -> Callable[[str], None]:
    """Who knows both libraries would write this."""
    import weasyprint  # noqa: PLC0415
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign.fields import SigFieldSpec  # noqa: PLC0415
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner  # noqa: PLC0415
    from pyhanko.stamp import TextStampStyle  # noqa: PLC0415
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    from encounters.documents import rendering  # noqa: PLC0415

    class Fetcher(rendering.PackagedAssets):
        def fetch(self, url: str, headers: object = None) -> Any:
            reach = weasyprint.urls.URLFetcher().fetch if url.startswith("file:") else super().fetch
            return reach(url, headers)

    css, fonts = rendering._stylesheet(rendering.FORM)
    if not cut:
        fonts = FontConfiguration()
        text = _packaged_font((rendering._PRINT / "form.css").read_text(encoding="utf-8"))
        css = weasyprint.CSS(string=text, font_config=fonts, url_fetcher=Fetcher(), base_url="asset:print/")
    style = TextStampStyle(stamp_text="Ký bởi: %(signer)s\nThời gian: %(ts)s")
    signer = SimpleSigner.load_pkcs12(_pkcs12(), passphrase=b"bench")
    folder = tempfile.mkdtemp(prefix="emr-bench-")

    def once(html: str) -> None:
        pdf = weasyprint.HTML(
            string=html, base_url="asset:print/", url_fetcher=rendering.PackagedAssets()
        ).write_pdf(stylesheets=[css], font_config=fonts, pdf_variant=rendering.PDF_VARIANT)
        out = PdfSigner(
            PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256"),
            signer=signer,
            stamp_style=style,
            new_field_spec=SigFieldSpec("Signature1", on_page=-1, box=(340, 80, 540, 150)),
        ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        path = os.path.join(folder, "signed.pdf")  # noqa: PTH118
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(out.getbuffer())
            file.flush()
            os.fsync(file.fileno())

    return once


def _pkcs12() -> str:
    """A key of the demo authority's kind in a file, as libraries want it."""
    import datetime as dt  # noqa: PLC0415

    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12  # noqa: PLC0415

    from signatures.certificates.authority import create_authority, issue  # noqa: PLC0415

    today = dt.datetime.now(dt.UTC)
    authority = create_authority(today=today)
    issued = issue(
        authority,
        common_name="Nguyễn Văn An",
        identifier="NV001",
        title="BS.",
        organization="Trung tâm Y tế huyện",
        today=today,
    )
    data = pkcs12.serialize_key_and_certificates(
        b"an", issued.key, issued.certificate, [authority.issuing], BestAvailableEncryption(b"bench")
    )
    with tempfile.NamedTemporaryFile(suffix=".p12", delete=False) as file:
        file.write(data)
    return file.name
