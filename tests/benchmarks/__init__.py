"""Benchmarks against the sandbox, beside what a user would pick instead: `make benchmark`."""
