"""A training copy: fabricated patients alone, and nothing of it passes for the real thing or reaches anybody outside.

It is the settings module `training` that makes one (`EMR_TRAINING` is a setting, not a variable).
"""

from django.conf import settings
from django.utils.translation import gettext as _

from emr.common.errors import DomainError

# On paper, whose language is the hospital's.
ON_PAPER = "BẢN TẬP HUẤN – KHÔNG DÙNG CHO NGƯỜI BỆNH THẬT"
ON_LABELS = "TẬP HUẤN"


def is_training() -> bool:
    """Whether this instance is one."""
    return bool(settings.EMR_TRAINING)


def demand_real() -> None:
    """Refuse what would take something from a neighbour or give one something."""
    if is_training():
        raise DomainError(
            _("This is a training copy. It takes nothing from other systems and sends them nothing."),
            code="training",
        )
