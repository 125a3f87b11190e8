"""Escaping: what data may not do to a terminal. Pure."""


def shown(text: str) -> str:
    """Return a text for a terminal: a character that moves, colours or reorders what is shown becomes its number.

    Line ends too: a line stays a line. What can be printed stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
