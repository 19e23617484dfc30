"""What the desk shows besides the list: how risky a document is, what came back, what a form's chain holds in store."""

from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.accounts.roles import label_of
from emr.common.clock import now
from emr.common.vietnamese import fold
from emr.staff.wording import RIGHTS as RIGHT_NAMES
from encounters.documents.models import Document
from encounters.forms.models import Questionnaire
from patients.registry.models import Identifier
from signatures.signing.chains import Place, chain_of_version, remaining
from signatures.signing.models import Needs, SigningRequest, Who
from signatures.signing.selectors import form_title
from signatures.signing.settings import reminder_time

_CONTROLLED = ("DON-THUOC-N", "DON-THUOC-H")
_GRAVE = tuple(
    f"{number}/BV2"
    for number in ("01", "02", "05", "06", "27", "28", *map(str, range(30, 36)), "45", "46", "47", "48", "49")
)
USUAL = 9

# rank: why it stands before others. In this order; a document counts by the first that fits.
REASONS: dict[int, StrOrPromise] = {
    1: gettext_lazy("Narcotic or psychotropic"),
    2: gettext_lazy("Overdue"),
    3: gettext_lazy("Operation, consultation or death"),
    4: gettext_lazy("Changed after it was confirmed"),
    5: gettext_lazy("Entered late"),
    6: gettext_lazy("Medicines"),
}


def ranked(requests: QuerySet[SigningRequest], facility_id: int) -> QuerySet[SigningRequest]:
    """Annotated with `risk`: 1 is the riskiest, USUAL what has nothing special; see REASONS."""
    late = now() - reminder_time(facility_id)
    fits = {
        1: Q(version__document__code__in=_CONTROLLED),
        2: Q(waiting_since__lt=late),
        3: Q(version__document__code__in=_GRAVE),
        4: Q(version__number__gt=1),
        5: ~Q(version__document__late_reason=""),
        6: Q(version__document__code__startswith="DON-THUOC"),
    }
    order = [When(condition, then=Value(rank)) for rank, condition in fits.items()]
    return requests.annotate(risk=Case(*order, default=Value(USUAL), output_field=IntegerField()))


def found_among(requests: QuerySet[SigningRequest], words: str) -> QuerySet[SigningRequest]:
    """Those that fit every word: a patient's name without accents, the beginning of a number of the patient or the stay,
    the form's code or name.
    """
    if not words:
        return requests
    forms = dict(Questionnaire.objects.order_by("effective_from").values_list("code", "title"))
    for word in fold(words).split():
        named = [code for code, title in forms.items() if word in fold(title)]
        numbers = Identifier.objects.filter(is_own=True, value__startswith=word.upper())
        requests = requests.filter(
            Q(version__document__patient__search_name__contains=word)
            | Q(version__document__patient__in=numbers.values("patient"))
            | Q(version__document__encounter__identifier__istartswith=word)
            | Q(version__document__encounter__admission_number__istartswith=word)
            | Q(version__document__code__istartswith=word)
            | Q(version__document__code__in=named)
        )
    return requests


def returned_to(user: User) -> QuerySet[SigningRequest]:
    """What came back to this author: refusals of present versions that the author hasn't answered, newest first."""
    return (
        SigningRequest.objects.filter(
            status=SigningRequest.Status.REFUSED,
            settled_at=None,
            version__author=user,
            version=F("version__document__current_version"),
        )
        .exclude(version__document__status=Document.Status.ENTERED_IN_ERROR)
        .select_related("version__document__patient", "signer", "on_behalf_of")
        .defer("tail", "version__composition")
        .annotate(title=form_title())
        .order_by("-pk")
    )


def answered_before(request: SigningRequest) -> SigningRequest | None:
    """The last refusal of this version before the request, with what its author answered; None: there was none."""
    rows = SigningRequest.objects.filter(
        version=request.version_id,
        status=SigningRequest.Status.REFUSED,
        settled_at__isnull=False,
        step__lt=request.step,
    )
    return rows.select_related("signer").defer("tail").order_by("-step").first()


@dataclass(frozen=True, slots=True)
class Ahead:
    """A place of the chain that is still to come, in words."""

    words: str
    is_next: bool


def ahead_of(document: Document, steps: list[SigningRequest]) -> list[Ahead]:
    """Who the chain asks after those asked already; nothing before the document is confirmed."""
    version = document.current_version
    if version is None or document.is_closed or not steps:
        return []
    chain = chain_of_version(version)
    is_free = not any(step.blocks for step in steps)
    return [
        Ahead(" · ".join(in_words(place) for place in chain.at(position)), is_next=is_free and number == 0)
        for number, position in enumerate(remaining(chain, steps))
    ]


def in_words(place: Place) -> str:
    """A place as people say it: "Director", "Each of the members"."""
    if place.who == Who.ROLE:
        who = str(label_of(place.code))
    elif place.who == Who.RIGHT:
        who = _("who may %(right)s") % {"right": RIGHT_NAMES.get(place.code, place.code)}
    elif place.who == Who.PERSON:
        who = place.person.titled_name if place.person is not None else "?"
    else:
        who = str(Who(place.who).label)
    return _("%(who)s, each") % {"who": who} if place.needs == Needs.ALL and place.who != Who.PERSON else who
