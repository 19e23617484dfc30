"""Until when browsers will believe that this server is the hospital's."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from emr.common.certificates import runs_out
from emr.tls.services import Files


def certificate_trouble() -> str:
    """The server's certificate (EMR_TLS_CERT, or the one made here), and the root behind it."""
    files = Files.here()
    served = Path(settings.EMR_TLS_CERT) if settings.EMR_TLS_CERT else files.certificate
    said = []
    if settings.EMR_TLS_CERT or served.exists():
        said.append(runs_out(served, _("Web server")))
    if files.root.exists():
        said.append(runs_out(files.root, _("The hospital's TLS root")))
    return next((one for one in said if one), "")
