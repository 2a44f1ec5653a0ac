"""The service: inspections over REST, kept in a folder, worked off by processes of their own.

Needs the extra "serve"; `geotamper.serving.requirement` tells whether it is there.
"""
