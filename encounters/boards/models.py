"""What of these boards is kept: paper that somebody asked for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encounters.documents.models import FrozenPrint, print_triggers


class BoardPrint(FrozenPrint):
    """A briefing or a part of a statutory book on paper, as it was when it was asked for; read by who asked for it."""

    class Kind(models.TextChoices):
        BRIEFING = "briefing", _("Morning briefing")
        BOOK = "book", _("Statutory book")

    kind = models.CharField(max_length=8, choices=Kind)
    content = models.JSONField(help_text="see encounters.boards.paper")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "digest"], name="one_print_of_the_same_board"),
            models.CheckConstraint(
                condition=Q(status="ready", attachment__isnull=False)
                | (~Q(status="ready") & Q(attachment__isnull=True)),
                name="a_ready_board_print_has_its_file",
            ),
        ]
        triggers = [*print_triggers("kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]} {self.status}"
