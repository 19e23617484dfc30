"""What nobody signed and the facility sealed is proven for years too: confirmations, records' files, copies of paper."""

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from emr.accounts.services import keep_setting
from emr.audit.models import AuditEvent
from emr.storage.revisions import newest_of
from emr.storage.services import read_bytes
from encounters.bundles.checking import check_bundle
from encounters.bundles.models import Bundle
from encounters.consents.services import Signer
from encounters.documents.models import Document
from encounters.documents.selectors import with_state
from encounters.scanning.selectors import pieces_of
from signatures.preserving import services
from signatures.preserving.models import Preservation, SealedRevision
from signatures.providers.services import issue_demo_seal
from signatures.sealing.models import ConfirmationSeal
from signatures.signing.models import SigningRequest
from signatures.verification.report import verify_pdf
from signatures.verification.services import is_kept, judge_file, trusted_roots
from signatures.verification.verdicts import Report, Verdict
from tests.emr.people import make_facility
from tests.encounters.bundles.rows import made, make_record
from tests.encounters.bundles.test_making import clerk
from tests.encounters.consents.papers import RELATIVE, take
from tests.encounters.visits.ward import signed_in
from tests.signatures import pki, support
from tests.signatures.records import deliver_all
from tests.signatures.sealing.test_confirmations import make_rendered
from tests.signatures.sealing.test_papers import accepted

pytestmark = [pytest.mark.django_db, pytest.mark.peer]


def _sweep() -> int:
    Preservation.objects.filter(next_try_at__isnull=False).update(next_try_at=support.NOW)
    asked = services.ask_for_raising()
    deliver_all()
    return asked


def _judge(pdf: bytes) -> Report:
    return verify_pdf(pdf, roots=trusted_roots())


def _bundle(authority: pki.Authority) -> Bundle:
    pki.with_seal(authority, make_facility())
    an, stay, _entries = make_record(signed=0, unsigned=1, seal=False)
    bundle = made(stay, an)
    assert bundle.status == "ready"
    deliver_all()
    return bundle


def _newest(bundle: Bundle) -> bytes:
    assert bundle.attachment is not None
    return read_bytes(newest_of(bundle.attachment))


def test_a_records_file_is_raised_as_a_new_revision_and_that_is_what_is_handed_out(
    authority: pki.Authority,
) -> None:
    bundle = _bundle(authority)
    before = _newest(bundle)
    assert _judge(before).signatures[0].level == "B-T"
    assert _sweep() == 1
    row, after = Preservation.objects.get(bundle=bundle), _newest(bundle)
    assert (row.level, row.problem, row.next_try_at) == (
        "B-LTA",
        "",
        None,
    ) and row.protected_until is not None
    assert after.startswith(before) and len(after) > len(before), (
        "the file before it is its beginning, and is kept"
    )
    assert read_bytes(bundle.attachment) == before  # type: ignore[arg-type]
    assert _judge(after).verdict == Verdict.VALID and check_bundle(after).holds
    assert [one.kind for one in _judge(after).signatures] == ["signature", "timestamp"]
    revision = SealedRevision.objects.get()
    assert (revision.number, revision.level) == (1, "B-LTA") and is_kept(revision.attachment.sha256)
    told = AuditEvent.objects.get(action="seal.preserve")
    assert told.detail == {"level": "B-LTA", "was": ""} and told.patient_id == bundle.patient_id
    assert _sweep() == 0 and services.plan_ahead(facility_id=bundle.facility_id) == 0
    client = signed_in(clerk())
    page = client.get(reverse("encounters:bundles:page", args=[bundle.encounter.uuid])).content.decode()
    assert "B-LTA" in page and revision.attachment.sha256 in page
    for change in (SealedRevision.objects.update, lambda **_: SealedRevision.objects.all().delete()):
        with pytest.raises(Exception, match=r"permission denied|Cannot"), transaction.atomic():
            change(level="B-B")


def test_sealed_while_the_timestamp_authority_is_away_it_follows(authority: pki.Authority) -> None:
    authority.down = {"tsa"}
    bundle = _bundle(authority)
    assert bundle.seal_level == "B-B"
    assert _sweep() == 1
    row = Preservation.objects.get(bundle=bundle)
    assert (row.problem, row.level, row.attempts) == ("unreachable", "B-B", 1)
    assert row.next_try_at is not None and not SealedRevision.objects.exists()
    authority.down = set()
    _sweep()
    _sweep()
    row.refresh_from_db()
    assert (row.problem, row.level) == ("", "B-LTA")
    report = _judge(_newest(bundle))
    assert [one.kind for one in report.signatures] == ["signature", "timestamp", "timestamp"]
    assert report.verdict == Verdict.VALID and SealedRevision.objects.count() == 2, "each is a row of its own"


@pytest.mark.parametrize(("wanted", "reached"), [("B-T", "B-T"), ("B-LT", "B-LT"), ("B-LTA", "B-LTA")])
def test_the_facility_says_how_far_and_may_want_more_later(
    authority: pki.Authority, wanted: str, reached: str
) -> None:
    keep_setting(facility=make_facility(), name="signature_level", value=wanted, by=None)
    bundle = _bundle(authority)
    _sweep()
    row = Preservation.objects.get(bundle=bundle)
    assert (row.level, row.problem, row.next_try_at) == (reached, "", None)
    assert services.plan_ahead(facility_id=bundle.facility_id) == 0
    keep_setting(facility=bundle.facility, name="signature_level", value="B-LTA", by=None)
    assert services.plan_ahead(facility_id=bundle.facility_id) == (wanted != "B-LTA")
    _sweep()
    row.refresh_from_db()
    assert row.level == "B-LTA" and _judge(_newest(bundle)).verdict == Verdict.VALID


def test_a_confirmation_that_nobody_signed_is_proven_and_still_unsigned(authority: pki.Authority) -> None:
    an, binh, paper = make_rendered()
    pki.with_seal(authority, paper.facility)
    take(paper, binh, Signer(**RELATIVE))
    SigningRequest.objects.filter(version=paper.current_version).update(status="pending", expires_at=None)
    deliver_all()
    assert ConfirmationSeal.objects.count() == 1
    assert services.ask_for_raising() == 0, "for a day it is left to who is still to sign"
    SigningRequest.objects.filter(version=paper.current_version).update(expires_at=support.NOW)
    assert _sweep() == 1
    row = Preservation.objects.get()
    assert (row.level, row.problem) == ("B-LTA", "")
    stored = list(paper.current_version.bytes.order_by("revision"))
    assert [one.by_seal for one in stored] == [False, True, True]
    assert not with_state(Document.objects.filter(pk=paper.pk)).get().is_signed, (
        "proof of the seal signs nothing"
    )
    assert _judge(read_bytes(stored[-1].attachment)).verdict == Verdict.VALID
    assert an.pk == paper.author_id


def test_a_copy_of_paper_is_raised_and_stands_so_in_the_record(
    authority: pki.Authority, client: Client
) -> None:
    paper, lua = accepted()
    pki.with_seal(authority, paper.facility)
    deliver_all()
    assert _sweep() == 1
    paper.refresh_from_db()
    assert paper.sealed is not None
    newest = newest_of(paper.sealed)
    assert newest != paper.sealed and [one.attachment for one in pieces_of(paper.encounter)] == [newest]
    answer = client.get(reverse("signatures:verification:code", args=[paper.verify_code])).content.decode()
    assert 'data-verdict="valid"' in answer and "B-LTA" in answer
    client = signed_in(lua)
    assert client.get(reverse("encounters:scanning:pdf", args=[paper.uuid])).content == read_bytes(newest)
    assert "B-LTA" in client.get(reverse("encounters:scanning:paper", args=[paper.uuid])).content.decode()


def test_what_was_sealed_before_is_taken_in_by_night_and_the_command_reads_it(
    authority: pki.Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = _bundle(authority)
    Preservation.objects.all().delete()
    assert services.plan_ahead(facility_id=bundle.facility_id) == 1
    _sweep()
    assert judge_file(_newest(bundle)).verdict == "valid"
    call_command("verify_signatures")
    assert "1 valid" in capsys.readouterr().out


def test_a_row_is_of_one_file(authority: pki.Authority) -> None:
    bundle = _bundle(authority)
    with pytest.raises(IntegrityError), transaction.atomic():
        Preservation.objects.create(facility=bundle.facility)


def test_a_seal_whose_authority_publishes_nothing_stays_at_b_t(
    authority: pki.Authority, settings: Settings
) -> None:
    settings.EMR_DEMO = True
    issue_demo_seal(facility=make_facility())
    an, stay, _entries = make_record(signed=0, unsigned=1, seal=False)
    bundle = made(stay, an)
    deliver_all()
    _sweep()
    row = Preservation.objects.get(bundle=bundle)
    assert (row.level, row.problem, row.next_try_at) == ("B-T", "unpublished", None)
