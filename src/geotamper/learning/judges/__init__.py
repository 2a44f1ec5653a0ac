"""Training of the small judges behind the inspector: what an object is, and which of two regions is the copy.

A folder per judge; `registry` knows them by name. Nothing here loads torch before a judge that needs it is trained.
"""
