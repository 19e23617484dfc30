"""The only way to a record as a whole: for who holds the right where the patient was last, or in the whole house (S-01).

What stands in it is read through the chart, by the chart's own rules.
"""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.records import permissions
from encounters.records.models import DisposalMinutes, Loan
from encounters.records.selectors.disposals import minutes_for
from encounters.records.selectors.worklist import loans_for, records_within
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter


def access_record(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay whose record it is; raises Denied (404 outside the person's reach, 403 where they don't act)."""
    demand(user, right)
    found = (
        records_within(user)
        .select_related("patient", "patient__merged_into", "department", "facility")
        .filter(uuid=encounter_uuid)
        .first()
    )
    if found is None:
        found = access_encounter(
            user, encounter_uuid
        )  # whoever has the chart open sees where its record stands
    if right != permissions.READ and not user.has_right(right, found.department_id):
        raise Denied(right, entity=found, hidden=False)
    return found


def access_loan(user: User, loan_uuid: UUID, right: str) -> Loan:
    """The lending of that public id; raises Denied."""
    demand(user, right)
    found = loans_for(user, "all").filter(uuid=loan_uuid).first()
    if found is None:
        raise Denied(right, entity=Loan.objects.filter(uuid=loan_uuid).first())
    return found


def access_minutes(user: User, minutes_uuid: UUID, right: str = permissions.DISPOSE) -> DisposalMinutes:
    """The minutes of that public id; raises Denied."""
    demand(user, right)
    found = minutes_for(user).filter(uuid=minutes_uuid).first()
    if found is None:
        raise Denied(right, entity=DisposalMinutes.objects.filter(uuid=minutes_uuid).first())
    return found
