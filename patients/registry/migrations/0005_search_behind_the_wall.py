"""The search by name as functions of the tables' owner: behind a policy the application's role gets no trigram index."""

from django.db import migrations

# Text first, so that PostgreSQL plans each search for the words it has; a test reads the same text's plan.
FUNCTIONS = r"""
CREATE FUNCTION registry_own_rows() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE coalesce(current_setting('emr.facility', true), '')
        WHEN '' THEN 'false' WHEN 'all' THEN 'true'
        ELSE format('facility_id = %s', current_setting('emr.facility', true)::bigint) END
$$;

CREATE FUNCTION registry_named_statement(words text[], year int, born date, before bigint, most int) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT 'SELECT id FROM public.registry_patient WHERE ' || public.registry_own_rows()
        || coalesce((SELECT string_agg(format(
                $text$ AND (coalesce(' ', '') || coalesce(search_name, '')) LIKE %L$text$,
                '% ' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'), '') FROM unnest(words) AS word), '')
        || CASE WHEN year IS NULL THEN '' ELSE format(' AND birth_year = %s', year) END
        || CASE WHEN born IS NULL THEN '' ELSE format(' AND birth_date = %L', born) END
        || CASE WHEN before IS NULL THEN '' ELSE format(' AND id < %s', before) END
        || format(' ORDER BY id DESC LIMIT %s', most)
$$;

CREATE FUNCTION registry_named(words text[], year int, born date, before bigint, most int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE public.registry_named_statement(words, year, born, before, most);
END $$;

CREATE FUNCTION registry_alike_statement(wanted text, year int, most int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'SELECT id FROM public.registry_patient WHERE ' || public.registry_own_rows()
        || format($text$ AND (coalesce(' ', '') || coalesce(search_name, '')) %%> %L$text$, wanted)
        || CASE WHEN year IS NULL THEN '' ELSE format(' AND birth_year = %s', year) END
        || format(' ORDER BY public.word_similarity(%L, search_name) DESC, id DESC LIMIT %s', wanted, most)
$$;

CREATE FUNCTION registry_alike(wanted text, year int, most int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE ROWS 20 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET pg_trgm.word_similarity_threshold = 0.6 AS $$
BEGIN
    RETURN QUERY EXECUTE public.registry_alike_statement(wanted, year, most);
END $$;
"""

REMOVE = """
DROP FUNCTION registry_alike, registry_alike_statement, registry_named, registry_named_statement, registry_own_rows;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_reach")]

    operations = [migrations.RunSQL(FUNCTIONS, REMOVE)]
