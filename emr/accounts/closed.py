"""What a closed record lets through (R-24): reading, printing and signing, what came late, and the record's own life.

A right that isn't named here changes nothing in it.
"""

from emr.accounts.roles import WHEN_LISTED

WHEN_CLOSED = WHEN_LISTED | frozenset(
    {
        "attestations.hand_over",
        "attestations.issue",
        "attestations.read",
        "bedside.read",
        "bundles.approve",
        "bundles.extract",
        "bundles.make",
        "bundles.read",
        "completeness.oversee",
        "completeness.override",
        "completeness.read",
        "documents.append",
        "documents.oversee",
        "documents.print",
        "medicines.read",
        "monitors.read",
        "performing.imaging",
        "performing.laboratory",
        "performing.release",
        "records.approve_disposal",
        "records.approve_loan",
        "records.archive",
        "records.check",
        "records.complete",
        "records.countersign",
        "records.dispose",
        "records.keep",
        "records.lend",
        "records.oversee",
        "records.read",
        "records.reopen",
        "records.submit",
        "results.acknowledge",
        "results.compose",
        "results.print",
        "results.take_back",
        "specimens.receive",
    }
)
