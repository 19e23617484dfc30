"""Wounds: their course, photographs made anew without what a telephone writes into them, two dates side by side."""

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from emr.common.errors import Conflict, DomainError
from emr.storage.services import read_bytes
from encounters.bedside import services
from encounters.bedside.models import Wound, WoundAssessment, WoundPhoto
from encounters.bedside.pictures import LONGEST_SIDE, clean_picture
from encounters.bedside.selectors.wounds import course_of, wounds_of
from tests.emr.people import make_chi, make_user
from tests.encounters.bedside.rows import photograph
from tests.encounters.bedside.world import at, clock, make_world
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
TURNED, MAKER, WHERE = 0x0112, 0x010F, 0x8825


@pytest.fixture(autouse=True)
def morning() -> Any:
    with clock():
        yield


def find(stay: Any, by: Any, **told: Any) -> Wound:
    usual = {"kind": "pressure", "site": "heel", "side": "left", "key": uuid.uuid4()}
    return services.find_wound(encounter=stay, by=by, **usual | told)


def look(wound: Wound, by: Any, **told: Any) -> WoundAssessment:
    usual = {"stage": "2", "length_mm": 45, "width_mm": 30, "key": uuid.uuid4()}
    return services.assess_wound(wound=wound, by=by, **usual | told)


def test_a_photograph_keeps_the_picture_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[TURNED], exif[MAKER] = 6, "Máy của Bình"
    exif.get_ifd(WHERE)[2] = (10.0, 46.0, 30.0)
    sent = photograph(4000, 30, exif=exif) + b"<script>alert(1)</script>"
    assert "Máy".encode() in sent or b"script" in sent
    kept = clean_picture(sent)
    with Image.open(io.BytesIO(kept.data)) as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert (picture.width, picture.height) == (kept.width, kept.height)
        # Held upright, as the telephone meant it, and not larger than is of use.
        assert picture.height == LONGEST_SIDE
        assert picture.width < picture.height
    assert b"script" not in kept.data
    assert clean_picture(photograph(kind="PNG")).data.startswith(b"\xff\xd8\xff")


def huge() -> bytes:
    """A picture of a few bytes that claims to be 30000 by 30000."""
    small = bytearray(photograph(kind="PNG"))
    small[16:24] = (30000).to_bytes(4) * 2
    return bytes(small)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"GIF89a", photograph()[:40], b"\xff\xd8\xff" + b"0" * 99, huge()],
    ids=["empty", "pdf", "gif", "cut off", "no picture", "bomb"],
)  # fmt: skip
def test_what_is_no_photograph_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        clean_picture(data)
    assert refused.value.field == "photos"


def test_the_course_of_a_wound() -> None:
    _an, binh, stay = make_world()
    key = uuid.uuid4()
    wound = find(stay, binh, key=key)
    assert find(stay, binh, key=key) == wound
    with pytest.raises(Conflict):
        find(stay, binh, key=key, site="hip")
    first = look(wound, binh, happened_at=at("08:00"), photos=[clean_picture(photograph())])
    again = uuid.uuid4()
    second = look(wound, binh, state="better", length_mm=40, key=again)
    assert look(wound, binh, key=again) == second
    course = course_of(wound)
    assert [one.size for one in course.looks] == ["4 × 3 cm", "4,5 × 3 cm"]
    assert course.looks[1].area_cm2 == 13.5
    photo = WoundPhoto.objects.get()
    assert read_bytes(photo.attachment).startswith(b"\xff\xd8\xff")
    look(wound, binh, state="healed")
    assert wounds_of(stay)[0].is_healed
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    with pytest.raises(DomainError) as foreign:
        services.take_back_assessment(assessment=first, reason="Nhầm", by=lan, key=uuid.uuid4())
    assert foreign.value.code == "other_person"
    services.take_back_assessment(assessment=first, reason="Ảnh của người khác", by=binh, key=uuid.uuid4())
    assert first not in course_of(wound).looks
    with pytest.raises(Conflict):
        services.take_back_assessment(assessment=first, reason="Nhầm", by=binh, key=uuid.uuid4())
    gone = signed_in(binh).get(reverse("encounters:bedside:wound_photo", args=[photo.uuid]))
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"stage": "2"}, "bad_stage"),
        ({"stage": "", "length_mm": 3000}, "impossible"),
        ({"stage": "", "length_mm": None, "width_mm": None}, "empty"),
        ({"stage": "", "state": "entered-in-error"}, "bad_state"),
        ({"stage": "", "photos": [None] * 5}, "too_many"),
    ],
)
def test_what_is_never_said_of_a_wound(told: dict[str, Any], code: str) -> None:
    _an, binh, stay = make_world()
    wound = find(stay, binh, kind="surgical", site="abdomen", side="")
    with pytest.raises(DomainError) as refused:
        look(wound, binh, **told)
    assert refused.value.code == code
    assert not WoundAssessment.objects.exists()


def test_the_pages() -> None:
    an, binh, stay = make_world()
    client = signed_in(binh)
    page = reverse("encounters:bedside:wounds", args=[stay.uuid])
    assert client.get(page).status_code == 200
    assert client.post(page, {"key": str(uuid.uuid4()), "kind": "pressure"}).status_code == 422
    sent = {"key": str(uuid.uuid4()), "kind": "pressure", "site": "sacrum", "place": "giữa"}
    assert client.post(page, sent).status_code == 302
    wound = Wound.objects.get()
    one = reverse("encounters:bedside:wound", args=[wound.uuid])
    bad = {"key": str(uuid.uuid4()), "state": "open", "tissue": "Nền đỏ"}
    refused = client.post(one, bad | {"photos": SimpleUploadedFile("a.jpg", b"MZ no picture")})
    assert refused.status_code == 422
    assert "Nền đỏ" in refused.content.decode()
    assert not WoundAssessment.objects.exists()
    for hour in ("08:00", "10:00"):
        moment = at(hour)
        told = bad | {
            "key": str(uuid.uuid4()),
            "length": "4,5",
            "width": "3",
            "happened_at": f"{moment.astimezone():%d/%m/%Y} {hour}",
            "photos": SimpleUploadedFile("a.jpg", photograph()),
        }
        assert client.post(one, told).status_code == 302
    shown = client.get(one).content.decode()
    assert "4,5 × 3 cm" in shown
    pair = client.get(reverse("encounters:bedside:compare_wound", args=[wound.uuid])).content.decode()
    photos = [str(photo.uuid) for photo in WoundPhoto.objects.all()]
    assert all(name in pair for name in photos)
    assert (
        client.get(reverse("encounters:bedside:compare_wound", args=[wound.uuid]) + "?left=x").status_code
        == 200
    )
    file = client.get(reverse("encounters:bedside:wound_photo", args=[photos[0]]))
    assert (file.status_code, file["Content-Type"]) == (200, "image/jpeg")
    assert file["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert signed_in(an).get(one).status_code == 200
    assert signed_in(an).post(one, bad).status_code == 403
    assert (
        signed_in(make_chi()).get(reverse("encounters:bedside:wound_photo", args=[photos[0]])).status_code
        == 404
    )
    back = WoundAssessment.objects.first()
    address = reverse("encounters:bedside:take_back_wound", args=[back.uuid])
    assert client.post(address, {"key": str(uuid.uuid4()), "note": ""}).status_code == 422
    assert client.post(address, {"key": str(uuid.uuid4()), "note": "Nhầm"}).status_code == 302
