"""Who does what in the life of a record: the shipped bundles' part about papers, gaps, files and the archive."""

from emr.accounts.scopes import D, F, L, Scope

OF_RECORDS: dict[str, dict[str, Scope]] = {
    # encounters.completeness: what records lack
    "completeness.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
    },
    "completeness.oversee": {
        "head_of_department": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
    },
    "completeness.override": {"head_of_department": D, "planning": F},
    "completeness.rules": {"planning": F},
    # encounters.bundles: closed records as files, extracts of them
    "bundles.read": {"records": F, "planning": F, "director": F},
    "bundles.make": {"records": F, "planning": F},
    "bundles.extract": {"records": F, "planning": F, "director": F},
    "bundles.approve": {"planning": F, "director": F},
    # encounters.scanning: paper that comes in
    "scanning.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
        "inspector": L,
    },
    "scanning.upload": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D, "records": F},
    "scanning.check": {"head_of_department": D, "head_nurse": D, "records": F},
    # encounters.attestations: papers handed out with a number
    "attestations.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "records": F,
        "planning": F,
        "director": F,
    },
    "attestations.issue": {"doctor": D, "head_of_department": D},
    "attestations.hand_over": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "registration": F,
        "records": F,
    },
    "attestations.configure": {"records": F, "planning": F},
    # encounters.records: the life of the record
    "records.read": {
        "doctor": D,
        "head_of_department": D,
        "nurse": D,
        "head_nurse": D,
        "records": F,
        "planning": F,
        "director": F,
    },
    "records.complete": {"doctor": D, "head_of_department": D},
    "records.countersign": {"head_of_department": D},
    "records.submit": {"doctor": D, "head_of_department": D, "nurse": D, "head_nurse": D},
    "records.check": {"planning": F},
    "records.archive": {"records": F, "planning": F},
    "records.reopen": {"planning": F, "director": F},
    "records.keep": {"records": F},
    "records.lend": {"records": F},
    "records.approve_loan": {"planning": F, "director": F},
    "records.dispose": {"records": F, "planning": F, "director": F},
    "records.approve_disposal": {"planning": F, "director": F},
    "records.oversee": {"head_of_department": D, "records": F, "planning": F, "director": F},
}
