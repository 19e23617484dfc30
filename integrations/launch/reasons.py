"""Why a link doesn't open anything, for who pressed the button in the HIS."""

from django.utils.translation import gettext_lazy as _

# code: (what is wrong, what helps)
REASONS = {
    "unreadable": (
        _("This link can't be read"),
        _("Go back to the HIS and press the button again. If it stays so, tell IT."),
    ),
    "wrong_audience": (
        _("This link is for another hospital"),
        _("Tell IT: the HIS names another facility than this record serves."),
    ),
    "unknown_key": (
        _("This link is signed by somebody unknown"),
        _("Tell IT: the HIS's key isn't on the list here, or was taken off it."),
    ),
    "bad_signature": (
        _("This link's signature doesn't fit"),
        _("Tell IT: the HIS signs with another key than is kept here."),
    ),
    "lasts_too_long": (
        _("This link would be good for too long"),
        _("Tell IT: links are good for two minutes at most."),
    ),
    "not_yet": (
        _("This link comes from the future"),
        _("Tell IT: the clocks of the HIS and of the record differ."),
    ),
    "too_old": (_("This link is too old"), _("Go back to the HIS and press the button again.")),
    "used": (
        _("This link has been used already"),
        _("Each link opens once. Go back to the HIS and press the button again."),
    ),
    "unknown_person": (
        _("You are not on the staff list here"),
        _("The HIS names somebody who has no active account here. Ask the administrator."),
    ),
    "guarded_person": (
        _("This account isn't opened from the HIS"),
        _("Who gives rights or watches their use signs in here."),
    ),
    "unknown_patient": (
        _("The patient isn't known here"),
        _("The HIS hasn't told this record about the patient yet. Try again in a minute, or tell IT."),
    ),
    "somebody_else": (
        _("Somebody else is signed in here"),
        _("Sign out here first, then press the button in the HIS again."),
    ),
}
