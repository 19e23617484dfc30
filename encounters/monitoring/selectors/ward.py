"""The ward's round: who lies here, what was measured last, how they score. The queries don't grow with the ward."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.common.vietnamese import fold
from encounters.monitoring.models import EarlyWarning, ScaleChoice
from encounters.monitoring.selectors.scoring import Scaling, Tables, choices_of, scaling_of
from encounters.monitoring.selectors.warning import newest_warnings
from encounters.results.models import Observation
from encounters.results.permissions import READ
from encounters.results.vital_signs import BY_LOINC, MORE_SIGNS
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import not_hidden

# What was said longer ago is no preset any more.
LAST_WITHIN = dt.timedelta(hours=24)


@dataclass(slots=True)
class Last:
    """The newest number of each sign within a day, and when the newest of them was taken."""

    values: dict[str, Decimal] = field(default_factory=dict)
    at: dt.datetime | None = None


_GLASGOW = ("eyes", "speech", "movement")


def also_taken(last: Last | None) -> list[tuple[StrOrPromise, str]]:
    """(title, words) of what was taken within a day beside the signs of a round; Glasgow adds itself up when it is whole."""
    values = last.values if last is not None else {}
    found: list[tuple[StrOrPromise, str]] = [
        (sign.title, f"{sign.words(values[name])} {sign.unit}".strip())
        for name, sign in MORE_SIGNS.items()
        if name in values
    ]
    if values.keys() >= set(_GLASGOW):
        found.append((_("Glasgow"), f"{sum(values[name] for name in _GLASGOW):.0f} /15"))
    return found


@dataclass(slots=True)
class Line:
    """One patient's line of the round."""

    place: EncounterLocation
    last: Last
    scaling: Scaling
    warning: EarlyWarning | None

    @property
    def encounter(self) -> Encounter:
        """The stay."""
        return self.place.encounter

    @property
    def is_due(self) -> bool:
        """The time that the last score gave has passed; without any score it has, too."""
        return self.warning is None or (self.warning.due_at is not None and self.warning.due_at <= now())


def ward_stays(user: User, ward: Organization, words: str = "") -> QuerySet[EncounterLocation]:
    """Who lies in the ward now, by bed; words are names without accents, numbers or beds. Restricted charts stay hidden."""
    places = EncounterLocation.objects.filter(
        not_hidden(user, READ, "encounter__patient"),
        facility_id=user.facility_id,
        department=ward,
        ends_at=None,
        cancelled_at=None,
        encounter__status=Encounter.Status.IN_PROGRESS,
    ).exclude(encounter__encounter_class=Encounter.Class.AMBULATORY)
    for word in fold(words).split():
        places = places.filter(
            Q(encounter__patient__search_name__contains=word)
            | Q(encounter__admission_number__startswith=word)
            | Q(location__code__iexact=word)
        )
    return places.select_related("encounter__patient__merged_into", "location").order_by(
        "location__position", "location__code", "encounter__patient__sort_key", "pk"
    )


def last_values(stay_ids: Iterable[int]) -> dict[int, Last]:
    """The newest numbers of each stay within a day: one query."""
    rows = (
        Observation.objects.filter(
            encounter__in=list(stay_ids),
            code__in=BY_LOINC,
            replaced_by=None,
            effective_at__gte=now() - LAST_WITHIN,
        )
        .exclude(status=Observation.Status.ENTERED_IN_ERROR)
        .order_by("encounter", "code", "-effective_at", "-pk")
        .distinct("encounter", "code")
        .values_list("encounter", "code", "value", "effective_at")
    )
    found: dict[int, Last] = {}
    for stay, code, value, at in rows:
        last = found.setdefault(stay, Last())
        last.values[BY_LOINC[code].name] = value
        last.at = at if last.at is None else max(last.at, at)
    return found


def lines_of(places: Iterable[EncounterLocation], on: dt.date) -> list[Line]:
    """The lines of these places: three queries, however many."""
    listed = list(places)
    stays = [place.encounter_id for place in listed]
    last, warnings, choices = last_values(stays), newest_warnings(stays), choices_of(stays)
    return [
        Line(
            place,
            last.get(place.encounter_id, Last()),
            scaling_of(place.encounter, choices.get(place.encounter_id), on),
            warnings.get(place.encounter_id),
        )
        for place in listed
    ]


def wanted_signs(tables: Tables, scaling: Scaling) -> list[str]:
    """The signs that the patient's score is made of, by name."""
    return list(dict.fromkeys(band.sign for band in tables.bands if band.scale == scaling.scale))


def scale_history(encounter: Encounter) -> QuerySet[ScaleChoice]:
    """Every choice of the stay, newest first."""
    return ScaleChoice.objects.filter(encounter=encounter).select_related("author").order_by("-pk")
