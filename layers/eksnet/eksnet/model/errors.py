"""What goes wrong because of what was given to us."""


class InputError(ValueError):
    """Bad input. Its text is one line that names what is wrong and where; the exit code is 2."""


class NoAccessError(RuntimeError):
    """No credentials, or nobody answered: nothing at all can be seen. The exit code is 4.

    ``api`` and ``code`` tell what was asked last and how it failed, as a Blind does.
    """

    def __init__(self, text: str, *, api: str = "eks:ListClusters", code: str = "") -> None:
        super().__init__(text)
        self.api, self.code = api, code or "NoEndpointAnswered"
