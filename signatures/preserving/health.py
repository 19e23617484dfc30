"""What waits for an authority for too long, and what isn't protected any more."""

from django.utils.translation import ngettext

from emr.common.health import Caution
from signatures.preserving.selectors import unprotected, waiting_long


def trouble() -> str:
    """ "" when every signature has its proof or is about to get it."""
    ended, waiting = unprotected().count(), waiting_long().count()
    said = []
    if ended:
        said.append(
            ngettext(
                "The timestamps of %(n)d signed document have ended.",
                "The timestamps of %(n)d signed documents have ended.",
                ended,
            )
            % {"n": ended}
        )
    if waiting:
        said.append(
            ngettext(
                "%(n)d signed document waits for an authority for more than a day.",
                "%(n)d signed documents wait for an authority for more than a day.",
                waiting,
            )
            % {"n": waiting}
        )
    text = " ".join(said)
    return text if ended else Caution(text) if text else ""
