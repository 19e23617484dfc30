"""What shows that files are encrypted, and that there is something to restore."""

from typing import TYPE_CHECKING

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from emr.common.evidence import Evidence, Fact, State, evidence, met_when
from emr.common.health import Caution
from emr.storage.health import backup_trouble
from emr.storage.models import Attachment, AttachmentKey, BackupRun

if TYPE_CHECKING:
    from emr.accounts.models import Organization


@evidence("R-39")
def encryption(facility: "Organization") -> Evidence:
    """Every stored file has a key of its own, wrapped by the instance's."""
    files = Attachment.objects.filter(facility=facility).count()
    keys = AttachmentKey.objects.filter(attachment__facility=facility).aggregate(
        n=Count("pk"), wrapped=Count("wrapped_by", distinct=True)
    )
    return Evidence(
        met_when(files == keys["n"]),
        _(
            "Files are encrypted with AES-256, each with a key of its own; pages are served over TLS in production."
        ),
        [
            Fact(_("Stored files"), files),
            Fact(_("of them with a key of their own"), keys["n"]),
            Fact(_("Keys of the instance that wrap them"), keys["wrapped"]),
        ],
    )


@evidence("R-45", "R-46")
def backups(facility: "Organization") -> Evidence:
    """When the last good backup was made, and how the last try ended."""
    trouble = backup_trouble()
    good = BackupRun.objects.filter(succeeded=True).order_by("-id").first()
    state = State.NOT_MET if good is None or (trouble and not isinstance(trouble, Caution)) else State.PARTLY
    size = Attachment.objects.filter(facility=facility).aggregate(n=Sum("size"))["n"] or 0
    return Evidence(
        State.MET if good is not None and not trouble else state,
        str(trouble) or _("Database, files and keys are backed up together each night and read back."),
        [
            Fact(_("Last good backup"), good.ended_at if good else None, "watching:status"),
            Fact(_("Files in it"), good.files if good else None),
            Fact(_("Megabytes of files now"), size // 2**20),
        ],
    )
