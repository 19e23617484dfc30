"""Who reaches whom is answered by two functions: a page that asks pays neither for putting the statement together nor
for PostgreSQL's planning it anew, and a ward's list reads the ward's open care, not the hospital's history.

`who` is what the door knows of the person: {"facility", "person", "departments": [ids], "roles": [[code, department
id]], "at": instant, "emergency": bool, "listed": bool, "one_stay": bool, "anywhere": bool, "desk": bool}.
"""

from django.db import migrations

# The care that opens patients to this person. Of a restricted one the department alone is no reason: only its roles that
# the facility names. Emergency access, names and lists give no days after their end. What a mandate lists counts for reading
# alone, a single stay for what belongs to it.
_OPENING = """
    SELECT COALESCE(p.merged_into_id, p.id)
    FROM registry_carecontext c JOIN registry_patient p ON p.id = c.patient_id
    WHERE c.facility_id = facility
      AND {among}
      AND (c.practitioner_id = person AND (
              c.reason NOT IN ('listed', 'listed-closely')
              OR listed AND (c.only_stay IS NULL OR one_stay)
                  AND (c.reason = 'listed-closely' OR p.confidentiality = 'N'))
          OR c.department_id = ANY(departments) AND (
          p.confidentiality = 'N' OR p.confidentiality = 'R' AND c.department_id = ANY(named_departments)))
      AND c.starts_at <= moment
      AND (c.ends_at IS NULL OR c.ends_at > CASE
          WHEN c.reason IN ('break-glass', 'named', 'listed', 'listed-closely') THEN moment ELSE lately END)
      AND (c.reason <> 'break-glass' OR emergency)
"""

_KNOWN = """
    facility bigint := who -> 'facility';
    person bigint := who -> 'person';
    moment timestamptz := who ->> 'at';
    emergency boolean := who -> 'emergency';
    listed boolean := who -> 'listed';
    one_stay boolean := who -> 'one_stay';
    departments bigint[] := ARRAY(SELECT jsonb_array_elements(who -> 'departments')::bigint);
    rule jsonb := COALESCE((
        SELECT value FROM accounts_facilitysetting s WHERE s.facility_id = facility AND name = 'restricted_reach'), '{}');
    named_departments bigint[] := ARRAY(
        SELECT (held -> 1)::bigint FROM jsonb_array_elements(who -> 'roles') held
        WHERE COALESCE(rule -> 'department', '["head_of_department", "head_nurse"]') ? (held ->> 0));
    lately timestamptz := moment - make_interval(days => COALESCE((
        SELECT value::int FROM accounts_facilitysetting s WHERE s.facility_id = facility AND name = 'care_days'), 30));
"""

# Each branch of the OR has its index; together they are more than fits, never less.
_OF_THIS_PERSON = """(
          c.department_id = ANY(departments) AND c.ends_at IS NULL
          OR c.department_id = ANY(departments) AND c.ends_at > lately
          OR c.practitioner_id = person AND c.ends_at IS NULL
          OR c.practitioner_id = person AND c.ends_at > lately)"""

PEOPLE_IN_CARE = f"""
CREATE FUNCTION registry_people_in_care(who jsonb) RETURNS SETOF bigint LANGUAGE plpgsql STABLE ROWS 200 AS $$
DECLARE {_KNOWN}
    roots bigint[];
BEGIN
    roots := ARRAY(SELECT DISTINCT root FROM ({_OPENING.format(among=_OF_THIS_PERSON)}) AS opening (root));
    RETURN QUERY SELECT unnest(roots)
        UNION SELECT m.id FROM registry_patient m WHERE m.merged_into_id = ANY(roots);
END $$;
"""  # noqa: S608  our own text

_OF_THIS_PATIENT = (
    "c.patient_id IN (SELECT r.id FROM registry_patient r WHERE r.id = root OR r.merged_into_id = root)"
)

REACHES = f"""
CREATE FUNCTION registry_reaches(patient bigint, who jsonb) RETURNS boolean LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE {_KNOWN}
    root bigint;
    own text;
BEGIN
    SELECT COALESCE(p.merged_into_id, p.id), p.confidentiality INTO root, own
    FROM registry_patient p WHERE p.id = patient AND p.facility_id = facility;
    IF (who -> 'anywhere')::boolean AND (
        own = 'N'
        OR (who -> 'desk')::boolean AND EXISTS (
            SELECT FROM jsonb_array_elements(who -> 'roles') held
            WHERE COALESCE(rule -> 'desk', '["registration"]') ? (held ->> 0))
        OR own = 'R' AND EXISTS (
            SELECT FROM jsonb_array_elements(who -> 'roles') held
            WHERE COALESCE(rule -> 'facility', '[]') ? (held ->> 0))
    ) THEN
        RETURN true;
    END IF;
    RETURN EXISTS ({_OPENING.format(among=_OF_THIS_PATIENT)});
END $$;
"""  # noqa: S608  our own text

EMERGENCY = """
CREATE FUNCTION registry_emergency_until(patient bigint, person bigint, moment timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE COST 1000 AS $$
BEGIN
    RETURN (
        SELECT max(c.ends_at) FROM registry_carecontext c JOIN registry_patient p ON p.id = c.patient_id
        WHERE c.practitioner_id = person AND c.reason = 'break-glass' AND c.starts_at <= moment AND c.ends_at > moment
          AND COALESCE(p.merged_into_id, p.id) = (
              SELECT COALESCE(r.merged_into_id, r.id) FROM registry_patient r WHERE r.id = patient));
END $$;
"""

BEFORE = """
DROP FUNCTION registry_emergency_until(bigint, bigint, timestamptz);
DROP FUNCTION registry_people_in_care(jsonb);
DROP FUNCTION registry_reaches(bigint, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_carecontext_only_stay")]

    operations = [migrations.RunSQL([PEOPLE_IN_CARE, REACHES, EMERGENCY], BEFORE)]
