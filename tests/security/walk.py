"""Every address of the front door with a row behind it, and the first of the demo's people who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client

from emr.accounts.models import User
from emr.common.doors import PUBLIC, SIGNED_IN
from tests.journeys.test_every_page import PREFERRED, _addresses, _views


@dataclass(frozen=True)
class Door:
    """One address, and who opens it; nobody for a page before sign-in."""

    name: str
    address: str
    username: str
    right: str


def doors(people: dict[str, User]) -> Iterator[Door]:
    """All of them."""
    first = [*PREFERRED, *(username for username in people if username not in PREFERRED)]
    for name, path, view in _views():
        right = str(getattr(view, "required_right", None))
        if right == PUBLIC:
            who = ""
        else:
            who = next(
                (username for username in first if right == SIGNED_IN or people[username].has_right(right)),
                "",
            )
        for address in _addresses(name, path):
            yield Door(name, address, who, right)


def clients(people: dict[str, User], **options: Any) -> dict[str, Client]:
    """Everybody signed in, and "" who isn't."""
    found = {"": Client(raise_request_exception=False, **options)}
    for username, user in people.items():
        found[username] = Client(raise_request_exception=False, **options)
        found[username].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found
