"""Fresh proof asked in the middle of something (S-22): what was sent waits on the page and goes on with the proof."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import add_never_cache_headers

from emr.accounts.models import User
from emr.signin import selectors, services
from emr.signin.forms import ProofForm

_OURS = {"csrfmiddlewaretoken", "next", "resend", "proof"}
# Typed anew: secrets stand in no page.
_SECRETS = {"password", "new_password", "pin", "new_pin", "repeated", "passphrase", "secret", "code"}
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_LONGEST = 100_000


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _is_forged(request: HttpRequest) -> bool:
    """What another site sent is never put on a page of ours, to be sent on under the person's own proof."""
    check = _Check(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda _request: HttpResponse(), (), {}) is not None


def can_wait(request: HttpRequest) -> bool:
    """Whether the request is a form of ours that can be sent again after the proof."""
    if request.method != "POST" or request.content_type not in _FORMS:
        return False
    by_script = "HX-Request" in request.headers or "X-Requested-With" in request.headers
    size = str(request.META.get("CONTENT_LENGTH") or "0")
    is_short = size.isascii() and size.isdigit() and int(size[:12]) <= _LONGEST
    return not by_script and is_short and not request.FILES and not _is_forged(request)


def proof_first(request: HttpRequest, user: User) -> HttpResponse | None:
    """For a view that knows only by its row whether it is grave: what asks for fresh proof; None where that was given.

    A form waits on that page and goes on with the proof; what can't wait goes back to its page, which keeps what was typed.
    """
    if services.is_recent(request):
        return None
    if can_wait(request):
        return proof_page(request, ProofForm(), user=user, to="/", resend=request.get_full_path())
    back = urlsplit(request.headers.get("Referer", "")).path or "/"
    return redirect(f"{resolve_url('signin:prove')}?{urlencode({'next': back})}")


def proof_page(
    request: HttpRequest, form: ProofForm, *, user: User, to: str, resend: str = ""
) -> HttpResponse:
    """The page that asks. `resend`: where the form that waits on it goes afterwards; else the person goes on to `to`."""
    waiting = request.POST.lists() if resend else ()
    context = {
        "form": form,
        "next": to,
        "resend": resend,
        "waiting": [
            (name, value) for name, values in waiting if name not in _OURS | _SECRETS for value in values
        ],
        "has_factor": services.has_factor(user),
        "factors": selectors.factors_of(user),
    }
    status = 422 if form.errors else 401 if resend and not form.is_bound else 200
    response = render(request, "emr/signin/prove.html", context, status=status)
    add_never_cache_headers(response)
    return response
