"""The statements that find look-ups in a stretch of the log. Each answers the same columns, once a key.

%(…)s: facility, since, until, zone, looks (the verbs), everywhere (people whose right reaches the whole facility), and
the facility's own limits.
"""

# What somebody did to see a chart; writing needs a chart too, and is told by its own lines.
VERBS = ["read", "open", "list", "history", "print", "export"]

_LOOKS = """
WITH looks AS (
    SELECT e.agent_id, COALESCE(p.merged_into_id, p.id) AS person, e.recorded_at AS at,
           e.recorded_at AT TIME ZONE %(zone)s AS local
    FROM audit_event e JOIN registry_patient p ON p.id = e.patient_id
    WHERE e.recorded_at >= %(since)s AND e.recorded_at < %(until)s AND e.facility_id = %(facility)s
      AND e.outcome = 'success' AND e.agent_id IS NOT NULL AND split_part(e.action, '.', 2) = ANY(%(looks)s)
), days AS (
    SELECT agent_id, person, local::date AS day, min(at) AS first, max(at) AS last, count(*) AS looks
    FROM looks GROUP BY 1, 2, 3
)
"""

_MASS = """
SELECT 'mass:' || agent_id || ':' || to_char(local, 'YYYY-MM-DD"T"HH24'), agent_id, NULL::bigint,
       min(at), max(at), count(DISTINCT person), count(*)
FROM looks GROUP BY agent_id, to_char(local, 'YYYY-MM-DD"T"HH24')
HAVING count(DISTINCT person) > %(mass)s
"""

# Care begun within a day of the look counts, since the desk opens a chart to begin a visit; so does a role entered late.
_NEVER_TREATED = """
SELECT 'never-treated:' || agent_id || ':' || person || ':' || day, agent_id, person, first, last, 1, looks
FROM days d
WHERE NOT EXISTS (
    SELECT 1 FROM registry_carecontext c
    WHERE c.patient_id IN (SELECT id FROM registry_patient WHERE id = d.person OR merged_into_id = d.person)
      AND c.starts_at < d.last + interval '1 day'
      AND (c.ends_at IS NULL OR c.ends_at > d.first - make_interval(days => %(care_days)s))
      AND (d.agent_id = ANY(%(everywhere)s) OR c.practitioner_id = d.agent_id OR EXISTS (
          SELECT 1 FROM accounts_practitionerrole r
          WHERE r.user_id = d.agent_id AND r.department_id = c.department_id
            AND r.starts_at < d.last + interval '1 day' AND (r.ends_at IS NULL OR r.ends_at > d.first)))
)
"""

_OFF_DUTY = """
SELECT 'off-duty:' || agent_id || ':' || local::date, agent_id, NULL::bigint,
       min(at), max(at), count(DISTINCT person), count(*)
FROM looks l
WHERE NOT (EXTRACT(hour FROM local) >= %(day_begins)s AND EXTRACT(hour FROM local) < %(day_ends)s)
  AND NOT EXISTS (
    SELECT 1 FROM accounts_practitionerrole r
    WHERE r.user_id = l.agent_id AND r.role = ANY(%(night_roles)s)
      AND r.starts_at < l.at + interval '1 day' AND (r.ends_at IS NULL OR r.ends_at > l.at))
GROUP BY agent_id, local::date
"""

_STAFF_AS_PATIENTS = """
SELECT CASE WHEN u.id = d.agent_id THEN 'own-chart:' ELSE 'colleague:' END
         || d.agent_id || ':' || d.person || ':' || d.day,
       d.agent_id, d.person, min(d.first), max(d.last), 1, max(d.looks)
FROM days d
JOIN registry_patient p ON p.id = d.person OR p.merged_into_id = d.person
JOIN registry_identifier i ON i.patient_id = p.id AND i.system = %(citizen)s
JOIN accounts_user u ON u.citizen_number = i.value AND u.citizen_number <> '' AND u.facility_id = %(facility)s
GROUP BY d.agent_id, d.person, d.day, u.id
"""

ALL = tuple(_LOOKS + finding for finding in (_MASS, _NEVER_TREATED, _OFF_DUTY, _STAFF_AS_PATIENTS))
