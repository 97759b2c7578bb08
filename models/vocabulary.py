"""Closed vocabularies of the domain, each value with its definition.

The definitions are the ones a researcher reads in the codebook. A value that is not listed here cannot be
stored: the tables carry these enumerations as constraints.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = [
    "AmountRole",
    "ArgumentRole",
    "AttributionKind",
    "BodyStatus",
    "Bound",
    "CandidateReason",
    "DateSource",
    "DefinedEnum",
    "EventType",
    "FailureClass",
    "FeedKind",
    "FeedOutcome",
    "FetchOutcome",
    "Genericity",
    "Label",
    "LinkStatus",
    "Modality",
    "Precision",
    "QuantityRole",
    "RelationKind",
    "ReviewStatus",
    "StageState",
    "Via",
]


class DefinedEnum(StrEnum):
    """A string enumeration whose members carry their definition: `NAME = "value", "definition"`."""

    definition: str

    def __new__(cls, value: str, definition: str = "") -> Self:
        """Make a member that is the string `value` and knows its `definition`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.definition = definition
        return member


class Label(DefinedEnum):
    """Kinds of named mention."""

    PERSON = "PERSON", "A named human being."
    AGENCY = "AGENCY", "A body of a state or of states: ministry, service, army, parliament, court, UN organ, ruling party organ."
    ORG = "ORG", "Every other named organisation: company, bank, exchange, medium, party, NGO, hacking group."
    PLACE = "PLACE", "A country, region, city, sea, site or base; also where the name stands for a government."
    VESSEL = "VESSEL", "A named ship or aircraft, by its own name."
    WEAPON = "WEAPON", "A named weapon system or type."
    MALWARE = "MALWARE", "A named malware, exploit or hacking campaign."


class CandidateReason(DefinedEnum):
    """Why a span that may be a name was not taken as a mention."""

    UNSURE = "unsure", "Its score is under the threshold of names."
    OVERRULED = "overruled", "Another find over the same words was preferred."


class EventType(DefinedEnum):
    """Types of event."""

    SANCTION = "SANCTION", "An authority imposes, extends, enforces, eases or lifts sanctions, designations, bans or freezes."
    CYBER_OP = "CYBER_OP", "Hack, theft by hacking, intrusion, ransomware, phishing, malware campaign, data breach, espionage."
    ILLICIT_FINANCE = "ILLICIT_FINANCE", "Laundering, funding weapons, remitting, smuggling, evading sanctions, fraud, front companies."
    LABOR_EXPORT = "LABOR_EXPORT", "Sending, hosting, employing or repatriating DPRK workers abroad; IT-worker placements."
    MISSILE_LAUNCH = "MISSILE_LAUNCH", "Launch or test of missiles, rockets, satellites, artillery rockets or engines; failed ones too."
    NUCLEAR_TEST = "NUCLEAR_TEST", "A nuclear test."
    WEAPONS_PROGRAM = "WEAPONS_PROGRAM", "Developing, producing, unveiling or deploying weapons or nuclear capability; enrichment."
    MILITARY_DRILL = "MILITARY_DRILL", "Exercises, drills, joint training, patrol flights."
    FORCE_MOVE = "FORCE_MOVE", "Deployment or withdrawal of troops and assets, mobilisation, arms transfer, port calls."
    ARMED_CLASH = "ARMED_CLASH", "Attack, shelling, incursion, firing, balloons or drones over the border, killing, sabotage."
    MEETING = "MEETING", "Summit, talks, visit, telephone call, hearing."
    AGREEMENT = "AGREEMENT", "Agreement, treaty, adopted resolution, passed bill, joint document drafted or signed."
    STATEMENT = "STATEMENT", "A formal statement, report, testimony, interview or press release that is itself news."
    CALL = "CALL", "Urge, demand, call for, appeal, request."
    THREAT = "THREAT", "Threaten, warn of harm, ultimatum."
    ACCUSATION = "ACCUSATION", "Accuse, blame, condemn, allege, attribute an attack to someone."
    REJECTION = "REJECTION", "Reject, deny, refuse, veto, boycott."
    PLEDGE = "PLEDGE", "Vow, promise, commit, reaffirm a commitment."
    LEGAL_ACTION = "LEGAL_ACTION", "Arrest, charge, indict, plead, convict, sentence, search, seize, extradite, investigate, sue, reward."
    RELATIONS_CHANGE = "RELATIONS_CHANGE", "Sever, suspend, restore, open or close ties, borders, channels or zones; expel; recognise."
    AID = "AID", "Humanitarian or economic aid, rescue, flood relief."
    PERSONNEL = "PERSONNEL", "Appoint, resign, dismiss, elect, defect, die, purge."
    OTHER_KOREA = "OTHER_KOREA", "A specific event about Korea that no other type fits."


class Modality(DefinedEnum):
    """What the article says of an event."""

    ASSERTED = "asserted", "Presented as fact, past or ongoing."
    ALLEGED = "alleged", "Accused, suspected or reported without confirmation."
    PLANNED = "planned", "Scheduled or announced for the future."
    POSSIBLE = "possible", "May, could, under consideration."
    CALLED_FOR = "called_for", "Urged or demanded by someone."
    DENIED = "denied", "Negated or denied."


class Bound(DefinedEnum):
    """How the value of an amount is bounded."""

    EXACT = "exact", "The value as given."
    APPROX = "approx", "About the value."
    AT_LEAST = "at_least", "The value or more."
    AT_MOST = "at_most", "The value or less."


class Precision(DefinedEnum):
    """Precision of an event date."""

    DAY = "day", "A calendar day."
    WEEK = "week", "A week, Sunday to Saturday."
    MONTH = "month", "A month."
    QUARTER = "quarter", "A quarter of a year."
    YEAR = "year", "A year."
    RANGE = "range", "From one date to another."
    RELATIVE_UNRESOLVED = "relative_unresolved", "A relative date that could not be resolved."
    UNKNOWN = "unknown", "No date is stated."


class ArgumentRole(DefinedEnum):
    """Roles of event arguments."""

    ACTOR = "actor", "Who does it."
    TARGET = "target", "To whom or against whom."
    PLACE = "place", "Where it happens."
    SPEAKER = "speaker", "To whom the claim is attributed."


class Via(DefinedEnum):
    """How an argument was found."""

    DIRECT = "direct", "Named in the clause of the trigger."
    METONYM = "metonym", "A capital or region that stands for a state."
    APPOSITION = "apposition", "Through an apposition."
    COREF = "coref", "Through an earlier mention of the same entity."
    BRACKET = "bracket", "Through an acronym in brackets."
    CONTEXT = "context", "From the sentences around the trigger."


class AttributionKind(DefinedEnum):
    """How a claim is attributed."""

    DIRECT_QUOTE = "direct_quote", "In quotation marks."
    INDIRECT = "indirect", "Reported speech, or 'according to'."
    PER_DOCUMENT = "per_document", "A report, statement or letter says so."
    OUTLET = "outlet", "Another medium says so."
    UNATTRIBUTED = "unattributed", "The article's own voice."


class Genericity(DefinedEnum):
    """Whether an event is a single occurrence."""

    SPECIFIC = "specific", "A single occurrence."
    HABITUAL = "habitual", "Conduct told as repeated fact."


class AmountRole(DefinedEnum):
    """What an amount is in its event."""

    STOLEN = "stolen", "Taken by theft."
    LAUNDERED = "laundered", "Moved to hide its origin."
    SEIZED = "seized", "Taken by an authority."
    AID = "aid", "Given as aid."
    FINE = "fine", "Imposed as a penalty."
    EARNED = "earned", "Earned or generated."
    REWARD = "reward", "Offered for information."
    OTHER = "other", "Any other relation."


class QuantityRole(DefinedEnum):
    """Countings and measures of an event."""

    COUNT = "count", "Number of missiles, rounds, drones."
    RANGE_KM = "range_km", "Distance flown, in kilometres."
    ALTITUDE_KM = "altitude_km", "Highest altitude, in kilometres."
    PERSONS = "persons", "Number of persons."
    ENTITIES = "entities", "Number of entities."
    VESSELS = "vessels", "Number of vessels."
    KILLED = "killed", "Number of persons killed."
    WOUNDED = "wounded", "Number of persons wounded."
    YIELD_KT = "yield_kt", "Explosive yield, in kilotons."


class RelationKind(DefinedEnum):
    """Relations between two events."""

    REPORTED_BY = "reported_by", "The first is told in the statement that is the second."
    CONTENT_OF = "content_of", "The first is what the second calls for, threatens, denies, pledges or alleges."
    REASON_FOR = "reason_for", "The first is given as the reason for the second."
    FOLLOWS = "follows", "The first comes after the second."


class DateSource(DefinedEnum):
    """Where a publication time was found, most trusted first."""

    JSONLD = "jsonld", "JSON-LD datePublished of the page."
    META = "meta", "A meta element or itemprop of the page."
    TIME = "time", "A time element of the page."
    FEED = "feed", "The feed's own date of the item."
    URL = "url", "A date in the address."
    HTMLDATE = "htmldate", "Guessed from the page by htmldate."
    FETCHED = "fetched", "The time of fetching, for want of anything better."
    GIVEN = "given", "Given with the input document."


class BodyStatus(DefinedEnum):
    """How complete an article's text is."""

    FULL = "full", "Extracted from the page."
    JSON = "json", "From JSON inside the page."
    FEED = "feed", "The full text of the feed item."
    SUMMARY = "summary", "Only the feed's summary."
    TEASER = "teaser", "The page shows only the beginning."
    EMPTY = "empty", "No text was found."
    BLOCKED = "blocked", "The site refused or showed a challenge."


class FeedKind(DefinedEnum):
    """What kind of source a feed is."""

    WIRE = "wire", "News agency."
    NEWSPAPER = "newspaper", "Newspaper."
    BROADCASTER = "broadcaster", "Radio or television."
    GOVERNMENT = "government", "Ministry, department or service."
    INTERNATIONAL_ORG = "international_org", "The UN, the EU or another body of states."
    SPECIALIST = "specialist", "Medium that covers the DPRK."
    THINK_TANK = "think_tank", "Research institute."
    NGO = "ngo", "Non-governmental organisation."
    MAGAZINE = "magazine", "Magazine."
    CRYPTO_PRESS = "crypto_press", "Press of the crypto-asset business."
    CYBER_PRESS = "cyber_press", "Press on computer security."
    VENDOR_RESEARCH = "vendor_research", "Research of a security company."
    STATE_MEDIA = "state_media", "Medium of a state."
    STATE_MEDIA_MIRROR = "state_media_mirror", "Copy of a medium of a state, kept by others."


class FeedOutcome(DefinedEnum):
    """What a poll of one feed brought."""

    OK = "OK", "Parsed, with entries."
    NOT_MODIFIED = "NOT_MODIFIED", "304, or the same body as last time."
    DEAD = "DEAD", "An error with a reason."
    EMPTY = "EMPTY", "Parsed, but without entries."
    HTML = "HTML", "A web page instead of a feed."
    SILENT = "SILENT", "Answered, but a feed that brings news every day has brought nothing new for a day."
    GAP = "GAP", "Parsed, but its oldest entry is newer than the newest one of the last time: entries may have gone unread."
    WAITING = "WAITING", "Not due yet, so not polled."
    OFF = "OFF", "Switched off in feeds.yaml, or for good by the site (410)."

    @property
    def polled(self) -> bool:
        """Whether the feed was asked at all."""
        return self not in {FeedOutcome.WAITING, FeedOutcome.OFF}

    @property
    def answered(self) -> bool:
        """Whether the site answered as a feed answers, with entries or with nothing new."""
        return self.good or self in {FeedOutcome.SILENT, FeedOutcome.GAP}

    @property
    def good(self) -> bool:
        """Whether nobody needs to look at it."""
        return self in {FeedOutcome.OK, FeedOutcome.NOT_MODIFIED}


class FetchOutcome(DefinedEnum):
    """How one request ended."""

    OK = "ok", "A body was received."
    NOT_MODIFIED = "not_modified", "304."
    FAILED = "failed", "No usable body; the class and the message say why."


class FailureClass(DefinedEnum):
    """What a failure means for the next attempt."""

    HARD = "hard", "Will not mend by itself."
    SOFT = "soft", "May mend: 404, 429, server errors, names that do not resolve."
    TEMPORARY = "temporary", "Likely to mend soon: time-outs, broken connections."


class StageState(DefinedEnum):
    """Where an item stands in one stage."""

    PENDING = "pending", "Waiting to be done."
    DONE = "done", "Done; its output is stored."
    SKIPPED = "skipped", "Not done, for the stated reason."
    FAILED = "failed", "Failed; to be tried again."
    QUARANTINED = "quarantined", "Failed for good; the input is kept."


class LinkStatus(DefinedEnum):
    """What became of a candidate link to a list entry."""

    AUTO = "auto", "Name and context agree: shown as matched, until an editor decides."
    REVIEW = "review", "Not sure enough, ambiguous or not yet listed: waits for an editor, not shown as matched."
    REJECTED = "rejected", "Contradicted by the context: kept for audit."


class ReviewStatus(DefinedEnum):
    """Where a record stands between machine and editor."""

    AUTO = "auto", "Made by the machine; no editor has decided."
    ACCEPTED = "accepted", "Accepted by an editor."
    EDITED = "edited", "Accepted by an editor with changes."
    REJECTED = "rejected", "Rejected by an editor."
