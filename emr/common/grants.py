"""What the application's role may do: never DDL, never a change of what is append-only."""

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, models
from psycopg import sql


def _rights(model: type[models.Model]) -> str:
    """A model's own `application_grants`, else what its `append_only` allows."""
    if own := getattr(model, "application_grants", ""):
        return str(own)
    return "SELECT, INSERT" if getattr(model, "append_only", False) else "SELECT, INSERT, UPDATE, DELETE"


# django-pgtrigger lets any session switch triggers off by a setting. Ours keep invariants: nobody switches them off; and
# its function, which opens a subtransaction for every row, cost more than what the triggers do.
_NEVER_IGNORE = """
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false'
"""


def grant_after_migrate(sender: AppConfig, using: str, **_kwargs: object) -> None:
    """Grant the application's role its rights on the tables of the app just migrated (runs as their owner)."""
    connection = connections[using]
    if not settings.EMR_APPLICATION_ROLE or connection.settings_dict["USER"] == settings.EMR_APPLICATION_ROLE:
        return
    role = sql.Identifier(settings.EMR_APPLICATION_ROLE)
    existing = set(connection.introspection.table_names())
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {role}").format(role=role),
        sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}").format(role=role),
        sql.SQL("GRANT SELECT ON django_migrations TO {role}").format(role=role),
        sql.SQL(_NEVER_IGNORE),
    ]
    for model in apps.get_app_config(sender.label).get_models(include_auto_created=True):
        if model._meta.db_table in existing:
            table = sql.Identifier(model._meta.db_table)
            statements += [
                sql.SQL("REVOKE ALL ON {table} FROM {role}").format(table=table, role=role),
                sql.SQL("GRANT {rights} ON {table} TO {role}").format(
                    rights=sql.SQL(_rights(model)), table=table, role=role
                ),
            ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
