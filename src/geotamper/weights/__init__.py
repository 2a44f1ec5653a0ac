"""Fitted numbers that come with the package, each with a card beside it."""
