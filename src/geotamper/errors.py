"""The one family of errors that geotamper raises on purpose.

Every message says what was given, what was expected and what to do about it; the command line prints it as
one line and exits with 1.
"""


class GeotamperError(Exception):
    """Base of all errors that are the input's fault or the caller's, never a bug."""


class InputError(GeotamperError):
    """A picture, mask, report or folder cannot be used as given."""


class OutputError(GeotamperError):
    """A result cannot be written where it was asked for."""


class CancelledError(GeotamperError):
    """The caller asked for the work to stop before it was done."""


class ForgeryError(GeotamperError):
    """A forgery with the wished properties cannot be made from this object and picture."""


class SpecificationError(GeotamperError):
    """A parameter lies outside its documented range."""


class MissingLibraryError(GeotamperError):
    """A library that is not part of the plain installation is needed."""
