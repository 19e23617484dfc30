"""Paper, both, electronic: from which day each ward keeps its records how, and under which rules."""
