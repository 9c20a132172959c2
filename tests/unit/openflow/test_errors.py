"""The table of errors: every one of OpenFlow 1.3.5, by its number and by its name."""

from ryu.ofproto import ofproto_v1_3 as ofproto

from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode, MalformedError, describe

PREFIXES = {
    "HELLO_FAILED": "OFPHFC_",
    "BAD_REQUEST": "OFPBRC_",
    "BAD_ACTION": "OFPBAC_",
    "BAD_INSTRUCTION": "OFPBIC_",
    "BAD_MATCH": "OFPBMC_",
    "FLOW_MOD_FAILED": "OFPFMFC_",
    "GROUP_MOD_FAILED": "OFPGMFC_",
    "PORT_MOD_FAILED": "OFPPMFC_",
    "TABLE_MOD_FAILED": "OFPTMFC_",
    "QUEUE_OP_FAILED": "OFPQOFC_",
    "SWITCH_CONFIG_FAILED": "OFPSCFC_",
    "ROLE_REQUEST_FAILED": "OFPRRFC_",
    "METER_MOD_FAILED": "OFPMMFC_",
    "TABLE_FEATURES_FAILED": "OFPTFFC_",
}


def test_types_have_the_numbers_ryu_has() -> None:
    for number, name in enumerate(errors.TYPES):
        assert getattr(ofproto, f"OFPET_{name}") == number


def test_codes_have_the_numbers_ryu_has() -> None:
    for error in errors.ALL.values():
        error_type, code = error.name.split("/")
        assert getattr(ofproto, PREFIXES[error_type] + code) == error.code
        assert errors.TYPES[error.type] == error_type


def test_every_code_ryu_has_is_there() -> None:
    for error_type, prefix in PREFIXES.items():
        for name in dir(ofproto):
            if name.startswith(prefix):
                assert f"{error_type}/{name.removeprefix(prefix)}" in {
                    error.name for error in errors.ALL.values()
                }


def test_a_constant_is_called_as_its_error() -> None:
    constants = {
        name: value for name, value in vars(errors).items() if isinstance(value, ErrorCode)
    }
    assert len(constants) == len(errors.ALL) + len(errors.BUNDLE_ERRORS)
    for name, error in constants.items():
        assert name == error.name.replace("/", "_")


def test_describe() -> None:
    assert describe(1, 6) == "BAD_REQUEST/BAD_LEN"
    assert describe(5, 99) == "FLOW_MOD_FAILED/99"
    assert describe(77, 2) == "77/2"
    assert describe(0xFFFF, 2600) == "EXPERIMENTER/2600"


def test_a_malformed_error_says_which_error_it_is() -> None:
    error = MalformedError(errors.BAD_MATCH_DUP_FIELD, "found two, expected one")
    assert error.error is errors.BAD_MATCH_DUP_FIELD
    assert str(error) == "BAD_MATCH/DUP_FIELD: found two, expected one"
    assert str(error.error) == "BAD_MATCH/DUP_FIELD"
