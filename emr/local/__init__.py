"""Services of a machine that has none: PostgreSQL, a broker and a supervisor for one checkout. Below everything else."""
