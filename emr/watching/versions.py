"""What runs below the version that is safe."""

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from emr.common.health import Caution
from emr.local.floors import old_packages, old_server


def trouble() -> str:
    """Packages and server below their floors. In the demo hospital that is worth a caution, no more."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = old_server(int(cursor.fetchone()[0]))
    old = [*old_packages(), *([server] if server else [])]
    if not old:
        return ""
    said = _("Older than is safe: %(versions)s.") % {"versions": ", ".join(old)}
    return Caution(said) if settings.EMR_DEMO else said
