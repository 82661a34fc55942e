"""Evaluation: question sets, metrics, reports, benchmarks."""
