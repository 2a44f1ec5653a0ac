"""Training: of the networks that answer questions, and in `judges` of the small judges behind the inspector.

The modules load torch, except what names and configures the judges; nothing here is imported before something is
trained or opened.
"""
