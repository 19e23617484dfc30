"""The hospital's directory (LDAP, Active Directory): the person's own name and password bind to it, over TLS alone.

The bind proves the password; a search as the same person brings the groups. Nothing of the directory is written.
"""

import re
import ssl
import warnings
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from emr.accounts.models import User

with warnings.catch_warnings():
    # ldap3 names things of pyasn1 by their old names.
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import NONE, SUBTREE, Connection, Server, Tls
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

_SECONDS = 4
# What a username of ours may be; anything else isn't asked for, in a name or in a filter.
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,59}")


class DirectoryDown(Exception):
    """The directory doesn't answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """Whom the directory knows by this name and password."""

    username: str
    groups: list[str] = field(default_factory=list)


def is_set_up() -> bool:
    """Whether the hospital has named its directory."""
    return bool(settings.EMR_LDAP_URL)


def ask(username: str, password: str) -> DirectoryPerson | None:
    """The person, or None when name and password don't fit. Raises DirectoryDown."""
    # A bind without a password succeeds as nobody (RFC 4513, 5.1.2).
    if not password or not _USERNAME.fullmatch(username):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return _asked(username, password)
    except (LDAPException, OSError, ssl.SSLError) as error:
        raise DirectoryDown(type(error).__name__) from error


def _asked(username: str, password: str) -> DirectoryPerson | None:
    url = settings.EMR_LDAP_URL
    tls = Tls(
        validate=ssl.CERT_REQUIRED,
        version=ssl.PROTOCOL_TLS_CLIENT,
        ca_certs_file=settings.EMR_LDAP_CA or None,
    )
    is_secure = url.lower().startswith("ldaps://")
    server = Server(url, use_ssl=is_secure, tls=tls, connect_timeout=_SECONDS, get_info=NONE)
    name = settings.EMR_LDAP_BIND.format(username=escape_rdn(username))
    connection = Connection(server, user=name, password=password, receive_timeout=_SECONDS, read_only=True)
    connection.open()
    try:
        if not is_secure and not connection.start_tls():
            raise DirectoryDown("no TLS")
        if not connection.bind():
            return None
        return DirectoryPerson(username, _groups(connection, username))
    finally:
        connection.unbind()


def _groups(connection: Connection, username: str) -> list[str]:
    """The groups that the entry names (memberOf), and those that name the entry: whole names and first parts."""
    wanted = settings.EMR_LDAP_FILTER.format(username=escape_filter_chars(username))
    connection.search(settings.EMR_LDAP_BASE, wanted, SUBTREE, attributes=["memberOf"])
    if len(connection.entries) != 1:
        return []
    entry = connection.entries[0]
    names = [str(name) for name in entry.memberOf.values] if "memberOf" in entry else []
    mine = escape_filter_chars(entry.entry_dn)
    connection.search(
        settings.EMR_LDAP_BASE, f"(|(member={mine})(uniqueMember={mine}))", SUBTREE, attributes=["cn"]
    )
    names += [found.entry_dn for found in connection.entries]
    short = [name.split(",", 1)[0].partition("=")[2] for name in names]
    return sorted({*names, *short})


class DirectoryBackend(ModelBackend):
    """Asked after the house's own passwords: those work while the directory is away."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_named: object,
    ) -> User | None:
        """The member of staff whom the directory knows; nobody is made a member by it."""
        if not is_set_up() or not username or not password:
            return None
        name = username.strip().lower()
        try:
            person = ask(name, password)
        except DirectoryDown:
            if request is not None:
                request.is_directory_down = True  # type: ignore[attr-defined]
            return None
        user = User.objects.filter(username=name, is_active=True).first() if person is not None else None
        if user is not None and person is not None:
            user.directory_groups = person.groups  # type: ignore[attr-defined]
        return user
