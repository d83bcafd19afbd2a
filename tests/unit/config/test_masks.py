"""What is masked in log lines, and what is not."""

from __future__ import annotations

import json
import re
from functools import reduce
from pathlib import Path

import pytest

from slostack import promtool
from slostack.config.alloy import REQUEST_IDS
from slostack.config.document import yaml_text
from slostack.config.masks import MASKS
from tests.logs.sensitive import CANARIES, HARMLESS, JSON_LINES, LINES
from tests.logs.stages import replaced

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
MASKED = {
    '{"user":"u1","password":"hunter2 and \\"more\\"","ok":true}': '{"user":"u1","password":"<secret>","ok":true}',
    '{"msg":"login {\\"password\\":\\"hunter2\\"}"}': '{"msg":"login {\\"password\\":\\"<secret>\\"}"}',
    "level=info password=hunter2 user=u1": "level=info password=<secret> user=u1",
    "db_password: hunter2": "db_password: <secret>",
    "PGPASSWORD=hunter2 psql": "PGPASSWORD=<secret> psql",
    "GET /reset?token=abc123&lang=en": "GET /reset?token=<secret>&lang=en",
    "api_key='abc def' apiKey=xyz X-Api-Key: q1w2": "api_key='<secret>' apiKey=<secret> X-Api-Key: <secret>",
    "client_secret=s3cr3t access_key_id=AK private-key=pk": (
        "client_secret=<secret> access_key_id=<secret> private-key=<secret>"
    ),
    "Set-Cookie: sid=abcdef": "Set-Cookie: <cookie>",
    "login pass=hunter2 DB_PASS=hunter3 userPass: 'h 4' smtppass=h5": (
        "login pass=<secret> DB_PASS=<secret> userPass: '<secret>' smtppass=<secret>"
    ),
    '{"auth":"abc","pass":12,"smtp":{"auth":{"user":"u","pass":"p"}}}': (
        '{"auth":"<authorization>","pass":null,"smtp":{"auth":null}}'
    ),
    "auth=abc X-Auth: abc X-Auth-Key: abc oauth=abc": (
        "auth=<authorization> X-Auth: <authorization> X-Auth-Key: <authorization> oauth=<authorization>"
    ),
    "?next=%2Fx%3Fauth%3Dab%2Fc%26pass%3Dp": "?next=%2Fx%3Fauth%3D<authorization>%26pass%3D<secret>",
    "HTTP_AUTHORIZATION=Basic dXNlcjpwYXNz user=u": "HTTP_AUTHORIZATION=<authorization> user=u",
    "authorization: Negotiate YIIabc": "authorization: <authorization>",
    "authorization Basic dXNl or Basic dXNlcjpwYXNz, Basic YTpiCg==": (
        "authorization Basic <authorization> or Basic <authorization>, Basic <authorization>"
    ),
    '{"Authorization":["Basic a","b"]}': '{"Authorization":null}',
    "oauth_verifier=abc code_verifier=abc": "oauth_verifier=<secret> code_verifier=<secret>",
    "session_id=8f14e45f": "session_id=<secret>",
    "Authorization: Bearer abcdef123456": "Authorization: <authorization>",
    '{"authorization":"Basic dXNlcjpwYXNz"}': '{"authorization":"<authorization>"}',
    "sent bearer abcdef123456== to upstream": "sent bearer <bearer-token> to upstream",
    f"verifying {JWT} failed": "verifying <jwt> failed",
    "connecting to postgres://app:s3cr3t@db:5432/shop": "connecting to postgres://app:<password-in-url>@db:5432/shop",
    "key AKIAIOSFODNN7EXAMPLE is old": "key <api-key> is old",
    "using sk_live_abcdefghijkl0123": "using <api-key>",
    "openai sk-proj-abcdefghijklmnopqrstuvwx": "openai <api-key>",
    "github ghp_abcdefghijklmnopqrstuvwxyz0123456789": "github <api-key>",
    "slack xoxb-123456789012-abcdef": "slack <api-key>",
    "paid with 4111 1111 1111 1111": "paid with <card-number>",
    "paid with 5500-0000-0000-0004, then 371449635398431": "paid with <card-number>, then <card-number>",
    "a wrong digit, 4111111111111112; 4111.1111.1111.1111 id_4111111111111111 6304%200000%200000%200000": (
        "a wrong digit, <card-number>; <card-number> id_<card-number> <card-number>"
    ),
    "4111 1111 1111 1111 5500 0000 0000 0004 62123456789012345": "<card-number> <card-number> <card-number>",
    '{"n":4111111111111112,"cardNumber":4,"card_no":"9999 0000"}': '{"n":null,"cardNumber":null,"card_no":"<secret>"}',
    "mail to ada.lovelace+quiz@mail.example.org failed": "mail to <e-mail> failed",
    "GET /users?email=ada%40example.org": "GET /users?email=<e-mail>",
    "called +49 (30) 123 4567": "called <phone-number>",
    'phone="+1 415-555-2671"': 'phone="<personal>"',
    '{"passwords":["a","b"],"pin":12,"secret":{"a":"b"}}': '{"passwords":null,"pin":null,"secret":null}',
    "GET /callback?code=4711&state=x": "GET /callback?code=<secret>&state=x",
    "?next=%2Freset%3Ftoken%3Dab%2Fc%26x%3D1": "?next=%2Freset%3Ftoken%3D<secret>%26x%3D1",
    "to https://hooks.slack.com/services/T0/B0/X": "to https://hooks.slack.com/services/<webhook>",
    "hash $2b$10$N9qo8uLOickgx2ZMRZoMye": "hash <password-hash>",
    '{"first_name":"Ada","zip":10115,"address":"192.0.2.1"}': (
        '{"first_name":"<personal>","zip":null,"address":"192.0.2.1"}'
    ),
    "-----BEGIN RSA PRIVATE KEY-----\\nMIIEow\\n-----END RSA PRIVATE KEY-----": (
        "-----BEGIN RSA PRIVATE KEY-----<private-key>-----END RSA PRIVATE KEY-----"
    ),
}
KEPT = (
    '{"level":"info","prompt_tokens":512,"total_tokens":1024,"request_id":"4b825dc6"}',
    "level=error msg=timeout duration=1.234s status=500 path=/quiz/4111",
    "at 1782133380123456789 (1782133380123456) trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
    "2026-11-22T23:37:33.437+02:00 started in +0200, build 20230409-09:57:40",
    "GET http://shop.example:8080/cart?page=2 took 12 ms",
    "password is required",
    "the secretary tokenizes basic authentication; bypass=true passed=12 passenger: u1 authority=x author: u1",
    "took 0.4123456789012345 s, version 1.4111111111111111, x4111111111111111x",
)


def masked(line: str) -> str:
    """The line after every mask."""
    return reduce(lambda text, mask: replaced(text, mask.expression, mask.replacement), MASKS, line)


@pytest.mark.parametrize("line", MASKED)
def test_secrets_and_personal_data_are_masked(line: str) -> None:
    assert masked(line) == MASKED[line]


@pytest.mark.parametrize("line", MASKED)
def test_what_is_masked_stays_as_it_is(line: str) -> None:
    assert masked(MASKED[line]) == MASKED[line]


@pytest.mark.parametrize("line", [*KEPT, *HARMLESS])
def test_what_is_neither_is_kept(line: str) -> None:
    assert masked(line) == line


def test_nothing_of_what_services_write_of_secrets_and_people_is_left() -> None:
    stored = "\n".join(map(masked, LINES))
    assert [canary for canary in CANARIES if canary in stored] == []


@pytest.mark.parametrize("line", JSON_LINES)
def test_json_stays_json(line: str) -> None:
    assert json.loads(masked(line)).keys() == json.loads(line).keys()


def test_every_mask_has_a_line_that_it_masks() -> None:
    assert [mask for mask in MASKS if not any(mask.replacement in line for line in MASKED.values())] == []


def test_request_ids_are_found_in_json_and_in_logfmt() -> None:
    found = re.search(REQUEST_IDS["request_id"], '{"msg":"x","requestId":"4b825dc6-42cb"}')
    assert found
    assert found["request_id"] == "4b825dc6-42cb"
    found = re.search(REQUEST_IDS["request_id"], "level=info X-Request-Id=abc.1234 path=/")
    assert found
    assert found["request_id"] == "abc.1234"
    assert not re.search(REQUEST_IDS["request_id"], "request_id= path=/")


def test_every_expression_is_re2(tmp_path: Path) -> None:
    expressions = [*(mask.expression for mask in MASKS), *REQUEST_IDS.values()]
    check_re2(expressions, tmp_path)
    with pytest.raises(promtool.CheckFailed):
        check_re2([r"(?<=a)b"], tmp_path)


def check_re2(expressions: list[str], folder: Path) -> None:
    """Has Prometheus, which reads RE2 as Alloy does, take the expressions; raises CheckFailed."""
    rules = [{"source_labels": ["x"], "target_label": "x", "regex": each} for each in expressions]
    path = folder / "prometheus.yml"
    path.write_text(yaml_text({"scrape_configs": [{"job_name": "x", "relabel_configs": rules}]}))
    promtool.check_config_syntax(path)
