"""Secrets never leave: every kind is masked, in any clothes, and nothing else is touched."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from translator.envelopes.secret_rules import MASK, RULES
from translator.envelopes.secrets import mask_text, mask_value, may_hold_secret

# Put together here, so that no scanner of sources takes them for real ones.
BODY = "a1B2c3D4e5F6g7H8i9J0k1L2"
SECRETS = {
    "openai": "sk-" + "proj-" + BODY,
    "anthropic": "sk-" + "ant-api03-" + BODY,
    "openrouter": "sk-" + "or-v1-" + BODY,
    "github": "ghp" + "_" + BODY,
    "github fine": "github" + "_pat_" + BODY,
    "gitlab": "glpat" + "-" + BODY,
    "npm": "npm" + "_" + BODY,
    "pypi": "pypi" + "-" + BODY,
    "google": "AI" + "za" + BODY,
    "google oauth": "ya" + "29." + BODY,
    "aws": "AK" + "IA" + "ABCDEFGHIJKLMNOP",
    "slack": "xox" + "b-" + "1234567890-abcdef",
    "stripe": "sk" + "_live_" + BODY,
    "hugging face": "hf" + "_" + BODY,
    "tavily": "tvly" + "-dev-" + BODY,
    "pinecone": "pcsk" + "_" + BODY,
    "langsmith": "lsv2" + "_pt_" + BODY,
    "notion": "ntn" + "_" + BODY,
    "vault": "hvs" + "." + BODY,
    "docker": "dckr" + "_pat_" + BODY,
    "groq": "gsk" + "_" + BODY,
    "xai": "xai" + "-" + BODY,
    "perplexity": "pplx" + "-" + BODY,
    "replicate": "r8" + "_" + BODY,
    "databricks": "dapi" + "0123456789abcdef" * 2,
    "twilio": "SK" + "0123456789abcdef" * 2,
    "sendgrid": "SG" + "." + BODY + "." + BODY,
    "sentry": "sntrys" + "_" + BODY,
    "langfuse": "sk" + "-lf-" + "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "openai service account": "sk" + "-svcacct-" + BODY,
    "openai legacy": "sk" + "-" + BODY,
    "aws session": "AS" + "IA" + "ABCDEFGHIJKLMNOP",
    "fireworks": "fw" + "_" + BODY,
    "cerebras": "csk" + "-" + BODY,
    "jina": "jina" + "_" + BODY,
    "atlassian": "ATA" + "TT3x" + BODY,
    "shopify": "shpat" + "_" + BODY,
    "supabase": "sbp" + "_" + BODY,
    "figma": "figd" + "_" + BODY,
    "linear": "lin" + "_api_" + BODY,
    "postman": "PM" + "AK-" + BODY,
    "posthog": "phx" + "_" + BODY,
    "nvidia": "nv" + "api-" + BODY,
    "digitalocean": "dop" + "_v1_" + BODY,
    "telegram": "123456789" + ":AA" + BODY + "abcdefghi",
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0." + BODY,
}
IN_CONTEXT = {
    "bearer": ("Authorization: Bearer " + BODY, BODY),
    "basic": ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
    "url": ("postgres://app:hunter2@db/prod", "hunter2"),
    "environment": ("DB_PASSWORD=hunter2 make", "hunter2"),
    "query": ("https://host/?api_key=hunter2&page=2", "hunter2"),
    "option": ("mysql --password hunter2 -u root", "hunter2"),
    "json": ('{"user": "me", "password": "hunter2"}', "hunter2"),
    "json with a quote": (json.dumps({"client_secret": 'hun"ter2'}), 'hun\\"ter2'),
    "json in json": (json.dumps({"body": json.dumps({"apiKey": 'hun"ter2'})}), "ter2"),
    "json number": ('{"db_password": 31337}', "31337"),
    "python": ("{'access_token': 'hunter2'}", "hunter2"),
    "azure": ("AccountName=a;AccountKey=" + BODY + "==;x=1", BODY),
    "private key": (
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA " + "PRIVATE KEY-----", "MIIE",
    ),
    "private key in json": (
        json.dumps({"key": "-----BEGIN " + "PRIVATE KEY-----\nMIIE\n-----END " + "PRIVATE KEY-----"}), "MIIE",
    ),
    "quoted assignment": ('export OPENAI_API_KEY="hunter2 and more"', "hunter2"),
    "connection string": ("Server=db;User=app;Password=hunter2;", "hunter2"),
    "header": ("GET / HTTP/1.1\nX-Api-Key: abc123def456\nAccept: */*", "abc123def456"),
    "authorization": ("authorization: Token abc123def456", "abc123def456"),
    "cookie": ("Set-Cookie: session=abc123def456; Path=/", "abc123def456"),
    "user of a command": ("curl -u me:hunter2 https://host/", "hunter2"),
    "yaml": ("database:\n  password: hunter2\n  port: 5432", "hunter2"),
    "signature": ("https://host/file?sv=2024&sig=" + BODY + "%3D", BODY),
    "token": ('{"token": "' + BODY + '"}', BODY),
    "telegram": ("bot 123456789:AA" + BODY + "abcdefghi", BODY),
    "object under a password": ('{"password": {"value": "hunter2", "rounds": [12]}}', "hunter2"),
    "list under credentials": ('{"credentials": ["me", "hunter2"]}', "hunter2"),
    "pair": ('[{"name": "Authorization", "value": "hunter2"}]', "hunter2"),
    "aws": ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
    "header as a list": ('[["Authorization", "Bearer hunter2"]]', "hunter2"),
    "variable of a container": ('{"key": "DB_PASSWORD", "value": "hunter2"}', "hunter2"),
    "setting by its path": ('{"db.password": "hunter2"}', "hunter2"),
    "header of an extension": ("curl -H 'X-Vault-Token: hunter2' https://host/", "hunter2"),
    "second cookie": ("Cookie: lang=en; session=hunter2", "hunter2"),
    "variable": ("PGPASSWORD=hunter2 psql", "hunter2"),
    "token of a variable": ("GITHUB_TOKEN=" + BODY, BODY),
    "token of a setting": ("token: " + BODY, BODY),
    "quoted apostrophe": ("PASSWORD=\"it's hunter2\"", "hunter2"),
    "quoted in json": (json.dumps({"a": 'export OPENAI_API_KEY="hunter2 and more"'}), "hunter2"),
    "quoted in a line of json": (json.dumps({"a": 'export OPENAI_API_KEY="hunter2"'}) + ",", "hunter2"),
    "connection string with blanks": ("Server=db;Pwd=let me hunter2;Timeout=5", "hunter2"),
    "quoted yaml": ('database:\n  password: "hunter2 x"\n', "hunter2"),
    "fenced json": ('Here:\n```json\n{"password": {"value": "hunter2"}}\n```', "hunter2"),
    "lines of json": ('{"a": 1}\n{"credentials": ["hunter2"]}', "hunter2"),
    "list of passwords": ('{"passwords": ["hunter2", 12]}', "hunter2"),
    "json in a text": (json.dumps(json.dumps({"secret": ["hunter2"]})), "hunter2"),
    "option of a command": ("curl -s --user me:hunter2 https://host/", "hunter2"),
    "key of a vendor": ('{"OPENAI_KEY": "hunter2"}', "hunter2"),
    "key of a vendor in camel case": ('{"log.anthropicKey": "hunter2"}', "hunter2"),
    "variable with the key of a vendor": ("export GEMINI_KEY=hunter2", "hunter2"),
    "pass": ('{"user": "me", "pass": "hunter2"}', "hunter2"),
    "pass in a text": ("connect({'pass': 'hunter2', 'n': 1})", "hunter2"),
    "pass in json cut short": ('{"user": "me", "pass": "hunter2", "n', "hunter2"),
    "pass of a database": ("DB_PASS=hunter2 make", "hunter2"),
    "element": ("<user>me</user><password>hunter2</password>", "hunter2"),
    "element of a namespace": ("<wsse:Password>hunter 2</wsse:Password>", "hunter 2"),
    "go": ('password := "hunter2"', "hunter2"),
    "ruby": (":password => 'hunter2', :user => 'me'", "hunter2"),
    "php": ("$login = ['password'   => 'hunter2'];", "hunter2"),
    "php with double quotes": ('$login = ["db_password" => "hunter2 x"];', "hunter2"),
    "private key cut short": ("-----BEGIN EC " + "PRIVATE KEY-----\nMIIE", "MIIE"),
}  # fmt: skip
HARMLESS = (
    "sk-learn", "task-force", "bearer of news", "basic usage of the API", "Basic information follows",
    "max_tokens=5 and temperature=0.2", "the author", "the secret is out", "please reset my password",
    "https://example.org/path?page=2", "me@example.org", "$12.50", "0af7651916cd43dd8448eb211c80319c",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479", '{"token": "Hello", "input_tokens": 5}', "asia and Asia",
    '{"author": "me", "secretary": "you"}', "time://now", "skip-this-step", "task-1234567890123456",
    "risk-based-approach-2024-example", "secret sauce", "the password: it is on the note",
    "docker -u 1000:1000", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    '{"authority": "x", "token_count": 7}',
    "if auth == True:", "def login(password=None):", 'api_key=os.environ["KEY"]', "secret = ask()",
    "sk-learn-based-approach-2024-example", "hf_model_name_is_very_long_one", "npm_config_registry_default_x",
    "xai-chat-completion-model-2024", "pypi-simple-index-mirror-example", "phx_dynamic_module_loading_1",
    "4bf92f3577b34da6a3ce929d0e0e4736", "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "tokens: 5", "token: Hello", "X-Request-Id: 0af7651916cd43dd8448eb211c80319c", "a cookie: sweet",
    '{"headers": ["Authorization", "Content-Type"]}',
    '{"required": ["authorization", "email"], "names": ["password", "user"]}',
    '{"properties": {"password": {"type": "string", "description": "as chosen", "minLength": 8}}}',
    '{"next_page_token": "CAoQAA1234567890abcdef"}', "sudo -u app:app ls", "adduser --user me:you",
    "risky-1234567890123456789", "https://example.org/a?design=1234567890abcdefgh", "authentication failed",
    '{"tokens": 5, "token": "Hello", "next_page_token": "abc"}', "basic: yes",
    '{"pass": 12, "fail": 3}', '{"pass": "yes", "test": "pass"}', '{"first_pass": "hunter2"}',
    "pass: 5, fail: 2", '{"bypass": "hunter22"}', "<password></password>", "as <user>:<password>",
    "<Auth><Home/></Auth>",
    "password := ask()", "secret => { done() }", "auth => next()", '{"monkey": "a1b2c3d4", "openai_keys": 2}',
)  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_keys_of_providers_are_masked(name: str) -> None:
    text = f"use {SECRETS[name]}, please"

    assert mask_text(text) == f"use {MASK}, please"
    assert may_hold_secret(json.dumps({"a": text}).encode())


@pytest.mark.parametrize("name", IN_CONTEXT)
def test_secrets_are_masked_where_they_stand(name: str) -> None:
    text, secret = IN_CONTEXT[name]

    assert secret not in mask_text(text)
    assert MASK in mask_text(text)
    assert may_hold_secret(json.dumps({"a": text}).encode())


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_text(text) == text


def test_values_are_masked_by_their_keys() -> None:
    value = {"Password": "x", "nested": [{"x-api-key": "y", "max_tokens": 9}], "secret": None, "pwd": 12}

    assert mask_value(value) == {
        "Password": MASK, "nested": [{"x-api-key": MASK, "max_tokens": 9}], "secret": None, "pwd": MASK,
    }  # fmt: skip


def test_what_holds_none_is_the_same_object() -> None:
    value = {"a": ["text", {"b": 1}], "c": "more"}

    assert mask_value(value) is value


ANY_TEXT = st.text(alphabet=string.printable, max_size=40)
SECRET_TEXT = st.sampled_from([*SECRETS.values(), *(text for text, _ in IN_CONTEXT.values())])
KEYS = ["a", "password", "Api-Key", "content", "authorization", "token", "name", "value"]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), ANY_TEXT,
    st.text(max_size=9),
)  # fmt: skip


def json_values(scalars: st.SearchStrategy[object], keys: list[str]) -> st.SearchStrategy[object]:
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(keys), inner, max_size=3),
            inner.map(json.dumps),
        ),
        max_leaves=8,
    )


SECRET_VALUES = json_values(
    st.one_of(SCALARS, SECRET_TEXT, st.builds("{} {} {}".format, ANY_TEXT, SECRET_TEXT, ANY_TEXT)), KEYS
)
HARMLESS_VALUES = json_values(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(HARMLESS),
        st.text(alphabet=string.ascii_letters + " .,\n-", max_size=30),
    ),
    ["a", "author", "content", "max_tokens"],
)  # fmt: skip


@given(SECRET_VALUES)
@settings(max_examples=300, deadline=None)
def test_the_cheap_test_never_overlooks_what_would_be_masked(value: object) -> None:
    if mask_value(value) != value:
        assert may_hold_secret(json.dumps(value).encode())
        assert may_hold_secret(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@given(HARMLESS_VALUES)
@settings(max_examples=300, deadline=None)
def test_without_secrets_nothing_changes(value: object) -> None:
    text = json.dumps(value)

    assert mask_text(text) == text


def same_but_for_masks(before: object, after: object) -> bool:
    """Whether a value has the structure of another, and all that differs in it is masked."""
    if isinstance(before, dict) and isinstance(after, dict):
        return list(before) == list(after) and all(
            same_but_for_masks(before[key], after[key]) for key in before
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same_but_for_masks, before, after))
    if isinstance(before, str) and isinstance(after, str) and after not in (before, MASK):
        if before.lstrip()[:1] in ("{", "[", '"'):
            try:
                inner = json.loads(before)
            except ValueError:
                return MASK in after
            return same_but_for_masks(inner, json.loads(after))
        return MASK in after
    return (type(before) is type(after) and before == after) or after == MASK


@given(SECRET_VALUES, st.booleans(), st.sampled_from([None, (",", ":")]), st.sampled_from([None, None, 1]))
@settings(max_examples=300, deadline=None)
def test_json_stays_json_and_what_is_masked_stays_as_it_is(
    value: object, ascii_only: bool, separators: tuple[str, str] | None, indent: int | None  # noqa: FBT001
) -> None:  # fmt: skip
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators, indent=indent)

    masked = mask_text(text)

    assert same_but_for_masks(value, json.loads(masked))
    assert mask_text(masked) == masked


@given(st.lists(st.one_of(ANY_TEXT, SECRET_TEXT, SECRET_VALUES.map(json.dumps)), max_size=4).map(" ".join))
@example('\\"PASSWORD\\":\\" {"0":"","":""}')
@settings(max_examples=300, deadline=None)
def test_what_is_masked_stays_as_it_is_in_any_text(text: str) -> None:
    masked = mask_text(text)

    assert mask_text(masked) == masked


@pytest.mark.parametrize("name", IN_CONTEXT)
@pytest.mark.parametrize("texts", [1, 2, 3])
def test_secrets_are_masked_in_json_in_json(name: str, texts: int) -> None:
    text, secret = IN_CONTEXT[name]
    for _ in range(texts):
        text = json.dumps({"a": [text]})

    masked = mask_text(text)

    assert secret not in masked
    for _ in range(texts):
        masked = json.loads(masked)["a"][0]
    assert MASK in masked


def test_numbers_stay_as_they_are_spelled() -> None:
    text = '{"a": [1.10, 1e400, -0, 1E+05, 123456789012345678901234567890, NaN], "password": 1.50}'

    assert mask_text(text) == text.replace("1.50", f'"{MASK}"')


def test_what_is_nested_too_deep_to_be_looked_at_is_masked() -> None:
    value: object = {"password": "hunter2"}
    for _ in range(300):
        value = [value]

    assert "hunter2" not in json.dumps(mask_value(value))


@pytest.mark.parametrize(
    "hostile",
    ['"password' * 20_000, "://a:" * 40_000, "Bearer " * 30_000, "sk-" * 60_000,
     "\\" * 200_000 + '"password"',
     '{"password":' * 20_000, '["' * 50_000 + 'password="', "token=" * 50_000, "curl -u " * 30_000,
     'password="' + "\\" * 200_000, "cookie: a" * 30_000, "x-" * 90_000 + "key:", "Authorization: " * 20_000,
     "sk-a" * 60_000, "-----BEGIN PRIVATE KEY-----" * 8_000,
     "a-" * 100_000 + "=", "password=>" * 20_000, "<password>" * 20_000, "<" + "a" * 200_000 + "password>",
     '"pass":"' * 30_000, "password" + " " * 200_000 + '=>"', "<password>a" * 20_000,
     "eyJ" * 60_000, "password" * 25_000 + "="],
    ids=lambda text: text[:12],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    mask_text(hostile)


def test_every_rule_has_literals() -> None:
    assert all(rule.literals for rule in RULES)
