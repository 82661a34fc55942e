"""Measuring: question sets, metrics, reports, benchmarks."""
