import msgspec

from keywitness.report.brief import brief


def words(document) -> str:
    made = brief(document)
    todo = [sentence for sentence, _ in made.todo]
    return "\n".join([*made.happened, *made.taken, *made.since, *made.unknown, *todo])


def test_five_questions_are_answered_with_numbers_of_the_document(sample):
    made = brief(sample.document())
    assert made.happened[0] == (
        "6 serious findings point to the account jordan.meyer@contoso.com, used from 203.0.113.77."
    )
    assert made.happened[1] == "All of them belong together and tell one story."
    assert made.taken[0] == "7 secrets and 1 certificate from 2 vaults must be treated as known to a stranger."
    assert "1 certificate the private key left" in made.taken[1]
    assert made.since == (
        "The first sign is of 14 March 2026, 08:52 UTC, 4 days before this report.",
        "What must be replaced was read on 14 March 2026 between 09:06 and 09:35 UTC.",
    )
    assert made.todo[0] == ("Replace 8 objects, private keys first", "rotate")


def test_acts_stand_in_the_order_of_an_attack_not_of_first_sight(sample):
    steps = [step.tactic for step in brief(sample.document()).steps]
    assert steps == ["Persistence", "PrivilegeEscalation", "DefenseEvasion", "CredentialAccess", "Discovery"]


def test_what_must_be_replaced_was_read_when_the_suspect_read_it(sample):
    """The trap: the first read of the object, which an application made days before."""
    item = next(item for item in sample.document().exposure if len(item.readers) > 1)
    document = msgspec.structs.replace(sample.document(), exposure=(item,))
    assert brief(document).since[1] == "What must be replaced was read on 14 March 2026, 09:06 UTC."


def test_nothing_found_is_no_all_clear(sample):
    """The trap: "nothing happened" of logs that cannot say so."""
    quiet = msgspec.structs.replace(sample.document(), findings=(), incidents=(), exposure=())
    made = brief(quiet)
    assert "nothing serious in the logs that there are" in made.happened[0]
    assert "Read this with what is unknown" in made.taken[0]
    assert "silent" in made.unknown[0]
    assert made.unknown[-1].startswith("Nothing before 5 March 2026")
    assert "coverage" in {place for _, place in made.todo}


def test_low_findings_are_not_told_as_an_attack(sample):
    low = tuple(one for one in sample.document().findings if one.severity == "low")
    document = msgspec.structs.replace(sample.document(), findings=low, incidents=(), exposure=())
    assert brief(document).steps == ()
    assert "jordan" not in words(document)


def test_times_that_are_none_are_not_told(sample):
    finding = msgspec.structs.replace(sample.document().findings[0], first_at="soon", last_at="")
    document = msgspec.structs.replace(sample.document(), findings=(finding,), exposure=(), made_at="")
    assert "soon" not in words(document)
