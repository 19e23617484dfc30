"""Rights of this room."""

READ = "records.read"
"""See where records stand, and what became of them."""

COMPLETE = "records.complete"
"""The doctor says that the record is complete: from then on nothing is written on it."""

COUNTERSIGN = "records.countersign"
"""The head of department takes it over, or gives it back."""

SUBMIT = "records.submit"
"""Hand it in at the planning office."""

CHECK = "records.check"
"""Accept what was handed in, or return it with its faults."""

ARCHIVE = "records.archive"
"""Give it its archive number."""

REOPEN = "records.reopen"
"""Open a closed record again, with a reason that shows for ever."""

KEEP = "records.keep"
"""Look after the paper folder, legal holds and how long records are kept."""

LEND = "records.lend"
"""Prepare the lending of an archived record, and take it back."""

APPROVE_LOAN = "records.approve_loan"
"""Let somebody else's lending come into force."""

OVERSEE = "records.oversee"
"""See which records are late, by doctor and department, and take the list away."""

DISPOSE = "records.dispose"
"""See which records' time is over and put them down in minutes."""

APPROVE_DISPOSAL = "records.approve_disposal"
"""Approve the disposal of records that somebody else put down; it takes two."""
