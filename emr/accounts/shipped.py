"""The release's roles become rows: after every migration, as the owner of the tables."""

from django.apps import AppConfig
from django.db import connections, transaction

from emr.accounts import roles
from emr.accounts.models import Role, RoleGrant


def load_after_migrate(sender: AppConfig, using: str, **_kwargs: object) -> None:
    """What `migrate` calls; nothing happens while the tables aren't there."""
    if Role._meta.db_table in connections[using].introspection.table_names():
        load_shipped_roles(using=using)


def load_shipped_roles(*, using: str = "default") -> int:
    """Make the shipped bundles say what this release's table says; answers how many rows changed. Twice equals once."""
    with transaction.atomic(using=using):
        changed = _load_roles(using)
        for role in Role.objects.using(using).filter(facility=None):
            changed += _load_grants(using, role)
        return changed


def _load_roles(using: str) -> int:
    present = set(Role.objects.using(using).filter(facility=None).values_list("code", flat=True))
    wanted = [Role(code=code, name=code) for code in roles.ROLES if code not in present]
    return len(Role.objects.using(using).bulk_create(wanted))


def _load_grants(using: str, role: Role) -> int:
    wanted = {right: scope.value for right, scope in roles.ROLES.get(role.code, {}).items()}
    rows = RoleGrant.objects.using(using).filter(role=role)
    present = dict(rows.values_list("right", "scope"))
    stale = [right for right, scope in present.items() if wanted.get(right) != scope]
    fresh = [RoleGrant(role=role, right=r, scope=s) for r, s in wanted.items() if present.get(r) != s]
    if stale:
        rows.filter(right__in=stale).delete()
    RoleGrant.objects.using(using).bulk_create(fresh)
    return len(stale) + len(fresh)
