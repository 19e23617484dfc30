"""Every address × every role × own and other department, restricted patient, other facility; leak count 0.

S-01, S-04, S-05, S-09, S-10. What is expected stands in `matrix.csv` for people to review: `make matrix` writes it anew.
"""

import copy
import csv
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from emr.accounts import roles
from emr.accounts.models import User
from emr.accounts.roles import AT_THE_DESK, RIGHTS, Scope
from emr.common.doors import PUBLIC, SIGNED_IN
from tests.emr.accounts.matrix_world import OTHER_PARTS, SITUATIONS, World, build
from tests.emr.accounts.test_door import _right, _views
from tests.emr.people import make_department, make_facility, make_user

pytestmark = pytest.mark.django_db
FILE = Path(__file__).with_name("matrix.csv")
PART = re.compile(r"<(\w+):(\w+)>")
BACKEND = "emr.accounts.backends.StaffBackend"
# They end the session, whose rollback would confuse the next.
_LEAVES = {"signin:sign_out"}
WHO = ["anonymous", "no role", *roles.ROLES]
# One letter a cell: the page opens; it is as if it weren't there; the right is missing; sign in first.
OPEN, HIDDEN, REFUSED, SIGN_IN, NOTHING = "open", "hidden", "refused", "sign-in", "-"

Matrix = dict[tuple[str, str], dict[str, str]]


def _address(name: str, path: str, world: World, situation: str) -> str | None:
    """The address filled with the situation's rows; None: it knows no such situation."""
    filled = "/" + path
    for found in PART.finditer(path):
        part = found[2]
        value = OTHER_PARTS[part](name) if part in OTHER_PARTS else world.row(part, situation)
        if value is None:
            return None
        filled = filled.replace(found[0], value)
    return filled


class Walk:
    """Asks everything once, each time in a transaction that is rolled back, and keeps answers and leaks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.matrix: Matrix = defaultdict(dict)
        self.leaks: list[str] = []
        self.posted: set[str] = set()

    def ask(self, client: Client, name: str, address: str) -> tuple[str, str]:
        """What became of it, and the body. Asked by GET, by POST where that isn't one of its ways."""
        for method in ("get", "post") if name not in self.posted else ("post",):
            cookies = copy.deepcopy(client.cookies)
            with transaction.atomic():
                answer = getattr(client, method)(address)
                transaction.set_rollback(True)
            client.cookies = cookies  # some addresses end or change the session: that is rolled back as well
            if answer.status_code != 405:
                break
            self.posted.add(name)
        body = b"".join(answer) if answer.streaming else answer.content
        where = answer.headers.get("Location", "")
        if answer.status_code == 401 or where.startswith("/sign-in/"):
            return SIGN_IN, ""
        if answer.status_code in {403, 404}:
            return {403: REFUSED, 404: HIDDEN}[answer.status_code], body.decode(errors="replace")
        assert answer.status_code < 500, address
        return OPEN, body.decode(errors="replace") + where

    def of(self, who: str, client: Client, rights: dict[str, object]) -> None:
        """Every address as this person."""
        for name, path, view in _views():
            right = _right(view)
            if right == PUBLIC or name in _LEAVES:
                continue
            holds = who != "anonymous" and (right == SIGNED_IN or right in rights)
            if not holds:
                # Nobody looks whose it is: `test_door.py` tries each of these by GET and POST, and the view isn't entered.
                self._shut(who, name, path)
                continue
            if "<uuid:" not in path:
                self._list(who, client, name, path)
                continue
            # Each role is asked: a view may look for a further right inside, and the rows for who wrote them.
            for situation in SITUATIONS:
                address = _address(name, path, self.world, situation)
                if address is None:
                    self.matrix[name, situation][who] = NOTHING
                    continue
                answer, body = self.ask(client, name, address)
                self.matrix[name, situation][who] = answer
                if answer in {HIDDEN, REFUSED}:
                    self._look(who, name, situation, body, SITUATIONS)
                else:
                    others = [s for s in SITUATIONS if s != situation]
                    self._look(who, name, situation, body, [s for s in others if s in {"restricted", "far"}])
            self._cross(who, client, name, path)

    def _shut(self, who: str, name: str, path: str) -> None:
        answer = SIGN_IN if who == "anonymous" else REFUSED
        if "<uuid:" not in path:
            self.matrix[name, "answer"][who] = answer
        for situation in SITUATIONS:
            known = "<uuid:" in path and _address(name, path, self.world, situation) is not None
            self.matrix[name, situation][who] = answer if known else NOTHING

    def _cross(self, who: str, client: Client, name: str, path: str) -> None:
        """Another patient's child row under one's own patient (S-01, S-03)."""
        parts = [found[2] for found in PART.finditer(path) if found[1] == "uuid"]
        if len(parts) < 2 or name == "patients:registry:merge":  # two patients are what a merge is about
            return
        own, other = (_address(name, path, self.world, situation) for situation in ("own", "other"))
        mine, theirs = self.world.row(parts[-1], "own"), self.world.row(parts[-1], "other")
        assert own is not None
        if other is None or mine is None or theirs is None:
            return
        answer, _body = self.ask(client, name, own.replace(mine, theirs))
        if answer not in {HIDDEN, REFUSED}:
            self.leaks.append(f"{who} {name}: another's {parts[-1]} under one's own")

    def _list(self, who: str, client: Client, name: str, path: str) -> None:
        """An address that names nobody: whom does it show?"""
        address = _address(name, path, self.world, "own")
        assert address is not None
        answer, body = self.ask(client, name, address)
        self.matrix[name, "answer"][who] = answer
        for situation in SITUATIONS:
            shown = any(mark in body for mark in self.world.cases[situation].marks)
            self.matrix[name, situation][who] = "shown" if shown else NOTHING
            if shown and answer in {HIDDEN, REFUSED}:
                self.leaks.append(f"{who} {name}: {situation} in a refusal")

    def _look(self, who: str, name: str, asked: str, body: str, forbidden: object) -> None:
        for situation in forbidden:  # type: ignore[attr-defined]
            for mark in self.world.cases[situation].marks:
                if mark in body:
                    self.leaks.append(f"{who} {name} ({asked}): {mark}")


def _walk() -> Walk:
    walk = Walk(build())
    ward = make_department(make_facility())
    for who in WHO:
        client, rights = Client(), {}
        if who == "inspector":  # whose mandate lists "own"; every other chart is unlisted
            client.force_login(walk.world.inspector, backend=BACKEND)
            rights = dict(User.objects.get(pk=walk.world.inspector.pk).rights)
        elif who != "anonymous":
            user = make_user(
                f"m_{who}".replace(" ", "_"), "Phạm Văn Ai", None if who == "no role" else who, ward
            )
            client.force_login(user, backend=BACKEND)
            rights = dict(user.rights)
        walk.of(who, client, rights)
    return walk


def _lines(matrix: Matrix) -> list[list[str]]:
    """Rows of the file: a route's situations that answer alike stand in one row."""
    lines = [["route", "situation", *WHO]]
    routes: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (name, situation), cells in matrix.items():
        routes[name][situation] = [cells[who] for who in WHO]
    for name in sorted(routes):
        grouped: dict[tuple[str, ...], list[str]] = {}
        for situation, cells in routes[name].items():
            grouped.setdefault(tuple(cells), []).append(situation)
        lines += [
            [name, "+".join(situations), *cells]
            for cells, situations in grouped.items()
            if set(cells) != {NOTHING}
        ]
    return lines


def _wrong(matrix: Matrix) -> list[str]:
    """What no reviewed file may allow: the rules themselves, written down apart from it."""
    rights = {name: _right(view) for name, _path, view in _views()}
    wrong = []
    for (name, situation), cells in matrix.items():
        right = rights[name] or ""
        for who, answer in cells.items():
            if answer not in {OPEN, "shown"} or situation in {"own", "answer"}:
                continue
            desk = who == "registration" and right in AT_THE_DESK
            over_departments = RIGHTS.get(right, {}).get(who) in {Scope.DEPARTMENT, Scope.LISTED}
            of_the_house = right in _HOUSE or right == SIGNED_IN or (who, right) in _JUDGES
            if (
                (situation == "far" and not of_the_house)
                or (situation == "restricted" and not desk and not of_the_house and right not in _MINUTES)
                or (situation == "other" and over_departments and not of_the_house)
            ):
                wrong.append(f"{who} {name}: {situation} {answer}")
    return wrong


# Rights over rows of the house that are nobody's chart. The log tells of everybody, by number and public id alone: that a
# restricted chart was opened is what an auditor looks for.
_HOUSE = {"terminology.manage", "audit.read"}
# Minutes list archive numbers; whose they are is said to whoever reaches the chart (`leaks` looks for the names).
_MINUTES = {"records.dispose", "records.approve_disposal"}
_JUDGES = {("auditor", "oversight.review")}  # look-ups found in the log that they read


@pytest.mark.long  # minutes: `make matrix`, `make test-security`, `make test-long`
@pytest.mark.timeout(1800)
def test_every_answer_is_the_one_that_was_reviewed_and_nothing_leaks() -> None:
    walk = _walk()
    assert not walk.leaks, walk.leaks
    assert not _wrong(walk.matrix), _wrong(walk.matrix)
    lines = _lines(walk.matrix)
    if os.environ.get("MATRIX") == "write":
        with FILE.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
    with FILE.open(encoding="utf-8", newline="") as file:
        reviewed = list(csv.reader(file))
    changed = [line for line in lines if line not in reviewed] + [
        line for line in reviewed if line not in lines
    ]
    assert not changed, changed
