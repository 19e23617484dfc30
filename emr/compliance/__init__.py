"""What law asks of an electronic record, each row with its evidence from the running system."""
