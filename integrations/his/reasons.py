"""Why a word of the HIS's on a stay wasn't followed, for the desk of dead letters and the page of messages."""

from django.utils.translation import gettext_lazy as _

# As in `integrations.transport.reasons`: code: (what is wrong, what helps).
REASONS = {
    "unknown_move": (
        _(
            "A transfer is to be taken back (A12) and the patient to stay in “%(sent)s”, but no transfer that is known here"
            " began there at that time."
        ),
        _("Compare the patient's bed with the HIS, and correct it on the ward; then set the message aside."),
    ),
    "no_former_place": (
        _("A transfer is to be taken back (A12), but PV1-3 doesn't say where the patient was before it."),
        _("Fill in the department and bed, then replay."),
    ),
    "move_before_taken_back": (
        _(
            "A transfer before this one was taken back (A12) by a message that is newer than both: which of the two it meant"
            " can't be told."
        ),
        _("Compare the patient's bed with the HIS, and correct it on the ward; then set the message aside."),
    ),
    "two_places": (
        _("The HIS says that the patient was moved to two places (PV1-3) in the same second."),
        _(
            "Compare with the HIS and correct the time (EVN-6), or fill in the former place (PV1-6); then replay."
        ),
    ),
    "unknown_discharge": (
        _(
            "A discharge is to be taken back (A13), but the patient is still here: no discharge (A03) has come."
        ),
        _("If the HIS has the patient as present, set the message aside."),
    ),
    "unknown_admission": (
        _(
            "An admission is to be cancelled (A11), but the patient is an outpatient here: no admission (A01) has come."
        ),
        _("Compare with the HIS; if the visit itself is meant, correct PV1-2, then replay."),
    ),
    "ended_already": (
        _("The stay is to be cancelled (A11), but the patient was discharged."),
        _("Have the HIS take the discharge back (A13) first, then replay."),
    ),
    "stay_cancelled": (
        _("The stay was cancelled (A11), and this message speaks of a later time."),
        _("Ask the HIS to admit the patient under a new visit number (PV1-19)."),
    ),
    "move_taken_back": (_("This transfer was taken back since: left alone."), ""),
    "place_differs": (
        _(
            "PV1-3 of this update (A08) is “%(sent)s”, where the patient wasn't at that time: an update moves nobody."
        ),
        _("Ask the HIS to send the transfer (A02), or move the patient on the ward."),
    ),
    "class_differs": (
        _("PV1-2 of this update (A08) is “%(sent)s”, which the stay isn't: an update doesn't admit."),
        _("Ask the HIS to send the admission (A01), or its cancelling (A11)."),
    ),
    "admission_time_differs": (
        _("PV1-44 of this update (A08) is %(sent)s, when the stay didn't begin: left alone."),
        _("Compare with the HIS; the time of admission is corrected by cancelling and admitting anew."),
    ),
    "unmapped_attending": (
        _("The doctor “%(sent)s” (PV1-7) isn't known here: who attends was left alone."),
        _("Map the code under “Code mappings”."),
    ),
}
