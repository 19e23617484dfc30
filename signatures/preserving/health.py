"""What waits for an authority for too long, what isn't protected any more, and what verification refuses."""

from django.utils.translation import ngettext

from emr.common.health import Caution
from signatures.preserving.selectors import refused, unprotected, waiting_long


def trouble() -> str:
    """ "" when every signature has its proof or is about to get it."""
    ended, waiting, doubted = unprotected().count(), waiting_long().count(), refused().count()
    said = []
    if doubted:
        said.append(
            ngettext(
                "%(n)d signed document isn't confirmed by verification; “manage.py verify_signatures” names it.",
                "%(n)d signed documents aren't confirmed by verification; “manage.py verify_signatures” names them.",
                doubted,
            )
            % {"n": doubted}
        )
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
    return text if ended or doubted else Caution(text) if text else ""
