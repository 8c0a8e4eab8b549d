"""The one exception for mistakes that the user can mend."""


class SestonError(Exception):
    """A mistake in the input or the settings, told in one message.

    The message says where (file, line, key), what was found, what was
    expected and what to do. The command line prints it without a traceback
    and exits with status 2.
    """
