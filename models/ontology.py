"""Event types, their subtypes, and the codes of two other event ontologies that stand beside them.

The types are our own; PLOVER (type, mode, contexts) and CAMEO codes are stored for comparison with other data sets
and never decide a type. Neither ontology covers the field: illicit finance, labour export and statements have no
PLOVER type, so such rows hold an explicit None. Mode names are those of the PLOVER manual. Where the manual and
its CAMEO conversion file differ, the manual is followed: international sanctions are SANCTION/discontinue, easing
is RETREAT without a mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.vocabulary import EventType, Modality

__all__ = [
    "CAMEO_CODES",
    "PLOVER_CONTEXTS",
    "PLOVER_MODES",
    "QUADS",
    "SUBTYPES",
    "Codes",
    "codes_for",
]

PLOVER_MODES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "AGREE": frozenset(),
        "CONSULT": frozenset({"visit", "third-party", "multilateral", "phone"}),
        "SUPPORT": frozenset(),
        "CONCEDE": frozenset(),
        "COOPERATE": frozenset(),
        "AID": frozenset(),
        "RETREAT": frozenset({"withdraw", "release", "disarm", "ceasefire", "access", "resign"}),
        "REQUEST": frozenset({"assist", "change", "yield", "meet"}),
        "ACCUSE": frozenset({"disapprove", "investigate", "allege"}),
        "REJECT": frozenset({"assist", "change", "yield", "meet"}),
        "THREATEN": frozenset({"restrict", "arrest", "relations", "expel", "territory", "violence"}),
        "PROTEST": frozenset({"demo", "riot", "strike", "hunger", "boycott", "obstruct", "vandalize"}),
        "SANCTION": frozenset({"convict", "expel", "withdraw", "discontinue"}),
        "MOBILIZE": frozenset({"troops", "weapons", "police", "militia"}),
        "COERCE": frozenset(
            {"seize", "restrict", "censor", "curfew", "martial-law", "arrest", "deport", "withhold", "misinformation", "cyber"},
        ),
        "ASSAULT": frozenset(
            {
                "abduct",
                "beat",
                "torture",
                "sexual",
                "targeted",
                "destroy",
                "firearms",
                "explosives",
                "suicide-attack",
                "aerial",
                "drone",
                "heavy-weapons",
                "unconventional",
            },
        ),
    },
)
"""The sixteen PLOVER types with their modes."""

PLOVER_CONTEXTS = frozenset(
    {"military", "cyber", "cbrn", "crime", "migration", "diplomatic", "economic", "humanitarian", "technology", "executive"}
)
"""The PLOVER contexts that the table uses."""

CAMEO_CODES = frozenset(
    [
        "010",
        "025",
        "028",
        "030",
        "036",
        "040",
        "041",
        "042",
        "046",
        "054",
        "057",
        "062",
        "070",
        "071",
        "072",
        "073",
        "080",
        "083",
        "085",
        "087",
        "090",
        "100",
        "103",
        "104",
        "110",
        "111",
        "112",
        "115",
        "120",
        "123",
        "125",
        "129",
        "130",
        "131",
        "138",
        "139",
        "150",
        "152",
        "154",
        "160",
        "161",
        "163",
        "164",
        "171",
        "1711",
        "172",
        "173",
        "174",
        "176",
        "185",
        "190",
        "193",
        "194",
        "195",
    ],
)
"""The CAMEO codes that the table uses."""

QUADS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("AGREE", "CONSULT", "SUPPORT", "CONCEDE"), "VC"),
        **dict.fromkeys(("COOPERATE", "AID", "RETREAT"), "MC"),
        **dict.fromkeys(("REQUEST", "ACCUSE", "REJECT", "THREATEN"), "VN"),
        **dict.fromkeys(("PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"), "MN"),
    },
)
"""Quad class of each PLOVER type: verbal or material, cooperation or conflict."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of one kind of event. `plover` is "TYPE" or "TYPE/mode"; None says that the ontology has no such code."""

    plover: str | None
    contexts: tuple[str, ...]
    cameo: str | None
    quad: str | None


_Row = tuple[str | None, str, str | None]
"""PLOVER type and mode, contexts divided by blanks, CAMEO code."""

_SANCTION: Mapping[str | None, _Row] = {
    None: ("SANCTION/discontinue", "diplomatic", "163"),
    "impose": ("SANCTION/discontinue", "diplomatic crime", "163"),
    "extend": ("SANCTION/discontinue", "diplomatic", "163"),
    "enforce": ("SANCTION/discontinue", "diplomatic crime", "172"),
    "ease": ("RETREAT", "diplomatic", "085"),
    "lift": ("RETREAT", "diplomatic", "085"),
    "repatriation_order": ("SANCTION/expel", "diplomatic migration", "172"),
}

_CYBER_OP: Mapping[str | None, _Row] = {
    None: ("COERCE/cyber", "cyber", "176"),
    "theft": ("COERCE/cyber", "cyber crime", "171"),
    **dict.fromkeys(("intrusion", "ddos", "malware"), ("COERCE/cyber", "cyber", "176")),
    **dict.fromkeys(("ransomware", "phishing", "data_breach"), ("COERCE/cyber", "cyber crime", "176")),
    "espionage": ("COERCE/cyber", "cyber military", "176"),
}

_ILLICIT_FINANCE: Mapping[str | None, _Row] = dict.fromkeys(
    (None, "launder", "fund", "remit", "repatriate_funds", "smuggle", "evade", "fraud", "front_company"),
    (None, "crime", None),
)

_LABOR_EXPORT: Mapping[str | None, _Row] = dict.fromkeys(
    (None, "workers", "it_workers", "repatriate"),
    (None, "migration economic", None),
)

_MISSILE_LAUNCH: Mapping[str | None, _Row] = {
    **dict.fromkeys((None, "cruise", "artillery_rocket", "other"), ("MOBILIZE/weapons", "military", "150")),
    **dict.fromkeys(("ballistic", "satellite", "engine"), ("MOBILIZE/weapons", "military cbrn", "150")),
}

_NUCLEAR_TEST: Mapping[str | None, _Row] = dict.fromkeys(
    (None, "test", "subcritical", "preparation"),
    ("MOBILIZE/weapons", "cbrn", "150"),
)

_WEAPONS_PROGRAM: Mapping[str | None, _Row] = {
    **dict.fromkeys((None, "develop", "unveil", "produce", "expand"), ("MOBILIZE/weapons", "military technology", "150")),
    "enrich": ("MOBILIZE/weapons", "cbrn technology", "150"),
    **dict.fromkeys(("deploy_capability", "missile_defence"), ("MOBILIZE/weapons", "military", "154")),
}

_MILITARY_DRILL: Mapping[str | None, _Row] = {
    **dict.fromkeys((None, "unilateral", "naval", "air", "patrol_flight"), ("MOBILIZE/troops", "military", "150")),
    **dict.fromkeys(("joint", "tabletop"), ("COOPERATE", "military", "062")),
}

_FORCE_MOVE: Mapping[str | None, _Row] = {
    **dict.fromkeys((None, "deploy", "mobilise", "troops_abroad", "port_call"), ("MOBILIZE/troops", "military", "154")),
    "alert": ("MOBILIZE/troops", "military", "152"),
    "arms_transfer": ("AID", "military", "072"),
    "withdraw": ("RETREAT/withdraw", "military", "087"),
}

_ARMED_CLASH: Mapping[str | None, _Row] = {
    None: ("ASSAULT", "military", "190"),
    "attack": ("ASSAULT", "military", "190"),
    "shelling": ("ASSAULT/heavy-weapons", "military", "194"),
    "incursion": ("ASSAULT", "military", "190"),
    "gunfire": ("ASSAULT/firearms", "military", "193"),
    "balloon": ("ASSAULT/unconventional", "military", "190"),
    "drone": ("ASSAULT/drone", "military", "195"),
    "killing": ("ASSAULT/targeted", "military", "185"),
    "sabotage": ("ASSAULT/destroy", "military", "190"),
}

_MEETING: Mapping[str | None, _Row] = {
    None: ("CONSULT", "diplomatic", "040"),
    "summit": ("CONSULT/multilateral", "diplomatic executive", "046"),
    "talks": ("CONSULT", "diplomatic", "046"),
    "visit": ("CONSULT/visit", "diplomatic", "042"),
    "call": ("CONSULT/phone", "diplomatic", "041"),
    "hearing": ("CONSULT", "", "040"),
}

_AGREEMENT: Mapping[str | None, _Row] = {
    None: ("AGREE", "diplomatic", "030"),
    "draft": ("AGREE", "diplomatic", "030"),
    **dict.fromkeys(("sign", "adopt_resolution", "pass_bill", "joint_document", "treaty"), ("SUPPORT", "diplomatic", "057")),
}

_STATEMENT: Mapping[str | None, _Row] = dict.fromkeys(
    (None, "joint_statement", "report", "testimony", "interview", "press_release", "speech"),
    (None, "", "010"),
)

_CALL: Mapping[str | None, _Row] = {
    None: ("REQUEST", "", "100"),
    "assist": ("REQUEST/assist", "", "103"),
    "change": ("REQUEST/change", "", "104"),
    "yield": ("REQUEST/yield", "", "025"),
    "meet": ("REQUEST/meet", "diplomatic", "028"),
}

_THREAT: Mapping[str | None, _Row] = {
    None: ("THREATEN", "", "130"),
    "military": ("THREATEN/violence", "military", "138"),
    "relations": ("THREATEN/relations", "diplomatic", "130"),
    "restrict": ("THREATEN/restrict", "economic", "131"),
    "expel": ("THREATEN/expel", "diplomatic", "130"),
    "ultimatum": ("THREATEN", "", "139"),
}

_ACCUSATION: Mapping[str | None, _Row] = {
    None: ("ACCUSE", "", "110"),
    "disapprove": ("ACCUSE/disapprove", "", "111"),
    "allege": ("ACCUSE/allege", "", "112"),
    "attribute": ("ACCUSE/allege", "", "112"),
}

_REJECTION: Mapping[str | None, _Row] = {
    None: ("REJECT", "", "120"),
    "reject": ("REJECT", "", "120"),
    "deny": ("REJECT", "", "120"),
    "refuse": ("REJECT/change", "", "123"),
    "veto": ("REJECT/yield", "diplomatic", "129"),
    "boycott": ("REJECT/meet", "diplomatic", "125"),
}

_PLEDGE: Mapping[str | None, _Row] = dict.fromkeys((None, "vow", "commit", "reaffirm", "assure"), ("AGREE", "", "030"))

_LEGAL_ACTION: Mapping[str | None, _Row] = {
    None: ("COERCE", "crime", "172"),
    "arrest": ("COERCE/arrest", "crime", "173"),
    **dict.fromkeys(("charge", "indict", "sue"), ("ACCUSE/allege", "crime", "115")),
    "plead": (None, "crime", None),
    **dict.fromkeys(("convict", "sentence"), ("SANCTION/convict", "crime", "173")),
    "search": ("ACCUSE/investigate", "crime", "090"),
    "seize": ("COERCE/seize", "crime", "171"),
    "forfeit": ("COERCE/seize", "crime", "1711"),
    "extradite": ("COERCE/deport", "crime", "174"),
    "investigate": ("ACCUSE/investigate", "crime", "090"),
    "reward": (None, "crime", None),
}

_RELATIONS_CHANGE: Mapping[str | None, _Row] = {
    None: (None, "diplomatic", "160"),
    "sever": ("SANCTION/withdraw", "diplomatic", "161"),
    "suspend": ("SANCTION/discontinue", "diplomatic", "164"),
    "expel": ("SANCTION/expel", "diplomatic", "161"),
    "close": ("SANCTION/withdraw", "diplomatic", "161"),
    "restore": ("CONCEDE", "diplomatic", "080"),
    "open": ("RETREAT/access", "diplomatic", "080"),
    "recognise": ("SUPPORT", "diplomatic", "054"),
    "unblock": ("RETREAT/access", "diplomatic", "080"),
}

_AID: Mapping[str | None, _Row] = {
    None: ("AID", "humanitarian", "070"),
    "economic": ("AID", "economic", "071"),
    **dict.fromkeys(("food", "medical", "flood", "rescue", "relief_inspection"), ("AID", "humanitarian", "073")),
}

_PERSONNEL: Mapping[str | None, _Row] = {
    **dict.fromkeys((None, "appoint", "dismiss", "elect"), (None, "executive", None)),
    **dict.fromkeys(("defect", "die"), (None, "", None)),
    "resign": ("RETREAT/resign", "executive", "083"),
    "purge": ("SANCTION/expel", "executive", None),
}

_TABLE: Mapping[EventType, Mapping[str | None, _Row]] = MappingProxyType(
    {
        EventType.SANCTION: _SANCTION,
        EventType.CYBER_OP: _CYBER_OP,
        EventType.ILLICIT_FINANCE: _ILLICIT_FINANCE,
        EventType.LABOR_EXPORT: _LABOR_EXPORT,
        EventType.MISSILE_LAUNCH: _MISSILE_LAUNCH,
        EventType.NUCLEAR_TEST: _NUCLEAR_TEST,
        EventType.WEAPONS_PROGRAM: _WEAPONS_PROGRAM,
        EventType.MILITARY_DRILL: _MILITARY_DRILL,
        EventType.FORCE_MOVE: _FORCE_MOVE,
        EventType.ARMED_CLASH: _ARMED_CLASH,
        EventType.MEETING: _MEETING,
        EventType.AGREEMENT: _AGREEMENT,
        EventType.STATEMENT: _STATEMENT,
        EventType.CALL: _CALL,
        EventType.THREAT: _THREAT,
        EventType.ACCUSATION: _ACCUSATION,
        EventType.REJECTION: _REJECTION,
        EventType.PLEDGE: _PLEDGE,
        EventType.LEGAL_ACTION: _LEGAL_ACTION,
        EventType.RELATIONS_CHANGE: _RELATIONS_CHANGE,
        EventType.AID: _AID,
        EventType.PERSONNEL: _PERSONNEL,
        EventType.OTHER_KOREA: {None: (None, "", None)},
    },
)

_BY_MODALITY: Mapping[tuple[EventType, str | None, Modality], _Row] = MappingProxyType(
    {(EventType.MEETING, subtype, Modality.PLANNED): (plover, contexts, "036") for subtype, (plover, contexts, _) in _MEETING.items()},
)
"""Rows that hold for one modality only: CAMEO codes an intended meeting apart from one that took place."""

SUBTYPES: Mapping[EventType, frozenset[str]] = MappingProxyType(
    {kind: frozenset(name for name in rows if name is not None) for kind, rows in _TABLE.items()},
)
"""The closed list of subtypes of each type; an unknown subtype is None, never a free string."""


def codes_for(kind: EventType, subtype: str | None, modality: Modality) -> Codes:
    """Return the PLOVER and CAMEO codes of a kind of event; raises KeyError for a subtype that the type does not have."""
    plover, contexts, cameo = _BY_MODALITY.get((kind, subtype, modality)) or _TABLE[kind][subtype]
    quad = None if plover is None else QUADS[plover.partition("/")[0]]
    return Codes(plover, tuple(contexts.split()), cameo, quad)
