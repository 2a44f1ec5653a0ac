"""Training of the networks that answer questions: data, losses, schedules, the Lightning task and runs.

The modules load torch; nothing here is imported before a network is trained or opened.
"""
