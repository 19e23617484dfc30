"""`make bench`: how fast the house is, as ratios to floors measured in the same run (docs/benchmarks.md)."""
