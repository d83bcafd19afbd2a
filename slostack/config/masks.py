"""What is masked in log lines before they are stored: secrets and personal data.

Every expression is RE2, as Alloy, Loki and Prometheus read it. Only what its groups match is masked, so that a line
still says what it held, and JSON stays JSON.
"""

from __future__ import annotations

from dataclasses import dataclass

ASSIGNED = r"""[\\"']*(?:\s*:\s*|=)[\\"']*"""
"""Between a name and its value in JSON (also within a JSON string), logfmt, YAML, headers and query strings."""
_IN_QUOTES = r"""\\"((?:[^"\\]|\\\\(?:\\"|[^"])|\\[^"\\])+)\\"|"((?:[^"\\]|\\.)+)"|'([^']+)'"""
"""A value in quotes, also within a JSON string."""
_WORD = r"""([^\s"'\\,;&<\[\](){}][^\s"'\\,;&\])}]*)"""
"""A value without quotes; `<` begins what is masked."""
_ENCODED = r"""((?:[^\s"'\\,;&%]|%[013-9a-f][0-9a-f]|%2[0-57-9a-f])+)"""
"""A value in a URL within a URL, up to the next parameter."""
_NO_TEXT = r"""(-?[0-9][0-9.e+-]*|\[[^\[\]]*\]|\{[^{}]*\})"""
"""A value in JSON that is no text: a number, or a list or an object without further ones in it."""
_AFTER_QUOTE = r"""[\\"']+\s*:\s*"""

_SECRET_NAMES = (
    "pass(?:word|wd|phrase|code|key)[a-z0-9_-]*",
    "pwd",
    "secret[a-z0-9_-]*",
    "token",
    "api[_-]?key",
    "access[_-]?key(?:[_-]?id)?",
    "private[_-]?key",
    "credentials?",
    "sess(?:ion)?[_-]?id",
    "signature",
    r"(?:\b|_)(?:pw|sid|pin|cvv2?|cvc2?|otp)",
)
_PERSONAL_NAMES = (
    "(?:first|last|full|given|family|middle|customer)[_-]?name",
    "surname",
    "(?:street|home|billing|shipping|pickup|postal)[_-]?address",
    "address[_-]?line[_-]?[0-9]?",
    "post(?:al)?[_-]?code",
    "zip[_-]?code",
    "(?:date[_-]?of[_-]?birth|birth[_-]?(?:date|day))",
    "phone(?:[_-]?n(?:umbe)?r)?",
    r"(?:\b|_)(?:street|zip|dob|tel|fax|msisdn|ssn|iban|passport(?:[_-]?n(?:umbe)?r)?|tax[_-]?id)",
)


@dataclass(frozen=True)
class Mask:
    """What is masked as `<name>`; `expression` has a group for each way in which it may be written. `replacement` is
    what a line has in its place."""

    name: str
    expression: str
    replacement: str


def _mask(name: str, expression: str) -> Mask:
    return Mask(name, expression, f"<{name}>")


def _named(mask: str, names: tuple[str, ...]) -> tuple[Mask, Mask]:
    """The values of names, in whatever a line is written; in JSON what is no text becomes null."""
    name = rf"(?i)(?:{'|'.join(names)})"
    text = rf"{_AFTER_QUOTE}(?:{_IN_QUOTES})|\s*[:=]\s*(?:{_IN_QUOTES}|\[([^\]]+)\]|{_WORD})|%3d{_ENCODED}"
    return _mask(mask, f"{name}(?:{text})"), Mask(mask, f"{name}{_AFTER_QUOTE}{_NO_TEXT}", "null")


_PARAMETERS = r"""(?:[a-z0-9_-]+=(?:\\?"[^"]*"|[^\s,"'\\]+)[,\s]*)+"""
"""Those of an authorization of several parts, such as a digest."""
_AUTHORIZATION = (
    rf"""((?:digest|hawk|aws4-hmac-sha256)\s+{_PARAMETERS}|(?:(?:basic|bearer|token|apikey)\s+)?[^\s"'\\,<\[\]]+)"""
)
_COOKIES = r"""([^\s"'\\,;<\[\]]+(?:;\s*[^\s"'\\,;\]]+)*)"""

MASKS = (
    _mask("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----([^-<]+)"),
    _mask("jwt", r"\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*)"),
    _mask(
        "authorization",
        rf"(?i)\bauthorization(?:{_AFTER_QUOTE}\[?(?:{_IN_QUOTES})|\s*[:=]\s*\[?(?:{_IN_QUOTES}|{_AUTHORIZATION}))",
    ),
    _mask("bearer-token", r"(?i)\bbearer\s+([a-z0-9._~+/-]{8,}=*)"),
    _mask(
        "cookie",
        rf"(?i)\b(?:set-)?cookies?(?:{_AFTER_QUOTE}\[?(?:{_IN_QUOTES})|\s*[:=]\s*\[?(?:{_IN_QUOTES}|{_COOKIES}))",
    ),
    _mask("password-in-url", r"""\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/"'<]+)@"""),
    *_named("secret", _SECRET_NAMES),
    _mask("secret", r"(?i)[?&](?:code|key|sig)=([^\s\"'\\&#<]+)"),
    _mask("webhook", r"\bhooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]+)"),
    _mask(
        "api-key",
        r"\b((?:AKIA|ASIA)[0-9A-Z]{16}|gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{20,}"
        r"|npm_[A-Za-z0-9]{30,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|[prs]k_(?:live|test)_[A-Za-z0-9]{10,}"
        r"|whsec_[A-Za-z0-9+/]{20,}=*|sk-[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{35}|ya29\.[A-Za-z0-9_-]{20,}"
        r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|sb_secret_[A-Za-z0-9_-]{16,})",
    ),
    _mask("password-hash", r"(\$(?:2[aby]|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*)\$[^\s\"'\\,;]+)"),
    _mask(
        "e-mail",
        r"((?:[A-Za-z0-9._%+-]|[^\x00-\x7F])+(?:@|%40)(?:[A-Za-z0-9-]+\.)+(?:[A-Za-z]{2,}|xn--[A-Za-z0-9-]+))",
    ),
    _mask(
        "card-number",
        r"\b((?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|2[0-9]{2}|4[4-9][0-9]|5[0-9]{2})|35[2-8][0-9])"
        r"(?:[ -]?[0-9]{4}){3}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"
        r"|3(?:0[0-5]|[689][0-9])[0-9][ -]?[0-9]{6}[ -]?[0-9]{4})\b",
    ),
    _mask("phone-number", r"(?:^|[\s\"'=:(,])(\+[1-9][0-9]{0,2}[ .-]?\(?[0-9]{1,4}\)?(?:[ .-]?[0-9]{2,4}){2,4})\b"),
    *_named("personal", _PERSONAL_NAMES),
)
"""In their order: what is known by its form first, so that it is named as exactly as it can be."""
