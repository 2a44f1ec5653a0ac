"""The service: inspections over REST, kept in a folder, worked off by processes of their own.

Needs the extra "serve"; only `geotamper.serving.requirement` can be imported without it.
"""
