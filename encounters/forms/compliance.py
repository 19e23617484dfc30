"""What shows that the ministry's forms are there, and how many were compared with the official ones."""

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.evidence import Evidence, Fact, evidence, met_when
from encounters.forms.engine.vocabulary import UNCHECKED
from encounters.forms.models import Questionnaire

_RECORD_TYPES = 29  # Annex XXVIII of TT 32/2023/TT-BYT


@evidence("R-03")
def forms(facility: Organization) -> Evidence:
    """Types of record and forms in force; those that nobody has compared with the official one."""
    today = local_today()
    found = Questionnaire.objects.filter(
        Q(facility=None) | Q(facility=facility),
        Q(effective_to=None) | Q(effective_to__gte=today),
        status="active",
        effective_from__lte=today,
    )
    codes = set(found.values_list("code", flat=True))
    types = sum(code.endswith("/BV1") for code in codes)
    as_text = found.annotate(text=Cast("resource", TextField())).filter(text__contains=UNCHECKED)
    unchecked = as_text.values("code").distinct().count()
    return Evidence(
        met_when(types >= _RECORD_TYPES and not unchecked, begun=types > 0),
        _(
            "Every field of a form is a question of its own; what is blank is listed before the record is closed."
        ),
        [
            Fact(_("Types of record (Annex XXVIII has 29)"), types, "encounters:completeness:rules"),
            Fact(_("Other forms"), len(codes) - types),
            Fact(_("Not yet compared with the official form"), unchecked),
        ],
    )
