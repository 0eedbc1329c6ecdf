"""The condition language: what is documented is evaluated, what is not is refused with its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.access.conditions.evaluation import Circumstances, holds
from keywitness.access.conditions.parser import ConditionError, parse_condition
from keywitness.access.roles import builtin_roles, unreadable

WRITE = "Microsoft.Authorization/roleAssignments/write"
NAME = ("resource", "name1")


def ask(text, action="a/read", **attributes):
    known = {("resource", name.lower()): tuple(v) for name, v in attributes.items()}
    return holds(parse_condition(text), Circumstances(action, known))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the examples of Microsoft's page
        ("{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'blue', 'green'}", True),
        ("{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'orange', 'green'}", False),
        ("{'red', 'blue'} ForAllOfAnyValues:StringEquals {'orange', 'red', 'blue'}", True),
        ("{'red', 'blue'} ForAllOfAnyValues:StringEquals {'red', 'green'}", False),
        ("{10, 20} ForAnyOfAllValues:NumericLessThan {15, 18}", True),
        ("{10, 20} ForAllOfAllValues:NumericLessThan {5, 15, 18}", False),
        ("{10, 20} ForAllOfAllValues:NumericLessThan {25, 30}", True),
        ("{10, 20} ForAllOfAllValues:NumericLessThan {15, 25, 30}", False),
        ("@Resource[name1] StringLike 'a*c?'", True),
        ("@Resource[name1] StringLike 'A*C?'", False),
        ("@Resource[name1] StringLike 'a*c'", False),
        ("@Resource[name1] StringLikeIgnoreCase 'A*C?'", True),
        (r"@Resource[name1] StringLike 'a\*c?'", False),
        ("@Resource[NAME1] stringequals 'abcd'", True),
        ("@Resource[name1] StringNotStartsWith 'ab'", False),
        ("NOT Exists @Resource[name1]", False),
        ("Exists @Resource[nothing]", False),
        ("@Resource[other] StringEquals 'x'", None),
        ("@Resource[other] StringEquals 'x' OR true BoolEquals true", True),
        ("@Resource[other] StringEquals 'x' AND true BoolEquals false", False),
        ("@Resource[other] StringEquals 'x' && true boolequals true", None),
        ("'2022-06-01T00:00:00.0Z' DateTimeLessThan '2022-06-01T00:00:00.1Z'", True),
        ("{AAAAAAAA-0000-0000-0000-000000000000} ForAnyOfAnyValues:GuidEquals{aaaaaaaa000000000000000000000000}", True),
        ("ActionMatches{'A/*'}", True),
        ("!(ActionMatches{'a/read'} AND SubOperationMatches{'Blob.List'})", None),
        ("!(ActionMatches{'a/write'} AND SubOperationMatches{'Blob.List'})", True),
    ],
)
def test_documented_examples(text, expected):
    assert ask(text, name1=["abcd"], nothing=[]) is expected


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "ends too early", 0),
        ("@Resource[a] StringEquals", "a value is missing", 25),
        ("@Resource[a] Sounds 'x'", "no comparison", 13),
        ("@Somewhere[a] StringEquals 'x'", "no source", 0),
        ("ActionMatches{'a'} AND ActionMatches{'b'} OR ActionMatches{'c'}", "mixed without parentheses", 42),
        ("(ActionMatches{'a'}", "')' is missing", 19),
        ("ActionMatches{'a'} ; drop", "unexpected", 19),
        ("(" * 500 + "true BoolEquals true" + ")" * 500, "nested too deeply", None),
        ("!" * 5000 + "ActionMatches{'a'}", "nested too deeply", None),
    ],
)
def test_what_is_not_the_language_is_refused_with_its_place(text, message, at):
    with pytest.raises(ConditionError, match=re.escape(message)) as refused:
        parse_condition(text)
    assert at is None or refused.value.at == at


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """Never another error, whatever an export holds."""
    assert unreadable(text) or parse_condition(text)


@given(st.recursive(st.sampled_from([True, False, None]), lambda s: st.tuples(st.sampled_from(["AND", "OR"]), s, s)))
def test_three_values_as_kleene_has_them(tree):
    leaves = {True: "true BoolEquals true", False: "true BoolEquals false", None: "@Resource[x] StringEquals 'x'"}

    def text(t):
        return leaves[t] if t in (True, False, None) else f"({text(t[1])} {t[0]} {text(t[2])})"

    def truth(t):
        if not isinstance(t, tuple):
            return t
        values = [truth(t[1]), truth(t[2])]
        wins = t[0] == "OR"
        return wins if wins in values else None if None in values else not wins

    assert ask(text(tree)) is truth(tree)


def test_every_condition_of_the_built_in_roles_is_understood():
    conditions = [b.condition for r in builtin_roles().values() for b in r.blocks if b.condition]
    assert len(conditions) > 20
    assert [c for c in conditions if unreadable(c)] == []


def test_the_data_access_administrator_gives_only_the_roles_of_its_condition():
    """Trap: roleAssignments/write under a condition is neither everything nor nothing."""
    role = builtin_roles()["8b54135c-b56d-4d72-a534-26097cfdc8d8"]
    written = parse_condition(role.blocks[0].condition)

    def gives(role_id):
        known = {("request", "microsoft.authorization/roleassignments:roledefinitionid"): (role_id,)}
        return holds(written, Circumstances(WRITE, known))

    assert gives("4633458b-17de-408a-b874-0445c86b69e6") is True  # Key Vault Secrets User
    assert gives("8e3af657-a8ff-443c-a75c-2fe8c4bcb635") is False  # Owner
    assert gives("db79e9a7-68ee-4b58-9aeb-b90e7c24fcba") is False  # Certificate User, which reads private keys
    assert holds(written, Circumstances(WRITE)) is None
    assert holds(written, Circumstances("Microsoft.KeyVault/vaults/read")) is True
