"""What goes wrong because of what was given to us."""


class InputError(ValueError):
    """Bad input. Its text is one line that names what is wrong and where; the exit code is 2."""


class NoAccessError(RuntimeError):
    """No credentials, or nobody answered: nothing at all can be seen. The exit code is 4."""
