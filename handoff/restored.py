"""The desk's store was put back to an older copy: staff hear of it, group and intake how every case stands now."""

from handoff import cards, cases, claims, people, teknis
from handoff.work import Work
from storage.framing import Unreadable

SET_BACK = "set_back_desk"


def tell(work: Work) -> None:
    """Whoever took, answered or closed a case since the copy has to be told; a reporter reads what is true again."""
    teknis.trouble(work, SET_BACK)
    for case in cases.listed(work):
        try:
            known = cases.about(work, case)
        except Unreadable:
            continue  # of an epoch that is not ours any more: nobody can say whose it is
        # What became of its card since the copy is not known: it may have lost its button, or have one too many.
        if case.owner is None:
            cards.post(work, case)
        else:
            cards.refresh(work, case)
        if known.thread is None:
            continue
        work.letter("reopened", thread=known.thread)
        if case.owner is None or known.inherited:
            work.letter("released", thread=known.thread)
        else:
            claims.tell_reporter(work, case, people.member(work, case.owner))
