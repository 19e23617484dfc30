"""The ward round: one patient after the other, what was written, measured and found on one screen."""
