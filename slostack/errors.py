"""What every part of slostack raises when the user can act on it."""


class SlostackError(Exception):
    """A mistake or a failure that the user can act on; the command line prints it without a traceback."""

    exit_code = 1
