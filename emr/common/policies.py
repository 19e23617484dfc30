"""The wall's stones: a row-level security policy on every clinical table, made from the models.

The houses of patients stand behind it: there a model with a `facility` needs to say nothing, one whose parent has it names
it (`walled_by = "document"`), one that stays outside says why (`outside_the_wall = "…"`). The house of the staff stands
outside; a model of it that is clinical nevertheless says where its facility is (`facility_sql = "…"`, or `walled_by`).
"""

from typing import Any, cast

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

POLICY = "facility_wall"
HOUSES_BEHIND_IT = ("patients.", "encounters.", "signatures.", "integrations.")
# Written out: as subqueries these are asked once a statement instead of once a row, but planning them costs a short
# statement half its time again.
_MINE = "nullif(nullif(current_setting('emr.facility', true), ''), 'all')::bigint"
_ALL = "current_setting('emr.facility', true) = 'all'"


def _parent(model: type[models.Model]) -> str:
    """The field that leads to the row whose policy holds for this one; of a many-to-many's table its owner's."""
    owner = cast("type[models.Model] | None", model._meta.auto_created or None)
    if owner is not None:
        return str(owner._meta.model_name) if is_walled(owner) else ""
    return str(getattr(model, "walled_by", ""))


def is_clinical(model: type[models.Model]) -> bool:
    """Whether the model lives in a house of patients."""
    return model._meta.app_config.name.startswith(HOUSES_BEHIND_IT)


def is_walled(model: type[models.Model]) -> bool:
    """Whether the model's rows belong to facilities, are clinical, and aren't left outside."""
    if getattr(model, "outside_the_wall", ""):
        return False
    if _parent(model) or getattr(model, "facility_sql", ""):
        return True
    return is_clinical(model) and has_facility(model)


def has_facility(model: type[models.Model]) -> bool:
    """Whether the table says whose each row is."""
    return any(field.column == "facility_id" for field in model._meta.concrete_fields)


def _conditions(model: type[models.Model]) -> tuple[str, str]:
    """(which rows are seen, which may be written)."""
    if parent := _parent(model):
        field = cast("models.ForeignKey[Any, Any]", model._meta.get_field(parent))
        above = field.remote_field.model._meta
        table, key = above.db_table, above.pk.column
        # The parent's own policy holds inside.
        seen = (
            f'EXISTS (SELECT 1 FROM "{table}" p WHERE p."{key}" = "{model._meta.db_table}"."{field.column}")'  # noqa: S608
        )
        return seen, seen
    whose = str(getattr(model, "facility_sql", "facility_id"))
    written = f"{whose} = {_MINE} OR {_ALL}"
    # A row that is every facility's (a form of the ministry's) all may see, and none may write but who works for all.
    shared = has_facility(model) and model._meta.get_field("facility").null
    return (f"{whose} IS NULL OR {written}" if shared else written), written


def wanted_policies(app_label: str | None = None) -> dict[str, str]:
    """{table: the statement's body} for the models (of one app)."""
    within = apps.get_app_config(app_label) if app_label else apps
    found = within.get_models(include_auto_created=True)
    wanted = {}
    for model in found:
        if is_walled(model):
            seen, written = _conditions(model)
            wanted[model._meta.db_table] = f"USING ({seen}) WITH CHECK ({written})"
    return wanted


_STANDING = """
SELECT c.relname, coalesce(obj_description(p.oid, 'pg_policy'), ''), c.relrowsecurity
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE p.polname = %s AND c.relnamespace = 'public'::regnamespace
"""


def _standing(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, bool]]:
    """{table with a policy: (its text, whether it is in force)}."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [POLICY])
        return {table: (text, in_force) for table, text, in_force in cursor.fetchall()}


def _others_work(connection: BaseDatabaseWrapper) -> bool:
    """Whether a program of the application is connected: perhaps one that doesn't know the wall yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = %s)",
            [settings.EMR_APPLICATION_ROLE],
        )
        return bool(cursor.fetchone()[0])


def _build(connection: BaseDatabaseWrapper, table: str, text: str) -> None:
    policy, name = sql.Identifier(POLICY), sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(policy, name))
        cursor.execute(sql.SQL("CREATE POLICY {} ON {} ").format(policy, name) + sql.SQL(text))
        cursor.execute(sql.SQL("COMMENT ON POLICY {} ON {} IS {}").format(policy, name, sql.Literal(text)))


def _take_away(connection: BaseDatabaseWrapper, table: str) -> None:
    """The model stands outside now."""
    put_in_force(connection, [table], up=False)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(POLICY), sql.Identifier(table)))


def put_in_force(connection: BaseDatabaseWrapper, tables: list[str], *, up: bool) -> None:
    """Raise or lower the wall of these tables; the owner's connection alone may."""
    verb = sql.SQL("ENABLE" if up else "DISABLE")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                sql.SQL("ALTER TABLE {} {} ROW LEVEL SECURITY").format(sql.Identifier(table), verb)
            )


def wall_after_migrate(sender: AppConfig, using: str, **_kwargs: object) -> None:
    """Build the policies of the app just migrated (runs as the tables' owner).

    They come into force at once where the wall stands already or nobody works: a program of an earlier version, which
    tells the database nothing, would see empty tables. Else `manage.py wall raise`, when all programs are restarted.
    """
    connection = connections[using]
    if not settings.EMR_APPLICATION_ROLE or connection.settings_dict["USER"] == settings.EMR_APPLICATION_ROLE:
        return
    wanted = wanted_policies(sender.label)
    existing, standing = set(connection.introspection.table_names()), _standing(connection)
    for model in sender.get_models(include_auto_created=True):
        if (table := model._meta.db_table) in standing and table not in wanted:
            _take_away(connection, table)
    for table, text in wanted.items():
        if table in existing and standing.get(table, ("", False))[0] != text:
            _build(connection, table, text)
    if any(in_force for _text, in_force in standing.values()) or not _others_work(connection):
        low = [t for t in wanted if t in existing and not standing.get(t, ("", False))[1]]
        put_in_force(connection, low, up=True)


def gaps(using: str = "default") -> list[str]:
    """Tables whose policy is missing, another than the models', or not in force."""
    standing = _standing(connections[using])
    return sorted(
        table for table, text in wanted_policies().items() if standing.get(table, ("", False)) != (text, True)
    )
