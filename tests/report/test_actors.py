import msgspec

from keywitness.report.actors import addresses, identities


def test_everything_of_one_identity_stands_together(sample):
    document = sample.document()
    (one,) = identities(document)
    assert one.name == sample.INTRUDER
    assert len(one.findings) == len(document.findings)
    assert {session.id for session in one.sessions} == {"S0001", "S0002", "S0003"}
    assert sum(read.item.rotate_now for read in one.reads) == 8
    assert one.others == (sample.ADDRESS,)
    assert {event.identity for event in one.events} == {sample.INTRUDER}


def test_everything_from_one_address_stands_together(sample):
    (one,) = addresses(sample.document())
    assert (one.name, one.others) == (sample.ADDRESS, (sample.INTRUDER,))
    assert len(one.events) == len(set(one.events)) > 0


def test_another_reader_of_the_same_object_is_not_mixed_in(sample):
    """The trap: reads counted by object, so that the application's reads become the intruder's."""
    (one,) = identities(sample.document())
    assert {read.reader.identity for read in one.reads} == {sample.INTRUDER}


def test_a_name_spelt_in_another_case_is_the_same(sample):
    document = sample.document()
    loud = msgspec.structs.replace(document.findings[0], id="loud", identities=(sample.INTRUDER.upper(),))
    actors = identities(msgspec.structs.replace(document, findings=(*document.findings, loud)))
    assert [len(one.findings) for one in actors] == [len(document.findings) + 1]


def test_a_finding_of_many_does_not_say_who_was_where(sample):
    """The trap: two callers and two addresses in one finding, each taken to have used both."""
    finding = msgspec.structs.replace(
        sample.document().findings[0],
        identities=("a@contoso.com", "b@contoso.com"),
        addresses=("192.0.2.1", "192.0.2.2"),
    )
    document = msgspec.structs.replace(sample.document(), findings=(finding,), sessions=(), exposure=(), timeline=())
    assert [one.others for one in (*identities(document), *addresses(document))] == [()] * 4


def test_the_worst_stand_first_and_anchors_are_unique(sample):
    document = sample.document()
    low = msgspec.structs.replace(document.findings[0], id="low", severity="low", identities=("aa@contoso.com",))
    actors = identities(msgspec.structs.replace(document, findings=(low, *document.findings)))
    assert [one.name for one in actors] == [sample.INTRUDER, "aa@contoso.com"]
    assert len({one.anchor for one in actors}) == 2
