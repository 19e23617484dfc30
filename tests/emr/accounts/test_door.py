"""Deny unless allowed: every address says who may enter, and nobody else does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from emr.accounts import roles
from emr.audit.models import AuditEvent
from emr.common.doors import PUBLIC, SIGNED_IN
from tests.emr.people import make_an, make_department, make_facility, make_user

# Reviewed by hand: what works before sign-in, and shows nothing of any patient.
PUBLIC_VIEWS = {
    "signin:sign_in",
    "signin:second",
    "signin:second_key",
    "signin:recover",
    "signin:oidc",
    "signin:oidc_back",
    "health:live",
    "health:ready",
    "watching:metrics",  # by address list; numbers alone
    "tls:trust",  # the hospital's own root certificate, and how to trust it
    "tls:root",
    "ui:language",
    "ui:theme",
    "ui:styleguide",
    "ui:styleguide-codes",
    "signatures:verification:upload",
    "signatures:verification:code",
    "integrations:launch:receive",  # a link signed by the HIS's key, once; the page of the patient asks like any other
    "integrations:launch:open",
    "integrations:launch:switch",
    "integrations:hl7v2:receive",  # a channel's token; answers with an acknowledgement alone
}


Found = Iterator[tuple[str, str, Callable[..., Any]]]


def _views(resolver: URLResolver | None = None, space: str = "", route: str = "") -> Found:
    for entry in (resolver or get_resolver()).url_patterns:
        path = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _views(entry, f"{space}{entry.namespace}:" if entry.namespace else space, path)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", path, entry.callback


def _right(view: Callable[..., Any]) -> str | None:
    return getattr(view, "required_right", None) or getattr(
        getattr(view, "cls", None), "required_right", None
    )


def _address(path: str) -> str:
    filled = path
    for kind, value in (
        ("uuid", "00000000-0000-4000-8000-000000000000"),
        ("int", "1"),
        ("str", "x"),
        ("slug", "x"),
        ("path", "x"),
    ):
        while f"<{kind}:" in filled:
            start = filled.index(f"<{kind}:")
            filled = filled[:start] + value + filled[filled.index(">", start) + 1 :]
    return "/" + filled


def test_every_address_declares_who_may_enter() -> None:
    assert [name for name, _path, view in _views() if _right(view) is None] == []


def test_the_public_list_is_short_and_reviewed() -> None:
    assert {name for name, _path, view in _views() if _right(view) == PUBLIC} <= PUBLIC_VIEWS


def test_every_right_named_by_a_view_is_in_the_table() -> None:
    named = {_right(view) for _name, _path, view in _views()} - {None, PUBLIC, SIGNED_IN}
    assert named - set(roles.RIGHTS) == set()


def test_every_right_of_the_table_is_a_constant_of_its_room() -> None:
    declared: set[str] = set()
    for config in apps.get_app_configs():
        try:
            module = __import__(f"{config.name}.permissions", fromlist=["x"])
        except ModuleNotFoundError:
            continue
        declared |= {
            value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)
        }
    assert set(roles.RIGHTS) - declared == set()
    assert declared - set(roles.RIGHTS) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_finds_every_door_shut(client: Client, method: str) -> None:
    for name, path, view in _views():
        if _right(view) == PUBLIC:
            continue
        answer = getattr(client, method)(_address(path))
        assert answer.status_code in {302, 401}, name
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/sign-in/"), name


@pytest.mark.django_db
def test_nobody_passes_a_door_without_its_right() -> None:
    """Every address, read and written. Each role's rights are asked at each address by the matrix."""
    user = make_user("someone", "Phạm Văn Ai", None, make_department(make_facility()))
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    for name, path, view in _views():
        right = _right(view)
        if right in {PUBLIC, SIGNED_IN}:
            continue
        for method in ("get", "post"):
            before = AuditEvent.objects.filter(outcome="denied").count()
            assert getattr(client, method)(_address(path)).status_code == 403, (name, method)
            assert AuditEvent.objects.filter(outcome="denied").count() == before + 1, name


@pytest.mark.django_db
def test_what_does_not_exist_is_not_found_and_breaks_nothing() -> None:
    """Every address of something, asked for by the first role that may ask."""
    ward = make_department(make_facility())
    people = [make_user(f"someone.{role}", "Phạm Văn Ai", role, ward) for role in roles.ROLES]
    asked = 0
    for name, path, view in _views():
        right = str(_right(view))
        if right in {PUBLIC, SIGNED_IN} or "<uuid:" not in path:
            continue
        user = next((user for user in people if user.has_right(right)), None)
        if user is None:
            continue  # a right of no shipped role
        client = Client()
        client.force_login(user, backend="emr.accounts.backends.StaffBackend")
        for method in ("get", "post"):
            assert getattr(client, method)(_address(path)).status_code in {403, 404, 405}, (name, method)
        asked += 1
    assert asked > 100


@pytest.mark.django_db
def test_pages_of_a_signed_in_person_are_not_cached(client: Client) -> None:
    client.force_login(make_an(), backend="emr.accounts.backends.StaffBackend")
    assert "no-store" in client.get("/session/").headers["Cache-Control"]
