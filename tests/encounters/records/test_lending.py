"""An archived record is lent by two people, for a time, for a purpose; on the screen it closes by itself (R-28)."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from freezegun import freeze_time

from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.documents.permissions import PRINT, READ
from encounters.records import services
from encounters.records.models import Keeping, Loan
from encounters.visits.access import acts_here, reaches_stay
from patients.registry.services import restrict_patient
from tests.emr.people import make_chi
from tests.encounters.records.world import asked, brought_to, left, lent, person, step
from tests.encounters.visits.ward import signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def _refused(code: str, *args: Any, **told: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        asked(*args, **told)
    assert refusal.value.code == code
    assert not Loan.objects.exists()


def test_what_is_lent_is_read_and_neither_printed_nor_written_on_until_its_term() -> None:
    stay, chi = brought_to("archived"), make_chi()
    assert not reaches_stay(chi, stay.pk, READ)
    loan = lent(stay, chi)
    assert reaches_stay(chi, stay.pk, READ)
    assert not reaches_stay(chi, stay.pk, PRINT)
    assert not acts_here(chi, "documents.write", stay)
    with freeze_time(loan.ends_at + dt.timedelta(seconds=1)):
        assert not reaches_stay(chi, stay.pk, READ)
        assert (loan.is_running, loan.is_overdue) == (False, False)


def test_it_is_taken_back_before_its_term() -> None:
    stay, chi = brought_to("archived"), make_chi()
    services.return_loan(loan=lent(stay, chi), by=person("luu"))
    assert not reaches_stay(chi, stay.pk, READ)
    with pytest.raises(DomainError):
        services.return_loan(loan=Loan.objects.get(), by=person("luu"))


def test_nobody_approves_what_they_prepared() -> None:
    stay = brought_to("archived")
    loan = asked(stay, make_chi(), by=person("ha"))
    for act in (services.approve_loan, lambda **told: services.refuse_loan(reason="Không", **told)):
        with pytest.raises(DomainError) as refusal:
            act(loan=loan, by=person("ha"))
        assert refusal.value.code == "own"
    with pytest.raises(IntegrityError), transaction.atomic():
        Loan.objects.update(status="lent", decided_by=person("ha"), decided_at=now())


def test_a_lending_without_sense_is_refused() -> None:
    stay, chi = brought_to("accepted"), make_chi()
    _refused("not_archived", stay, chi)
    step(stay, "archive")
    _refused("no_purpose", stay, chi, purpose=" ")
    _refused("no_borrower", stay, None)
    _refused("no_borrower", stay, None, outsider="Tòa án nhân dân khu vực 2")
    _refused("no_borrower", stay, chi, outsider="Tòa án nhân dân khu vực 2")
    _refused("bad_term", stay, chi, ends_at=now() - dt.timedelta(minutes=1))
    _refused("bad_term", stay, chi, ends_at=now() + dt.timedelta(days=40))
    _refused("no_folder", stay, chi, kind="folder")
    restrict_patient(patient=stay.patient, level="R", reason="other", by=person("an"))
    stay.patient.refresh_from_db()
    _refused("kept_closely", stay, chi)


def test_a_folder_is_in_one_hand_and_overdue_until_it_is_back() -> None:
    stay = brought_to("archived")
    services.keep_paper(encounter=stay, is_hybrid=True, barcode="HS-7", shelf="K1-02", by=person("luu"))
    first = lent(stay, None, kind="folder", outsider="Cơ quan điều tra, giấy giới thiệu 18")
    with pytest.raises(DomainError) as refusal:
        lent(stay, make_chi(), kind="folder")
    assert refusal.value.code == "folder_away"
    with freeze_time(first.ends_at + dt.timedelta(hours=1)):
        assert first.is_running and first.is_overdue
    services.return_loan(loan=first, by=person("luu"))
    second = Loan.objects.get(status="asked")
    assert services.approve_loan(loan=second, by=person("ha")).status == "lent"
    assert second.borrower is not None
    assert not reaches_stay(second.borrower, stay.pk, READ), "a folder opens nothing on the screen"


def test_the_desk_shows_what_waits_and_the_approver_decides_there() -> None:
    stay, chi = brought_to("archived"), make_chi()
    keeper, director = signed_in(person("luu")), signed_in(person("ha"))
    address = reverse("encounters:records:lend", args=[stay.uuid])
    assert keeper.get(address).status_code == 200
    posted = {"kind": "electronic", "borrower": str(chi.uuid), "purpose": "Hội chẩn lại"}
    assert keeper.post(address, posted).status_code == 422
    term = f"{now() + dt.timedelta(days=2):%d/%m/%Y %H:%M}"
    assert keeper.post(address, posted | {"ends_at": term}).status_code == 302
    loan = Loan.objects.get()
    desk = reverse("encounters:records:loans")
    assert "Lê Thị Chi" in director.get(f"{desk}?show=asked").content.decode()
    refuse = reverse("encounters:records:refuse_loan", args=[loan.uuid])
    assert director.post(refuse, {"reason": ""}).status_code == 422
    approve = reverse("encounters:records:approve_loan", args=[loan.uuid])
    assert keeper.post(approve).status_code == 403
    assert director.post(approve).status_code == 302
    assert director.post(approve).status_code == 409
    assert reaches_stay(chi, stay.pk, READ)
    assert keeper.post(reverse("encounters:records:return_loan", args=[loan.uuid])).status_code == 302
    assert Loan.objects.get().status == "returned"


def test_a_barcode_is_one_folders() -> None:
    first, second = left(make_patient("Lê Văn Một")), left(make_patient("Lê Văn Hai"))
    services.keep_paper(encounter=first, is_hybrid=True, barcode="HS-1", shelf="A", by=person("luu"))
    with pytest.raises(DomainError) as refusal:
        services.keep_paper(encounter=second, is_hybrid=True, barcode="hs-1", shelf="B", by=person("luu"))
    assert refusal.value.code == "barcode_taken"
    services.keep_paper(encounter=first, is_hybrid=False, barcode="", shelf="", by=person("luu"))
    assert Keeping.objects.get(encounter=first).barcode == ""
