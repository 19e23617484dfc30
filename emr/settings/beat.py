"""What the machine does by the clock; each may run twice and be killed at any line."""

SCHEDULE = {
    "outbox-sweep": {
        "task": "emr.outbox.tasks.sweep",
        "schedule": 10.0,
        "options": {"queue": "sync", "expires": 10},
    },
    "audit-link": {
        "task": "emr.audit.tasks.link",
        "schedule": 2.0,
        "options": {"queue": "sync", "expires": 4},
    },
    "audit-partitions": {
        "task": "emr.audit.tasks.prepare_partitions",
        "schedule": 6 * 3600.0,
        "options": {"queue": "sync", "expires": 3600},
    },
    "outbox-forget": {
        "task": "emr.outbox.tasks.forget_done",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "notices-tend": {
        "task": "emr.notices.tasks.tend",
        "schedule": 15.0,
        "options": {"queue": "sync", "expires": 15},
    },
    "notices-watch": {
        "task": "emr.notices.tasks.watch",
        "schedule": 60.0,
        "options": {"queue": "sync", "expires": 60},
    },
    **{
        f"pulse-{queue}": {
            "task": "emr.watching.tasks.beat",
            "args": [f"queue {queue}"],
            "schedule": 20.0,
            "options": {"queue": queue, "expires": 20},
        }
        for queue in ("interactive", "bulk", "sync", "deliver")
    },
    "look-around": {
        "task": "emr.watching.tasks.look_around",
        "schedule": 30.0,
        "options": {"queue": "sync", "expires": 30},
    },
    "messages-empty": {
        "task": "integrations.transport.tasks.empty_old_messages",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "launch-forget": {
        "task": "integrations.launch.tasks.forget_old_launches",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "signin-forget": {
        "task": "emr.signin.tasks.forget_ended",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 300},
    },
    "certificates-end": {
        "task": "signatures.providers.tasks.warn_of_expiry",
        "schedule": 6 * 3600.0,
        "options": {"queue": "bulk", "expires": 3600},
    },
    "timestamps-owed": {
        "task": "signatures.signing.tasks.ask_for_timestamps",
        "schedule": 60.0,
        "options": {"queue": "sync", "expires": 60},
    },
    "levels-owed": {
        "task": "signatures.preserving.tasks.raise_levels",
        "schedule": 60.0,
        "options": {"queue": "sync", "expires": 60},
    },
    "levels-night": {
        "task": "signatures.preserving.tasks.look_ahead",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "lookups": {
        "task": "patients.oversight.tasks.look_through",
        "schedule": 15 * 60.0,
        "options": {"queue": "bulk", "expires": 15 * 60},
    },
    "ward-packs": {
        "task": "encounters.bedside.tasks.make_packs",
        "schedule": 30 * 60.0,
        "options": {"queue": "bulk", "expires": 30 * 60},
    },
    "completeness-remind": {
        "task": "encounters.completeness.tasks.remind",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "audit-seal": {
        "task": "signatures.sealing.tasks.seal_days",
        "schedule": 15 * 60.0,
        "options": {"queue": "bulk", "expires": 15 * 60},
    },
    "neighbours-fetch": {
        "task": "integrations.hl7v2.tasks.fetch",
        "schedule": 5.0,
        "options": {"queue": "deliver", "expires": 5},
    },
    "medicines-ahead": {
        "task": "encounters.medicines.tasks.look_ahead",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3600},
    },
    "monitors-forget": {
        "task": "integrations.monitors.tasks.forget_unconfirmed",
        "schedule": 86400.0,
        "options": {"queue": "bulk"},
    },
    "his-waiting": {
        "task": "integrations.hl7v2.tasks.expire_waiting",
        "schedule": 15.0,
        "options": {"queue": "sync", "expires": 15},
    },
}
