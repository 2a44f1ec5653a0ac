"""Loops that array code cannot express without going through memory many times, compiled by numba."""
