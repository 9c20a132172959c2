"""Meters: meter-mod, meter statistics and meter configuration (OpenFlow 1.3.5 7.3.4.4,
7.3.5.12, 7.3.5.13).

Invariant: a decoded meter-mod has a command and bands of types that exist.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from slicer.openflow import errors
from slicer.openflow.constants import OFPMC_DELETE
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.groups import Band, DropBand, DscpRemarkBand, ExperimenterBand
from slicer.openflow.messages import MeterMod
from slicer.openflow.multipart import MeterConfig, MeterConfigReply, MeterStats, MeterStatsReply
from slicer.openflow.v13.groups import decode_counters, encode_counters
from slicer.openflow.v13.wire import TLV, Codec, bad_length, check_least, walk

_MOD: Final = Struct("!HHI")
_CONFIG: Final = Struct("!HHI")
_STATS: Final = Struct("!IH6xIQQII")
_DROP: Final = Struct("!II4x")
_DSCP_REMARK: Final = Struct("!IIB3x")
_EXPERIMENTER: Final = Struct("!III")
_DROP_TYPE: Final = 1
_DSCP_REMARK_TYPE: Final = 2
_EXPERIMENTER_TYPE: Final = 0xFFFF

_FIXED: Final[dict[int, tuple[type[DropBand] | type[DscpRemarkBand], Struct]]] = {
    _DROP_TYPE: (DropBand, _DROP),
    _DSCP_REMARK_TYPE: (DscpRemarkBand, _DSCP_REMARK),
}


def _decode_bands(frame: bytes, offset: int, end: int, error: ErrorCode) -> tuple[Band, ...]:
    found: list[Band] = []
    for kind, start, stop in walk(frame, offset, end, "meter band", error, align=1):
        body = start + TLV.size
        if kind == _EXPERIMENTER_TYPE:
            check_least("meter band ExperimenterBand", stop - body, _EXPERIMENTER.size, error)
            rate, burst, experimenter = _EXPERIMENTER.unpack_from(frame, body)
            data = frame[body + _EXPERIMENTER.size : stop]
            found.append(ExperimenterBand(rate, burst, experimenter, data))
            continue
        if kind not in _FIXED:
            raise MalformedError(
                errors.METER_MOD_FAILED_BAD_BAND, f"meter band type {kind} is unknown"
            )
        cls, layout = _FIXED[kind]
        if stop - body != layout.size:
            expected = str(TLV.size + layout.size)
            raise bad_length(f"meter band {cls.__name__}", stop - start, expected, error)
        found.append(cls(*layout.unpack_from(frame, body)))
    return tuple(found)


def _encode_drop(band: DropBand) -> bytes:
    return TLV.pack(_DROP_TYPE, TLV.size + _DROP.size) + _DROP.pack(band.rate, band.burst_size)


def _encode_dscp_remark(band: DscpRemarkBand) -> bytes:
    header = TLV.pack(_DSCP_REMARK_TYPE, TLV.size + _DSCP_REMARK.size)
    return header + _DSCP_REMARK.pack(band.rate, band.burst_size, band.prec_level)


def _encode_experimenter(band: ExperimenterBand) -> bytes:
    header = TLV.pack(_EXPERIMENTER_TYPE, TLV.size + _EXPERIMENTER.size + len(band.data))
    return header + _EXPERIMENTER.pack(band.rate, band.burst_size, band.experimenter) + band.data


_ENCODERS: Final[dict[type[Band], Callable[[Any], bytes]]] = {
    DropBand: _encode_drop,
    DscpRemarkBand: _encode_dscp_remark,
    ExperimenterBand: _encode_experimenter,
}


def _encode_bands(bands: tuple[Band, ...]) -> bytes:
    unknown = [band for band in bands if type(band) not in _ENCODERS]
    if unknown:
        raise EncodeError(f"{unknown[0]!r} is no meter band of OpenFlow 1.3")
    return b"".join([_ENCODERS[type(band)](band) for band in bands])


def _decode_mod(xid: int, frame: bytes, offset: int) -> MeterMod:
    check_least("MeterMod", len(frame) - offset, _MOD.size)
    command, flags, meter_id = _MOD.unpack_from(frame, offset)
    if command > OFPMC_DELETE:
        raise MalformedError(
            errors.METER_MOD_FAILED_BAD_COMMAND,
            f"meter-mod command {command}, expected 0 to {OFPMC_DELETE}",
        )
    start = offset + _MOD.size
    bands = _decode_bands(frame, start, len(frame), errors.BAD_REQUEST_BAD_LEN)
    return MeterMod(xid, command, flags, meter_id, bands)


def _encode_mod(m: MeterMod) -> bytes:
    return _MOD.pack(m.command, m.flags, m.meter_id) + _encode_bands(m.bands)


def _decode_configs(xid: int, frame: bytes, offset: int) -> MeterConfigReply:
    found: list[MeterConfig] = []
    while offset < len(frame):
        left = len(frame) - offset
        check_least("meter configuration", left, _CONFIG.size)
        length, flags, meter_id = _CONFIG.unpack_from(frame, offset)
        if not _CONFIG.size <= length <= left:
            raise bad_length("meter configuration", length, f"{_CONFIG.size} to {left}")
        start, offset = offset + _CONFIG.size, offset + length
        bands = _decode_bands(frame, start, offset, errors.BAD_REQUEST_BAD_LEN)
        found.append(MeterConfig(flags, meter_id, bands))
    return MeterConfigReply(xid, tuple(found))


def _encode_configs(message: MeterConfigReply) -> bytes:
    parts: list[bytes] = []
    for config in message.entries:
        bands = _encode_bands(config.bands)
        parts.append(_CONFIG.pack(_CONFIG.size + len(bands), config.flags, config.meter_id))
        parts.append(bands)
    return b"".join(parts)


def _decode_stats(xid: int, frame: bytes, offset: int) -> MeterStatsReply:
    found: list[MeterStats] = []
    while offset < len(frame):
        left = len(frame) - offset
        check_least("meter statistics", left, _STATS.size)
        meter_id, length, *values = _STATS.unpack_from(frame, offset)
        if not _STATS.size <= length <= left:
            raise bad_length("meter statistics", length, f"{_STATS.size} to {left}")
        start, offset = offset + _STATS.size, offset + length
        counters = decode_counters("band counters", frame, start, offset)
        fields: tuple[Any, ...] = (meter_id, *values, counters)
        found.append(MeterStats(*fields))
    return MeterStatsReply(xid, tuple(found))


def _encode_stats(message: MeterStatsReply) -> bytes:
    parts: list[bytes] = []
    for s in message.entries:
        counters = encode_counters(s.band_stats)
        head = _STATS.pack(
            s.meter_id,
            _STATS.size + len(counters),
            s.flow_count,
            s.packet_in_count,
            s.byte_in_count,
            s.duration_sec,
            s.duration_nsec,
        )
        parts += (head, counters)
    return b"".join(parts)


METER_MOD: Final = Codec(_decode_mod, _encode_mod)
METER_CONFIG_REPLY: Final = Codec(_decode_configs, _encode_configs)
METER_STATS_REPLY: Final = Codec(_decode_stats, _encode_stats)
