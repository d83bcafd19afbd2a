"""Lines as the four services, their libraries and their databases write them: with secrets and personal data, each
between « and », and harmless ones that look alike."""

from __future__ import annotations

import re

_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
_JSON = (
    # LearnSnap and Stolen Tee: pino and winston
    '{"level":"info","time":1782133380123,"msg":"sign-up","user":{"id":17,"email":"«ada+quiz@mail.eu.example.org»",'
    '"password":"«correct horse»"}}',
    '{"level":"error","msg":"refused","error_type":"LoginError","password":"«S3cr\\"et»","passwordConfirm":"«S3cret2»"}',
    '{"level":"info","req":{"method":"GET","url":"/reset?token=«tok-81c7»&lang=en","headers":{"authorization":'
    '"Bearer «abcDEF123._-xyz»","cookie":"«sid=s%3Aq8r7»; «csrf=z9»","x-api-key":"«k-5521»"}}}',
    '{"level":"warn","msg":"webhook","body":"{\\"apiKey\\":\\"«pl-77-81»\\",\\"card\\":{\\"number\\":'
    '\\"«4111-1111-1111-1111»\\",\\"cvc\\":\\"«314»\\"},\\"note\\":\\"a \\\\\\"b\\\\\\" c\\"}"}',
    '{"level":"info","msg":"paid","provider":"stripe","key":"«sk_live_51Habcdefghijklmnop»","signing":'
    '"«whsec_abcdefghijklmnopqrstuvwx»","pan":"«5555 5555 5555 4444»","amex":"«378282246310005»"}',
    '{"level":"info","msg":"config","credentials":{"user":"app","value":"«hunter4»"},'
    '"passwords":["«hunter5»","«hunter6»"],"pin":«4321»,"otp":«887123»,"status":200}',
    '{"level":"info","accessToken":"«at-1»","refresh_token":"«rt-1»","idToken":"«'
    + _JWT
    + '»","sessionId":"«sess-77»"}',
    '{"level":"info","gemini":"«AIzaSyA1234567890abcdefghijklmnopqrstuv»","openai":"«sk-proj-abcdefghij1234567890»",'
    '"claude":"«sk-ant-api03-abcdefghijklmnop1234»","SUPABASE_SERVICE_ROLE_KEY":"«' + _JWT + '»"}',
    '{"level":"warn","msg":"slack said no","url":"https://hooks.slack.com/services/«T0000/B0000/XXXX»","bot":'
    '"«xoxb-123456789012-abcdefghijkl»","app":"«xapp-1-A111-222-abcdef»"}',
    '{"level":"info","aws":{"accessKeyId":"«AKIAIOSFODNN7EXAMPLE»","secretAccessKey":'
    '"«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»","sessionToken":"«FwoGZXIvYXdzEXAMPLE»"}}',
    # JunkOS: a booking is full of personal data
    '{"level":"info","msg":"booked","order_id":"JNK-4111-2026","first_name":"«Ada»","lastName":"«Lovelace»","phone":'
    '"«(415) 555-2671»","pickup_address":"«12 Main St, Springfield»","zip":«10115»,"contact":"«+44 20 7946 0958»"}',
    '{"level":"warn","event":"login_failed","address":"192.0.2.7","user":"«ada@example.co.uk»","pw":"«hunter7»"}',
    '{"level":"warn","msg":"refused","auth":"«hunter12»","pass":"«hunter13»","userPass":"«hunter14»","pwd":«8812»,'
    '"smtp":{"user":"u","auth":{"user":"u","pass":"«hunter15»"}},"auth_key":"«ak-1»","oauth_verifier":"«ov-1»"}',
    '{"level":"info","cardNumber":«4111111111111112»,"card_no":"«9999 0000 1111 2222»","pan":«6759649826438453»,"n":'
    '«6212345678901234567»,"took":0.4123456789012345}',
    '{"level":"info","req":{"rawHeaders":["Host","shop","X-Api-Key","«k-5523»","Cookie","«session=zq81»; «t=3»",'
    '"Proxy-Authorization","«Token pq-77»"]},"mobile":"«0171 1234567»","mfa_code":«771203»,"webhookKey":"«wk-9»"}',
    '{"level":"info","url":"/callback?state=x\\u0026code=«4/0AX-9»\\u0026a=1","to":"«ada\\u0040example.org»"}',
    '{"level":"info","Authorization":["Bearer «goheader123»"],"iban":"«DE89370400440532013000»",'
    '"birthDate":"«1815-12-10»"}',
)
_TEXT = (
    # PostFacta: gin and slog
    '[GIN] 2026/11/30 - 10:00:00 | 200 | 1.2ms | 192.0.2.1 | GET "/api/join?access_token=«at-2»&x=y"',
    'level=INFO msg="sent request" header="map[Authorization:[Bearer «abc123def»] Cookie:[«sid=1»; «t=2»] '
    'Accept:[*/*]]"',
    'level=ERROR msg="cannot connect" dsn="postgres://app:«p@ss:w0rd»@db.example:5432/shop?sslmode=require"',
    "level=WARN msg=retry user={Name:17 Password:«hunter8» Role:admin} url=redis://:«hunter9»@redis:6379/0",
    # proxies, shells, and what people print
    'GET /callback?code=«4/0AX4XfWh»&state=x HTTP/1.1" 302 "https://shop.example/?next=%2Freset%3Ftoken%3D«t0k%2Fen»%26a%3D1"',
    "Authorization: AWS4-HMAC-SHA256 Credential=«AKID/20150830/iam», SignedHeaders=host, Signature=«5d672d79c15b1316»",
    'Proxy-Authorization: Digest username="u", realm="r", response="«6629fae49393a053»"',
    "HTTP_AUTHORIZATION=Basic «dXNlcjpwYXNz» proxy_authorization: Negotiate «YIIabc»",
    "curl -H 'Authorization: GoogleLogin auth=«gl-1»' and authorization Basic «YWRhOnBhc3M» or Basic «YTpiCg==»",
    "login pass=«hunter16» SMTP_PASS=«hunter17» dbpass: «hunter18» pwd=«hunter19»",
    "x-auth: «xa-1» oauth=«oa-1» auth=«au-1»",
    "GET /?next=%2Fx%3Fauth%3D«au%2F2»%26pass%3D«hunter20»",
    "//registry.npmjs.org/:_auth=«bnBtOnNlY3JldA==» and _authToken=«npm-1»",
    "cards «4111.1111.1111.1112», «4111%201111%201111%201112», «6304\u00a00000\u00a00000\u00a00000»; "
    "«2200_0000_0000_0000» «5500  0000  0000  0000» «8171 9999 2766 0000»",
    "Set-Cookie: «connect.sid=s%3Azz»; Path=/; HttpOnly",
    "PGPASSWORD=«hunter10» psql -U app; export AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MD»",
    "{ user: 'u1', password: '«hunter 11»', apiKey: '«k-5522»' } and {'token': '«t-5523»'}",
    "paid by «4242424242424242», «6011 1111 1111 1117» or «3530111333300000»; call «+1 (415) 555-2671»",
    'ERROR: duplicate key value DETAIL: Key (phone)=(«030 1234567») already exists. <a href="/x?a=1&amp;sig=«s-81»">',
    "INSERT INTO users VALUES ('«müller@example.de»', "
    "'«$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy»')",
    "-----BEGIN EC PRIVATE KEY-----\\n«MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6»\\n-----END EC PRIVATE KEY-----",
    f"verifying «{_JWT}» failed",
)
HARMLESS = (
    '{"level":"info","msg":"answered","order_id":"JNK-4111-2026-0042","amount":4999,"prompt_tokens":512,"ok":true}',
    '{"level":"info","request_id":"4b825dc6-42cb-4e15-9d54-4111aa112233","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}',
    '{"level":"warn","msg":"password is required","hasPassword":false,"password":null,"code":"ECONNREFUSED"}',
    '{"level":"info","order":"1234567890123456","ns":1782133380123456789,"us":1782133380123456,"build":"20230409"}',
    '{"level":"error","event":"suspicious_request","address":"198.51.100.23","path":"/wp-login.php","error_type":"Odd"}',
    '{"level":"info","took":0.5123456789012345,"share":4.1111111111111111,"bypass":true,"passed":12,"auth":true}',
    '{"level":"info","deps":"lodash@4.17.21 @grafana/ui@11.0.0","image":"shop@sha256:9f86d081884c","version":"1.24.0"}',
    'level=INFO msg="request" method=GET path=/quiz/4111 status=200 duration=1.234ms size=4,111 signal=cookies-on',
    "2026-11-22T23:37:33.437+02:00 INFO started in +0200, pid 4111, listening on http://0.0.0.0:8080/health?page=2",
    '{"level":"info","missing":["password","name"],"errorCode":"E1","security":{"code_owner":"u1"},"key (id)=(7)":"x"}',
    "the secretary tokenizes basic authentication; compass: north, spin=3, mapping: 12, author: u1",
)


def _plain(line: str) -> str:
    return line.replace("«", "").replace("»", "")


LINES = tuple(_plain(line) for line in (*_JSON, *_TEXT))
"""The lines with something to mask."""
JSON_LINES = tuple(map(_plain, _JSON))
CANARIES = tuple(value for line in (*_JSON, *_TEXT) for value in re.findall("«(.*?)»", line))
"""What none of what is stored may hold."""
