"""A line of tokens with safe look-ahead for the readers of the grammar."""

from bot.when.items import Token

_END = Token("end")


class Tokens:
    """Tokens by position; a position outside the line is the end."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def at(self, i: int) -> Token:
        return self._tokens[i] if 0 <= i < len(self._tokens) else _END

    def kind(self, i: int) -> str:
        return self.at(i).kind

    def word(self, i: int) -> str:
        """Return the name of the joining word at the position, or nothing."""
        token = self.at(i)
        return str(token.value) if token.kind == "word" else ""

    def number(self, i: int) -> int:
        """Return the whole number that the token at the position carries."""
        value = self.at(i).value
        if not isinstance(value, int):
            raise TypeError(value)
        return value

    def skip(self, i: int, *words: str) -> int:
        """Return the position after any of the words that stand at the position."""
        while self.word(i) in words and i < len(self):
            i += 1
        return i
