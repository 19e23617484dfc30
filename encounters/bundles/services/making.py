"""A record's file: asked for, made and sealed by a worker, kept once, or called off."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from emr.accounts.models import User
from emr.audit.models import AuditLink
from emr.audit.services import record
from emr.common.clock import now
from emr.outbox import Delivery, Later, publish
from emr.outbox.registry import LeaseLost
from emr.storage.models import Attachment
from emr.storage.services import read_bytes, store_bytes
from encounters.bundles.contents import content_of
from encounters.bundles.models import Bundle
from encounters.bundles.seals import SealedFile, keeper
from encounters.documents.heading import verify_address
from encounters.documents.services import prints
from encounters.forms.services import checksum
from encounters.results.models import DiagnosticReport, ResultPrint
from encounters.results.paper import copy_of_report
from encounters.results.services.printing import render_result_print
from encounters.visits.models import Encounter

NOUN = "bundle"
SEAL_PLACE = "dau-co-so"
_TELL_EVERY = 2.0  # seconds: how often the waiting page asks
# In chunks: a record's files are read with few queries and without holding all of them.
_CHUNK = 50


@transaction.atomic
def request_bundle(encounter: Encounter, *, by: User, archive_number: str = "") -> Bundle:
    """Ask for the record as one sealed file; a worker makes it. The same record is found again, not made again.

    Raises DomainError while a finished document is still being printed.
    """
    content = content_of(encounter, archive_number=archive_number)
    row = Bundle(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        archive_number=archive_number,
        log_heads=heads(),
    )
    found = prints.ask_for(row, content=content, noun=NOUN, by=by)
    detail = {"pieces": len(content["pieces"]), "digest": found.digest, "status": found.status}
    record("bundle.request", by=by, of=found, detail=detail)
    return found


def heads() -> list[list[Any]]:
    """[shard, sequence, hash] of the last link of each of the audit log's chains."""
    links = AuditLink.objects.order_by("shard", "-sequence").distinct("shard")
    return [[link.shard, link.sequence, link.hash] for link in links]


def cancel_bundle(bundle: Bundle, *, by: User) -> Bundle:
    """Call it off: a worker that has it in hand stops at the next document. What is ready stays."""
    return prints.cancel(bundle, noun=NOUN, by=by)


def resume_bundle(bundle: Bundle, *, by: User) -> Bundle:
    """Make after all what was called off or failed."""
    return prints.resume(bundle, noun=NOUN, by=by)


@dataclass(frozen=True)
class Made:
    """A sealed file that isn't kept yet."""

    sealed: SealedFile
    manifest_sha256: str
    pages: int


def make_bundle(bundle_id: int, *, on_page: Callable[[int], None] = lambda _pages: None) -> Made | None:
    """Put the file together and seal it; slow, changes nothing. None when it is wanted no more or made already.

    Raises Later while the facility's seal can't be used, DamagedFile, assembly.Changed, and what `on_page` raises.
    """
    bundle = Bundle.objects.select_related("facility").get(pk=bundle_id)
    if not bundle.is_under_way:
        return None
    keeper().demand(bundle.facility)
    pages = 0

    def count(laid_out: int) -> None:
        nonlocal pages
        pages = laid_out
        on_page(laid_out)

    pdf, manifest = assembled(bundle, on_page=count)
    reason = "Trích sao hồ sơ bệnh án" if bundle.extract_id else "Đóng hồ sơ bệnh án"
    return Made(keeper().put(bundle.facility, pdf, SEAL_PLACE, reason), manifest, pages)


def assembled(bundle: Bundle, *, on_page: Callable[[int], None]) -> tuple[bytes, str]:
    """(the file before it is sealed, its manifest's SHA-256): the same content gives the same bytes."""
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.bundles.assembly import assemble  # noqa: PLC0415

    return assemble(
        bundle.content,
        cover=_cover(bundle),
        read=_reader(bundle.content["pieces"]),
        log_heads=bundle.log_heads,
        on_page=on_page,
    )


def _cover(bundle: Bundle) -> bytes:
    from encounters.documents.rendering import FORM, qr_svg, render_pdf  # noqa: PLC0415

    content, extract = bundle.content, bundle.content["extract"]
    files = sum(piece["kind"] != "report" for piece in content["pieces"])
    with override("vi"):
        html = render_to_string(
            "encounters/bundles/cover.html",
            {
                "content": content,
                "title": "TRÍCH SAO HỒ SƠ BỆNH ÁN" if extract else "HỒ SƠ BỆNH ÁN",
                "digest": bundle.digest[:12],
                "counts": f"Gồm {len(content['pieces'])} mục" + ("" if extract else f", {files} tệp gốc"),
                "begins_at": _instant(content["stay"]["begins_at"]),
                "ended_at": _instant(content["stay"]["ended_at"]),
                "approved_at": _instant(extract["approved_at"]) if extract else None,
                "expires_on": dt.date.fromisoformat(extract["expires_on"]) if extract else None,
                "qr": qr_svg(verify_address(extract["verify_code"])) if extract else "",
            },
        )
    return render_pdf(
        html,
        identifier=bytes.fromhex(bundle.digest)[:16],
        stylesheets=(*FORM, "bundle.css"),
        variant="pdf/a-3b",
    )


def _instant(iso: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(iso) if iso else None


def _reader(pieces: list[dict[str, Any]]) -> Callable[[dict[str, Any]], bytes]:
    """Bytes of the pieces in their order: kept ones out of the store, results without a form drawn from their rows."""
    wanted = [piece["attachment"] for piece in pieces if piece["kind"] != "report"]
    rows: dict[int, Attachment] = {}

    def read(piece: dict[str, Any]) -> bytes:
        if piece["kind"] == "report":
            return _report(piece)
        if piece["attachment"] not in rows:
            rows.clear()
            place = wanted.index(piece["attachment"])
            rows.update(Attachment.objects.select_related("key").in_bulk(wanted[place : place + _CHUNK]))
        return read_bytes(rows[piece["attachment"]])

    return read


def _report(piece: dict[str, Any]) -> bytes:
    """A result without a form as its copy is printed. Reports are append-only, so it is the same for ever."""
    report = DiagnosticReport.objects.select_related("patient", "encounter", "request").get(
        pk=piece["report"]
    )
    content = copy_of_report(report)
    drawn = ResultPrint(kind=ResultPrint.Kind.REPORT, content=content, digest=checksum(content))
    return render_result_print(drawn, lambda _pages: None)


@transaction.atomic
def keep_bundle(bundle_id: int, made: Made) -> Bundle:
    """Keep the sealed file and tell who waits for it. Called off meanwhile, or made by another worker: nothing changes."""
    bundle = (
        Bundle.objects.select_for_update(of=("self",))
        .select_related("facility", "requested_by", "patient")
        .get(pk=bundle_id)
    )
    if not bundle.is_under_way:
        return bundle
    bundle.attachment = store_bytes(made.sealed.pdf, content_type="application/pdf", facility=bundle.facility)
    bundle.status, bundle.pages, bundle.waits_for_seal = Bundle.Status.READY, made.pages, False
    bundle.manifest_sha256, bundle.seal_level, bundle.made_at = made.manifest_sha256, made.sealed.level, now()
    bundle.save(
        update_fields=[
            *("attachment", "status", "pages", "waits_for_seal"),
            *("manifest_sha256", "seal_level", "made_at"),
        ]
    )
    keeper().note(bundle, bundle.requested_by, made.sealed)
    record(
        "bundle.make",
        by=bundle.requested_by,
        of=bundle,
        detail={
            "sha256": bundle.attachment.sha256,
            "manifest": bundle.manifest_sha256,
            "pages": bundle.pages,
        },
    )
    publish("bundle.ready", order_key=f"{NOUN}:{bundle.pk}", bundle_id=bundle.pk)
    return bundle


def work(delivery: Delivery) -> None:
    """What the worker does: make it outside any transaction, tell how far it is, keep it with "done": one file however
    often it runs.
    """
    bundle_id = delivery.payload["bundle_id"]
    told_at = 0.0

    def tell(pages: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TELL_EVERY:
            prints.report_progress(Bundle, bundle_id, pages)
            delivery.renew()
            told_at = time.monotonic()

    try:
        tell(0)
        made = make_bundle(bundle_id, on_page=tell)
        delivery.renew()
    except prints.CalledOff:
        return
    except LeaseLost:
        raise  # another worker makes it
    except Later:
        Bundle.objects.filter(pk=bundle_id, status=Bundle.Status.RENDERING).update(
            status=Bundle.Status.QUEUED, waits_for_seal=True
        )
        raise
    except Exception:
        if delivery.attempts >= prints.ATTEMPTS:
            prints.fail(Bundle, bundle_id)
        raise
    with delivery.finish():
        if made is not None:
            keep_bundle(bundle_id, made)
