"""A40, A34, A18: two numbers turn out to be one person; every PID/MRG pair of the message."""

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from integrations.his.reading import Adt
from integrations.hl7v2.identifying import find_patient, read_numbers
from integrations.hl7v2.outcomes import CannotApply, NotYet
from patients.registry import services as registry


def merge(adt: Adt) -> bool:
    """Link the removed rows to their survivors; done already changes nothing, unknown ones are waited for."""
    pairs = adt.merges()
    if not pairs:
        raise CannotApply("no_removed_number")
    changed = False
    for pid, mrg in pairs:
        removed = read_numbers(adt.channel, mrg.prior_patient_identifier_list)
        if not removed.own and not removed.others:
            raise CannotApply("no_removed_number")
        survivor = find_patient(adt.channel, read_numbers(adt.channel, pid.patient_identifier_list))
        duplicate = find_patient(adt.channel, removed)
        if survivor is None or duplicate is None:
            raise NotYet("unknown_patient")
        try:
            registry.merge_patients(
                survivor=survivor,
                duplicate=duplicate,
                by=adt.account,
                reason=_("Merged by %(sender)s") % {"sender": adt.channel.name},
                source="hl7",
            )
        except DomainError as refusal:
            if refusal.code != "already_merged":
                raise
            continue
        changed = True
    return changed
