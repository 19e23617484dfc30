"""S-21: the first password of a new account: one administrator, one coming in, three days, one purpose."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from emr.accounts.models import FacilitySetting, User
from emr.accounts.services import create_user, grant_role
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.signin import services
from emr.signin.models import FirstPassword, StaffSession
from tests.emr.people import make_an, make_department, make_facility
from tests.emr.signin.test_factors import administrator
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db
OWN = "bảy con mèo trên mái"


@pytest.fixture
def admin() -> User:
    return administrator("quan")


@pytest.fixture
def em(admin: User) -> User:
    """A new colleague, whom nobody has ever seen here."""
    user = create_user(
        facility=admin.facility,
        username="em",
        full_name="Đỗ Thị Em",
        staff_code="E1",
        password=None,
        by=admin,
    )
    grant_role(user=user, role="nurse", department=make_department(make_facility()), by=admin)
    return user


def first(word: str, client: Client | None = None) -> Any:
    return (client or Client()).post("/sign-in/", {"username": "em", "password": word})


def test_it_opens_the_page_for_ones_own_password_and_nothing_else(
    admin: User, em: User, client: Client
) -> None:
    word = services.issue_first_password(user=em, by=admin)
    assert first(word.upper().replace("-", " "), client).headers["Location"] == "/account/first-password/"
    for address in (
        "/",
        "/patients/",
        "/account/",
        "/account/password/",
        "/account/second-factor/",
        "/prove/",
    ):
        assert client.get(address).headers["Location"] == "/account/first-password/", address
    assert client.post("/account/pin", {"pin": "739105", "password": word}).status_code == 302
    assert not services.uses_pin(em)
    assert client.get("/", HTTP_HX_REQUEST="true").headers["HX-Redirect"] == "/account/first-password/"
    assert client.get("/account/first-password/").status_code == 200
    assert client.post("/account/first-password/", {"new_password": ""}).status_code == 422
    assert client.post("/account/first-password/", {"new_password": OWN}).status_code == 302
    assert client.get("/").status_code == 200
    em.refresh_from_db()
    assert em.check_password(OWN)
    assert em.came_in_at is not None
    assert not FirstPassword.objects.exists()
    assert client.post("/account/first-password/", {"new_password": "another long enough"}).status_code == 302
    em.refresh_from_db()
    assert em.check_password(OWN), "the page works once"


def test_it_works_once_even_when_nothing_was_chosen(admin: User, em: User) -> None:
    word = services.issue_first_password(user=em, by=admin)
    assert first(word).status_code == 302
    assert first(word).status_code == 422
    # Nobody has a password yet, so one administrator may read out another.
    again = services.issue_first_password(user=em, by=admin)
    assert first(word).status_code == 422
    assert first(again).status_code == 302


def test_a_later_one_kills_the_one_before_and_after_three_days_it_is_dead(admin: User, em: User) -> None:
    old = services.issue_first_password(user=em, by=admin)
    word = services.issue_first_password(user=em, by=admin)
    assert first(old).status_code == 422
    left = FirstPassword.objects.get().expires_at - timezone.now()
    assert dt.timedelta(hours=71) < left <= dt.timedelta(hours=72)
    FirstPassword.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert first(word).status_code == 422


def test_an_account_that_was_in_use_comes_back_by_two_alone(admin: User, em: User) -> None:
    an = make_an()
    with pytest.raises(DomainError) as refusal:
        services.issue_first_password(user=an, by=admin)
    assert refusal.value.code == "in_use"
    word = services.issue_first_password(user=em, by=admin)
    client = Client()
    first(word, client)
    client.post("/account/first-password/", {"new_password": OWN})
    with pytest.raises(DomainError):
        services.issue_first_password(user=em, by=admin)
    assert not FirstPassword.objects.exists()


def test_who_came_in_by_the_hospitals_account_was_in_use_without_a_password(admin: User, em: User) -> None:
    """An administrator can't read themselves a password into somebody's directory account."""
    word = services.issue_first_password(user=em, by=admin)
    request = Client().get("/sign-in/").wsgi_request
    services.begin(request, user=em, method=StaffSession.Method.OIDC)
    assert first(word).status_code == 422
    with pytest.raises(DomainError):
        services.issue_first_password(user=em, by=admin)


def test_it_is_bound_to_its_purpose(admin: User, em: User) -> None:
    """No way into a locked screen, no fresh proof, no code of recovery, and nobody's but the person's."""
    word = services.issue_first_password(user=em, by=admin)
    ward = come_in(make_an())
    ward.post("/lock/")
    assert ward.post("/locked/unlock", {"who": "em", "secret": word}).status_code == 422
    assert Client().post("/sign-in/recover/", {"username": "em", "code": word}).status_code == 422
    assert Client().post("/sign-in/", {"username": "an", "password": word}).status_code == 422
    assert first(word).status_code == 302, "none of that has used it up"


def test_nobody_issues_their_own_and_nothing_readable_is_kept(admin: User, em: User) -> None:
    with pytest.raises(DomainError):
        services.issue_first_password(user=admin, by=admin)
    word = services.issue_first_password(user=em, by=admin)
    kept = str(list(FirstPassword.objects.values())) + str(list(AuditEvent.objects.values()))
    assert word not in kept
    assert word.replace("-", "") not in kept


def test_a_suspended_account_is_not_opened(admin: User, em: User) -> None:
    word = services.issue_first_password(user=em, by=admin)
    User.objects.filter(pk=em.pk).update(is_active=False)
    assert first(word).status_code == 422


def test_the_second_factor_comes_after_ones_own_password(admin: User, em: User, client: Client) -> None:
    FacilitySetting.objects.create(facility=em.facility, name="second_factor_roles", value=["nurse"])
    first(services.issue_first_password(user=em, by=admin), client)
    client.post("/account/first-password/", {"new_password": OWN})
    assert client.get("/").headers["Location"] == "/account/second-factor/"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_one_moment_one_comes_in(admin: User, em: User) -> None:
    word = services.issue_first_password(user=em, by=admin)
    start, codes = threading.Barrier(2), []

    def use() -> None:
        client = Client()
        start.wait()
        try:
            codes.append(first(word, client).status_code)
        finally:
            connection.close()

    both = [threading.Thread(target=use) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(codes) == [302, 422]
    assert StaffSession.objects.filter(user=em).count() == 1
