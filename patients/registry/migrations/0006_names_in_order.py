"""Keys of names end so that the shorter name comes first: words were apart by a space, the end was a bar, behind every letter."""

from django.db import migrations

# In batches of their own transactions, so that nobody waits for a row; run again it finds nothing to do.
END_KEYS_FIRST = """
DO $$
DECLARE
    last bigint := 0;
    upto bigint;
BEGIN
    LOOP
        SELECT max(id) INTO upto FROM (SELECT id FROM registry_patient WHERE id > last ORDER BY id LIMIT 5000) batch;
        EXIT WHEN upto IS NULL;
        UPDATE registry_patient SET sort_key = translate(sort_key, ' |', '- ')
         WHERE id > last AND id <= upto AND strpos(sort_key, '|') > 0;
        last := upto;
        COMMIT;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("registry", "0005_search_behind_the_wall")]
    operations = [migrations.RunSQL(END_KEYS_FIRST, migrations.RunSQL.noop, elidable=True)]
