"""A patient's wounds and the course of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from encounters.bedside.models import Wound, WoundAssessment
from encounters.visits.models import Encounter

State = WoundAssessment.State


@dataclass(slots=True)
class WoundCourse:
    """One wound with its looks that hold, the newest first; photographs are read with them."""

    wound: Wound
    looks: list[WoundAssessment]

    @property
    def newest(self) -> WoundAssessment | None:
        """How it looked last."""
        return self.looks[0] if self.looks else None

    @property
    def is_healed(self) -> bool:
        """Whether the last look says so."""
        return self.newest is not None and self.newest.state == State.HEALED


def wounds_of(stay: Encounter) -> list[WoundCourse]:
    """The stay's wounds, healed ones last; three queries."""
    wounds = list(Wound.objects.filter(encounter=stay).select_related("author"))
    courses = {wound.pk: WoundCourse(wound, []) for wound in wounds}
    for look in _looks(wounds):
        courses[look.wound_id].looks.append(look)
    return sorted(courses.values(), key=lambda course: (course.is_healed, course.wound.pk))


def course_of(wound: Wound) -> WoundCourse:
    """One wound; two queries."""
    return WoundCourse(wound, _looks([wound]))


def _looks(wounds: Sequence[Wound]) -> list[WoundAssessment]:
    return list(
        WoundAssessment.objects.filter(wound__in=wounds, replaced_by=None)
        .exclude(state=State.ENTERED_IN_ERROR)
        .select_related("author")
        .prefetch_related("photos")
        .order_by("-happened_at", "-pk")
    )


def pair_of(
    course: WoundCourse, left: str, right: str
) -> tuple[WoundAssessment | None, WoundAssessment | None]:
    """Two looks to compare by their public ids: else the first one with a photograph (or at all) and the newest."""
    known = {str(look.uuid): look for look in course.looks}
    shown = [look for look in course.looks if look.photos.all()] or course.looks
    first = known.get(_plain(left)) or (shown[-1] if shown else None)
    return first, known.get(_plain(right)) or (shown[0] if shown else None)


def _plain(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
