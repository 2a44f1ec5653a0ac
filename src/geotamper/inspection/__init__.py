"""Detectors behind one protocol, their findings, the answers, and the report as data."""
