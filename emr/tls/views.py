"""How a PC learns to trust this server: public, since it is needed before anybody can sign in. No patient data."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.common.doors import public
from emr.tls.services import Files, fingerprint


def _root() -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(Files.here().root.read_bytes())
    except (OSError, ValueError):
        return None


@public
@require_safe
def trust(request: HttpRequest) -> HttpResponse:
    """What the root is, and how it gets onto the PCs: by group policy, or by hand."""
    root = _root()
    context = {"root": root, "fingerprint": fingerprint(root) if root else ""}
    return render(request, "emr/tls/trust.html", context)


@public
@require_safe
def root(_request: HttpRequest) -> HttpResponse:
    """The root certificate, as Windows takes it."""
    found = _root()
    if found is None:
        raise Http404
    response = HttpResponse(found.public_bytes(Encoding.DER), content_type="application/pkix-cert")
    response["Content-Disposition"] = 'attachment; filename="benh-vien-root.cer"'
    return response
