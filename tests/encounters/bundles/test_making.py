"""Asked for, made, called off, killed, foreign files: whatever happens there is one file or none, and none is stopped."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emr.audit.models import AuditEvent
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.models import Attachment
from emr.storage.services import read_bytes, store_bytes
from encounters.bundles.checking import attachments_of, check_bundle
from encounters.bundles.models import Bundle
from encounters.bundles.selectors import bundle_of
from encounters.bundles.services import cancel_bundle, making, request_bundle, resume_bundle
from encounters.documents import pieces
from encounters.documents.pieces import Piece
from encounters.documents.services import prints
from signatures.providers.services import issue_demo_seal
from tests.emr.people import make_chi
from tests.encounters.bundles.rows import made, make_all, make_record
from tests.encounters.bundles.test_extracts import clerk
from tests.encounters.documents.entries import multiply
from tests.encounters.visits.ward import signed_in
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["_cover", "assembled", "make_bundle", "keep_bundle"])
def test_killed_anywhere_and_run_again_there_is_one_file(
    step: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, stay, _entries = make_record(signed=0)
    asked = request_bundle(stay, by=an)
    before = Attachment.objects.count()
    event = OutboxEvent.objects.get(topic="bundle.requested")
    whole = getattr(making, step)

    def killed(*told: Any, **more: Any) -> None:
        if when == "after":
            whole(*told, **more)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(making, step, killed)
        deliver(event_id=event.pk)
    asked.refresh_from_db()
    assert asked.is_under_way
    OutboxEvent.objects.filter(pk=event.pk).update(lease_until=None)  # the dead worker's lease runs out
    assert deliver(event_id=event.pk)
    assert not deliver(event_id=event.pk)
    asked.refresh_from_db()
    assert asked.status == "ready"
    assert Attachment.objects.count() == before + 1
    assert OutboxEvent.objects.filter(topic="bundle.ready").count() <= 1
    assert AuditEvent.objects.filter(action="seal.use", entity_id=asked.pk).count() == 1


def test_called_off_it_isnt_made_and_may_be_made_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay, _entries = make_record(signed=0)
    asked = request_bundle(stay, by=an)
    whole = making._cover

    def cover_and_lose_patience(bundle: Bundle) -> bytes:
        cancel_bundle(bundle, by=an)
        return whole(bundle)

    with monkeypatch.context() as patched:
        patched.setattr(making, "_cover", cover_and_lose_patience)
        patched.setattr(making, "_TELL_EVERY", 0.0)
        make_all()
    asked.refresh_from_db()
    assert (asked.status, asked.attachment, bundle_of(stay)) == ("cancelled", None, None)
    resume_bundle(asked, by=an)
    make_all()
    asked.refresh_from_db()
    assert asked.status == cancel_bundle(asked, by=an).status == "ready"


def test_without_a_seal_it_waits_and_never_gives_up() -> None:
    an, stay, _entries = make_record(signed=0, seal=False)
    asked = request_bundle(stay, by=an)
    for _ in range(prints.ATTEMPTS + 1):
        OutboxEvent.objects.filter(topic="bundle.requested").update(available_at=timezone.now())
        make_all()
    asked.refresh_from_db()
    assert (asked.status, asked.waits_for_seal) == ("queued", True)
    issue_demo_seal(facility=stay.facility)
    OutboxEvent.objects.filter(topic="bundle.requested").update(available_at=timezone.now())
    make_all()
    asked.refresh_from_db()
    assert (asked.status, asked.waits_for_seal) == ("ready", False)


def _foreign() -> list[tuple[str, bytes, str]]:
    """(title, bytes, type) of what hospitals really send."""
    plain, locked = io.BytesIO(), io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    return [
        ("Không phải PDF/A", plain.getvalue(), "application/pdf"),
        ("Có mật khẩu", locked.getvalue(), "application/pdf"),
        ("Hỏng", b"%PDF-1.7 nothing", "application/pdf"),
        ("Ảnh", _jpeg(), "image/jpeg"),
        ("Ảnh hỏng", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("Thư", "Kính gửi".encode(), "text/plain"),
    ]


def _jpeg() -> bytes:
    import pypdfium2  # noqa: PLC0415

    page = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(120, 80))
        pdf.save(page)
    picture = io.BytesIO()
    pypdfium2.PdfDocument(page.getvalue())[0].render().to_pil().convert("RGB").save(picture, "JPEG")
    return picture.getvalue()


def test_foreign_and_broken_files_stop_nothing_and_are_listed_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, stay, _entries = make_record(signed=0)
    foreign = _foreign()
    sent = {title: data for title, data, _kind in foreign}
    files = [
        Piece(
            uuid=f"00000000-0000-4000-8000-00000000000{place}",
            code="",
            title=title,
            at=timezone.now(),
            attachment=store_bytes(data, content_type=kind, facility=stay.facility),
            flag="paper",
        )
        for place, (title, data, kind) in enumerate(foreign)
    ]
    monkeypatch.setitem(pieces._registered, "test", lambda _stay: files)
    bundle = made(stay, an)
    assert bundle.attachment is not None
    data = read_bytes(bundle.attachment)
    checked = check_bundle(data)
    assert checked.holds, checked.problems
    told = {entry["title"]: entry["not_shown_because"] for entry in checked.manifest["entries"]}
    assert told["Ảnh"] is None
    assert {title for title, reason in told.items() if reason} == {
        "Không phải PDF/A",
        "Có mật khẩu",
        "Hỏng",
        "Ảnh hỏng",
        "Thư",
    }
    with pikepdf.open(io.BytesIO(data)) as pdf:
        kept = attachments_of(pdf)
    for entry in checked.manifest["entries"]:
        if entry["flag"] == "paper":
            assert kept[entry["file"]] == sent[entry["title"]]
    file = tmp_path / "bundle.pdf"
    file.write_bytes(data)
    assert broken_clauses(file, flavour="3b") == ""


def test_the_command_says_what_holds_by_its_exit_code(tmp_path: Path, capsys: Any) -> None:
    an, stay, _entries = make_record()
    bundle = made(stay, an)
    assert bundle.attachment is not None
    file = tmp_path / "bundle.pdf"
    file.write_bytes(read_bytes(bundle.attachment))
    call_command("verify_bundle", file, "--format", "json")
    assert '"holds": true' in capsys.readouterr().out
    broken = bytearray(file.read_bytes())
    broken[len(broken) // 2] ^= 1
    file.write_bytes(bytes(broken))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_bundle", file)
    assert ended.value.code == 1
    with pytest.raises(CommandError) as refused:
        call_command("verify_bundle", tmp_path / "none.pdf")
    assert refused.value.returncode == 2


def test_asking_takes_as_many_queries_for_many_documents_as_for_few() -> None:
    an, stay, entries = make_record(signed=0)

    def counted() -> int:
        with CaptureQueriesContext(connection) as asking:
            request_bundle(stay, by=an)
        return len(asking)

    counted()  # what a process looks up once is not counted
    multiply(entries[0], 2)
    from encounters.documents.models import Document, DocumentBytes  # noqa: PLC0415

    def print_all() -> None:
        pattern = DocumentBytes.objects.filter(version=entries[0].current_version).latest("revision")
        for document in Document.objects.filter(encounter=stay, current_version__bytes=None):
            DocumentBytes.objects.create(
                version=document.current_version,
                revision=0,
                attachment=pattern.attachment,
                sha256=pattern.sha256,
            )

    print_all()
    few = counted()
    multiply(entries[0], 30)
    print_all()
    assert counted() == few


def test_the_page_from_asking_to_the_check(client: Any) -> None:
    _an, stay, _entries = make_record()
    desk = signed_in(clerk())
    page = f"/encounters/{stay.uuid}/bundle/"
    assert "bundle/ask" in desk.get(page).content.decode()
    assert desk.post(f"{page}ask")["Location"] == page
    bundle = Bundle.objects.get()
    assert f"/bundles/{bundle.uuid}/state" in desk.get(page).content.decode()
    assert desk.get(f"/bundles/{bundle.uuid}/pdf").status_code == 404
    make_all()
    ready = desk.get(f"/bundles/{bundle.uuid}/state").content.decode()
    assert "every 2s" not in ready
    assert desk.get(f"/bundles/{bundle.uuid}/pdf").content.startswith(b"%PDF")
    for kind in ("xml", "json", "xsd"):
        assert desk.get(f"/bundles/{bundle.uuid}/hosobenhan.{kind}").status_code == 200
    found = desk.post(f"/bundles/{bundle.uuid}/check").content.decode()
    assert "alert-done" in found
    html = desk.get(page).content.decode()
    assert html.count("36/BV2") == 2
    actions = set(AuditEvent.objects.filter(entity_id=bundle.pk).values_list("action", flat=True))
    assert {"bundle.request", "bundle.make", "bundle.export", "bundle.verify", "bundle.read"} <= actions
    chi = signed_in(make_chi())
    assert chi.get(page).status_code in {403, 404}
    assert chi.get(f"/bundles/{bundle.uuid}/pdf").status_code in {403, 404}
