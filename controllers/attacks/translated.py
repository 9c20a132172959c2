"""Translated: the attempts of `controllers/attempts.py` as attacks.

Those are Ryu messages that try to change, or to reach, what is not the tenant's. Invariant: each
attempt is an attack, with the errors that it must be answered by.
"""

import time
from collections.abc import Mapping
from typing import Final

from controllers.attacks.attack import COOKIE, Attack, Field, Must, accepted, refused
from controllers.attempts import ATTEMPTS, Attempt, Due
from controllers.target import Target

ERRORS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(errors)
    for name, errors in {
        "output to NORMAL, TABLE, ANY": {"OFPBAC_BAD_OUT_PORT"},
        "packet-out to port 9999": {"OFPBAC_EPERM"},
        "packet-out from another port": {"OFPBRC_BAD_PORT"},
        "go to tables 251 to 254": {"OFPBIC_BAD_TABLE_ID"},
        "write to tables 251 to 254": {"OFPFMFC_BAD_TABLE_ID"},
        "set the slicer's registers": {"OFPBAC_BAD_SET_TYPE", "OFPBAC_BAD_EXPERIMENTER"},
        "match the slicer's registers": {"OFPBMC_BAD_FIELD"},
        "resubmit to slicer's tables": {"OFPBAC_BAD_EXPERIMENTER"},
        "use the slicer's groups": {"OFPBAC_BAD_OUT_GROUP"},
        "change the slicer's groups": {"OFPGMFC_UNKNOWN_GROUP"},
        "have fragments dropped": {"OFPSCFC_BAD_FLAGS"},
        "send Nicira's own messages": {"OFPBRC_BAD_EXPERIMENTER"},
        "send malformed messages": {"OFPBRC_BAD_LEN", "OFPBRC_BAD_TYPE"},
    }.items()
}
"""What attempts that must be refused are answered by."""
SEEN: Final = "the victim's traffic and flows, and every host's packets"


def attack(attempt: Attempt) -> Attack:
    """The attack that an attempt is."""

    def run(field: Field) -> None:
        with field.sessions() as sessions:
            for session in sessions:
                messages = attempt.messages(Target(session, COOKIE))
                if attempt.due is Due.ERROR:
                    refused(session, messages, ERRORS[attempt.name])
                else:
                    accepted(session, messages)
            time.sleep(field.dwell)

    run.__doc__ = attempt.messages.__doc__
    must = Must.REFUSE if attempt.due is Due.ERROR else Must.CONFINE
    return Attack(attempt.name, must, SEEN, run)


ATTACKS: Final = tuple(map(attack, ATTEMPTS))
