"""Rights of this room."""

ANSWER = "oversight.answer"
"""Say who opened a patient's chart, from the chart."""

REVIEW = "oversight.review"
"""Work off the lists of look-ups that somebody should ask about."""
