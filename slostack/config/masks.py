"""What is masked in log lines before they are stored: secrets and personal data.

Every expression is RE2, as Alloy, Loki and Prometheus read it. Only what its groups match is masked, so that a line
still says what it held.
"""

from __future__ import annotations

from dataclasses import dataclass

ASSIGNED = r"""[\\"']*(?:\s*:\s*|=)[\\"']*"""
"""Between a name and its value in JSON (also within a JSON string), logfmt, YAML, headers and query strings."""
_ASSIGNED_VALUE = (
    r"""[\\"']*\s*[:=]\s*(?:\\"([^"]+)\\"|"((?:[^"\\]|\\.)+)"|'([^']+)'|([^\s"'\\,;&}<\])][^\s"'\\,;&}\])]*))"""
)
"""What follows a name: a value in quotes (also within a JSON string), or one word; `<` begins what is masked."""
_SECRET_NAMES = (
    "pass(?:word|wd|phrase)[a-z0-9_-]*",
    "pwd",
    "secret[a-z0-9_-]*",
    "token",
    "api[_-]?key",
    "access[_-]?key(?:[_-]?id)?",
    "private[_-]?key",
    "credentials?",
    "set-cookie",
    "cookie",
    "session[_-]?id",
)


@dataclass(frozen=True)
class Mask:
    """What is masked as `<name>`; `expression` has a group for each way in which it may be written."""

    name: str
    expression: str

    @property
    def replacement(self) -> str:
        """What a line has in its place."""
        return f"<{self.name}>"


MASKS = (
    Mask("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----([^-<]+)"),
    Mask("jwt", r"\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*)"),
    Mask("authorization", rf"(?i)\bauthorization{ASSIGNED}((?:(?:basic|bearer|digest|token)\s+)?[^\s\"'\\,<]+)"),
    Mask("bearer-token", r"(?i)\bbearer\s+([a-z0-9._~+/-]{8,}=*)"),
    Mask("password-in-url", r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\"']*:([^\s/@\"'<]+)@"),
    Mask("secret", rf"(?i)(?:{'|'.join(_SECRET_NAMES)}){_ASSIGNED_VALUE}"),
    Mask(
        "api-key",
        r"\b((?:AKIA|ASIA)[0-9A-Z]{16}|gh[oprsu]_[A-Za-z0-9]{30,}|glpat-[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}"
        r"|[prs]k_(?:live|test)_[A-Za-z0-9]{10,}|sk-[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{35})",
    ),
    Mask("e-mail", r"([A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"),
    Mask(
        "card-number",
        r"\b((?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|5[0-9]{2}))(?:[ -]?[0-9]{4}){3}"
        r"|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})\b",
    ),
    Mask("phone-number", r"(?:^|[\s\"'=:(,])(\+[1-9][0-9]{0,2}[ .-]?\(?[0-9]{1,4}\)?(?:[ .-]?[0-9]{2,4}){2,4})\b"),
)
"""In their order: what is known by its form first, so that it is named as exactly as it can be."""
