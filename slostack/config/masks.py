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
_BEGINS = r"(?:\b|_|%[0-9a-f]{2})"
"""Before a name that ordinary words contain; in a URL within a URL something encoded."""

_SECRET_NAMES = (
    "pass(?:word|wd|phrase|code|key)[a-z0-9_-]*",
    rf"(?:(?:{_BEGINS}|admin|db|mail|root|smtp|user)p|(?-i:[a-z0-9]P))ass",
    "pwd",
    "secret[a-z0-9_-]*",
    "token",
    "api[_-]?key",
    "access[_-]?key(?:[_-]?id)?",
    "private[_-]?key",
    "(?:encryption|merchant|service|signing|webhook)[_-]?key",
    "credentials?",
    "sess(?:ion)?[_-]?id",
    "signature",
    "verifier",
    "(?:card|cc|account|routing)[_-]?(?:n(?:umbe)?r|num|no)",
    "(?:2fa|backup|mfa|recovery|security|verification)[_-]?code",
    rf"{_BEGINS}(?:pw|sid|pin|pan|cvv2?|cvc2?|otp)",
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
    rf"{_BEGINS}(?:street|zip|dob|tel|mobile|fax|msisdn|ssn|iban|passport(?:[_-]?n(?:umbe)?r)?|tax[_-]?id)",
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
    text = (
        rf"{_AFTER_QUOTE}(?:{_IN_QUOTES})|\s*[:=]\s*(?:{_IN_QUOTES}|\[([^\]]+)\]|{_WORD})|%3d{_ENCODED}"
        r"|\)=\(([^()]+)\)"  # as Postgres tells of a key
    )
    return _mask(mask, f"{name}(?:{text})"), Mask(mask, f"{name}{_AFTER_QUOTE}{_NO_TEXT}", "null")


_AUTH = rf"{_BEGINS}o?auth(?:orization|[_-]?key)?"
_CREDENTIALS = r"""[^\s"'\\,<\[\]{}][^\s"'\\,<\[\]]*"""
_PARAMETERS = r"""(?:[a-z0-9_-]+=(?:\\?"[^"]*"|[^\s,"'\\]+)[,\s]*)+"""
"""Those of an authorization of several parts, such as a digest."""
_SCHEMES = "api-?key|basic|bearer|digest|googlelogin|hawk|negotiate|ntlm|oauth|sharedkey(?:lite)?|token"
_AUTHORIZATION = rf"((?:aws4-hmac-sha256|digest|hawk|oauth)\s+{_PARAMETERS}|(?:(?:{_SCHEMES})\s+)?{_CREDENTIALS})"
_HEADER = rf"((?:aws4-hmac-sha256|digest|hawk|oauth)\s+{_PARAMETERS}|(?:[a-z][a-z0-9-]*\s+)?{_CREDENTIALS})"
"""An authorization of whatever scheme."""
_NEXT_IN_LIST = r"""[\\"']+\s*,\s*"""
"""After the name of a header whose value is the next item of the same list, as in Node's raw headers."""
_COOKIES = r"""([^\s"'\\,;<\[\]]+(?:;\s*[^\s"'\\,;\]]+)*)"""
_BETWEEN = r"(?:[ ._+-]|[^\x00-\x7F]|%20){0,2}"
_FOURS = rf"(?:{_BETWEEN}[0-9]{{4}}){{3}}"
_CARD = (
    rf"(?:(?:[456][0-9]{{3}}|2[2-7][0-9]{{2}}|35[2-8][0-9]|8[12][0-9]{{2}}){_FOURS}"
    rf"|(?:50|5[6-8]|6[0-9])[0-9]{{2}}{_FOURS}{_BETWEEN}[0-9]{{1,3}}"
    rf"|3[47][0-9]{{2}}{_BETWEEN}[0-9]{{6}}{_BETWEEN}[0-9]{{5}}"
    rf"|3(?:0[0-5]|[689][0-9])[0-9]{_BETWEEN}[0-9]{{6}}{_BETWEEN}[0-9]{{4}})"
)
"""The digits of a card, whether or not the last one checks the others: 16 that begin as any network's do, and the
longer and the shorter ones that there are. Digits after a decimal point are none."""

MASKS = (
    _mask("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----([^-<]+)"),
    _mask("jwt", r"\b(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*)"),
    Mask("authorization", rf"(?i){_AUTH}{_AFTER_QUOTE}{_NO_TEXT}", "null"),
    _mask("authorization", rf"(?i){_BEGINS}authorization\s*:\s*\[?{_HEADER}"),
    _mask("authorization", rf"(?i){_BEGINS}authorization\s+(?:{_SCHEMES})\s+({_CREDENTIALS})"),
    _mask(
        "authorization",
        rf"(?i){_AUTH}"
        rf"(?:{_AFTER_QUOTE}\[?(?:{_IN_QUOTES})|\s*[:=]\s*\[?(?:{_IN_QUOTES}|{_AUTHORIZATION})|%3d{_ENCODED})",
    ),
    _mask("authorization", rf"(?i){_BEGINS}(?:authorization|x-api-key){_NEXT_IN_LIST}(?:{_IN_QUOTES})"),
    _mask("authorization", r"\b[Bb]asic\s+([A-Za-z0-9+/]+(?:[A-Z0-9][A-Za-z0-9+/]{4,}={0,2}|={1,2}))"),
    _mask("bearer-token", r"(?i)\bbearer\s+([a-z0-9._~+/-]{8,}=*)"),
    _mask(
        "cookie",
        rf"(?i)\b(?:set-)?cookies?(?:{_AFTER_QUOTE}\[?(?:{_IN_QUOTES})|{_NEXT_IN_LIST}(?:{_IN_QUOTES})"
        rf"|\s*[:=]\s*\[?(?:{_IN_QUOTES}|{_COOKIES}))",
    ),
    _mask("password-in-url", r"""\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/"'<]+)@"""),
    Mask("card-number", rf"{_AFTER_QUOTE}({_CARD})\b", "null"),
    _mask("card-number", rf"(?:^|[^A-Za-z0-9.]|[^0-9]\.)({_CARD})(?:\b|_)"),
    *_named("secret", _SECRET_NAMES),
    _mask("secret", r"(?i)(?:[?&]|&amp;|\\u0026)(?:code|key|sig)=([^\s\"'\\&#<]+)"),
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
        r"((?:[A-Za-z0-9._%+-]|[^\x00-\x7F])+(?:@|%40|\\u0040)(?:[A-Za-z0-9-]+\.)+(?:[A-Za-z]{2,}|xn--[A-Za-z0-9-]+))",
    ),
    _mask("phone-number", r"(?:^|[\s\"'=:(,])(\+[1-9][0-9]{0,2}[ .-]?\(?[0-9]{1,4}\)?(?:[ .-]?[0-9]{2,4}){2,4})\b"),
    *_named("personal", _PERSONAL_NAMES),
)
"""In their order: what is known by its form first, so that it is named as exactly as it can be."""
