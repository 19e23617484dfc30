"""The life of the record: open, completed, countersigned, submitted, checked, archived, lent, disposed of."""
