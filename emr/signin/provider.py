"""The hospital's own accounts by OpenID Connect: discovery, code flow with PKCE, state, nonce, checked tokens."""

from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError
from requests import RequestException

_SECONDS = 5


class ProviderDown(Exception):
    """The provider doesn't answer, or what it answers doesn't hold."""


def is_set_up() -> bool:
    """Whether the hospital has named its provider."""
    return bool(settings.EMR_OIDC_ISSUER)


def _client() -> Any:
    return OAuth().register(
        "hospital",
        client_id=settings.EMR_OIDC_CLIENT_ID,
        client_secret=settings.EMR_OIDC_CLIENT_SECRET,
        server_metadata_url=f"{settings.EMR_OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.EMR_OIDC_SCOPE,
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )


def start(request: HttpRequest, back: str) -> HttpResponse:
    """The way to the provider. Raises ProviderDown."""
    try:
        answer: HttpResponse = _client().authorize_redirect(request, back)
    except (OAuthError, RequestException, ValueError, RuntimeError) as error:
        raise ProviderDown(type(error).__name__) from error
    return answer


def finish(request: HttpRequest) -> dict[str, Any]:
    """The claims about who came back. Raises ProviderDown for anything that doesn't hold: state, nonce, signature, age."""
    try:
        token = _client().authorize_access_token(request)
    except (OAuthError, JoseError, RequestException, ValueError, KeyError, TypeError) as error:
        raise ProviderDown(type(error).__name__) from error
    claims = token.get("userinfo")
    if not claims or claims.get("iss", "").rstrip("/") != settings.EMR_OIDC_ISSUER.rstrip("/"):
        raise ProviderDown("no identity")
    return dict(claims)
