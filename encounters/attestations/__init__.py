"""Papers handed out with a number: discharge paper, summary, sick leave, referral, appointment, death notice."""
