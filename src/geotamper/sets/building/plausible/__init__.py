"""Forgeries that a person would believe: where an object may go, how large, how turned, and how its edge is joined."""
