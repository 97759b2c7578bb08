"""Records of the review desk: what waits for an editor, what was decided, and by whom.

An item is one question. Its key is made of content alone, so that the same question is not asked again when the same thing is read again.
What the machine says (`Item.value`) and what editors decided (`Decision`) stand side by side; neither is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.vocabulary import DefinedEnum

__all__ = [
    "ROLE_RANK",
    "Activity",
    "Agreement",
    "Asked",
    "Batch",
    "Candidate",
    "Comment",
    "Counts",
    "Decision",
    "Disagreement",
    "Editor",
    "EditorRole",
    "Evidence",
    "Item",
    "ItemKind",
    "ItemState",
    "ItemView",
    "KindAgreement",
    "ListRecordShown",
    "Preview",
    "QueueFilter",
    "RefreshReport",
    "SavedQueue",
    "Sentence",
    "Subject",
    "Value",
    "Verdict",
]

Value = Mapping[str, Any]
"""What is said of an item, field by field, ready for JSON; `pipeline.review.values` declares the fields of each kind."""


class ItemKind(DefinedEnum):
    """What an item asks."""

    NAME = "name", "Whether a form of words names this entity, wherever it stands."
    ENTITY = "entity", "Whether someone or something new, met in the news alone, is what the machine takes it for."
    LISTED = "listed", "Whether an entity of the news is an entry of a sanctions list."
    OFFICE = "office", "Whether a person holds this office in this body."
    EVENT = "event", "Whether an event is told, and who does what to whom, when, where, how much, according to whom."
    AMOUNT = "amount", "Whether an amount is read and converted rightly."
    MERGE = "merge", "Whether two events, or two entities, are one."


class ItemState(DefinedEnum):
    """Where an item stands."""

    OPEN = "open", "It waits for a decision."
    DECIDED = "decided", "It is decided; it comes back only where text and reading changed."
    DISPUTED = "disputed", "Two editors decided otherwise: a third person or an admin closes it."
    WITHDRAWN = "withdrawn", "The machine says it no more, and nobody had decided it."


class Verdict(DefinedEnum):
    """What a decision says. The last three speak of other decisions."""

    ACCEPT = "accept", "It is so."
    REJECT = "reject", "It is not so."
    UNSURE = "unsure", "It cannot be told from the text; the item is not asked of this editor again."
    EDIT = "edit", "It is so with the values given."
    MERGE = "merge", "It is one with another event or entity, which stands for it."
    SPLIT = "split", "Some of its places, or one of the events it stands for, are something else."
    ADD = "add", "The machine missed it."
    UNDO = "undo", "An earlier decision no longer holds."
    REDO = "redo", "A decision that was undone holds again."
    REOPEN = "reopen", "Text and reading changed since it was decided: it is asked again. Said by the machine alone."


class EditorRole(DefinedEnum):
    """What someone may do at the desk."""

    VIEWER = "viewer", "Looks at everything and decides nothing."
    EDITOR = "editor", "Decides items, and undoes decisions of their own."
    ADMIN = "admin", "Decides disputes, undoes decisions of others, and keeps the accounts."


ROLE_RANK: Mapping[EditorRole, int] = {EditorRole.VIEWER: 0, EditorRole.EDITOR: 1, EditorRole.ADMIN: 2}
"""Each role may do what those below it may."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Someone who sits at the desk. `keys` maps actions to keys where they differ from the usual ones."""

    id: str
    name: str
    role: EditorRole
    keys: Mapping[str, str] = field(default_factory=dict)

    def may(self, role: EditorRole) -> bool:
        """Tell whether they may do what a role may."""
        return ROLE_RANK[self.role] >= ROLE_RANK[role]


@dataclass(frozen=True, slots=True)
class Subject:
    """One stored row that an item is about, and where it stands.

    `table` says in words of what `row_id` is the id: "mention", "candidate" (a span that may be a name), "link", "event", "amount", "merge"
    (a decision of the machine on two events), "entity", or "office" (a mention, as that which gives its bearer an office).
    """

    table: str
    row_id: str
    version_id: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the newest version of one article puts it, or a comparison of two events or entities; items are made of these.

    `key` is the content by which the question is known, whichever rows it is made of. `scores` has the score of each subject. `text` are
    the words on which the reading rests, where the key does not hold them itself. `usd`, `listed` (a party is on a sanctions list, or may
    be) and `core` (the article is about it) tell what hangs on it.
    """

    kind: ItemKind
    key: tuple[str, ...]
    title: str
    value: Value
    subjects: tuple[Subject, ...]
    scores: tuple[float, ...]
    form: str
    component: str
    component_version: str
    candidate: str | None = None
    label: str | None = None
    lang: str | None = None
    publisher: str | None = None
    source_list: str | None = None
    article: str | None = None
    text: str = ""
    usd: float | None = None
    listed: bool = False
    core: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `title` is what it is about, in words; `subjects` are the rows that a verdict is of.

    `uncertainty` (0 sure, 1 not at all) times `impact` (what hangs on it) is the `priority`. `sampled` items are sure ones drawn at random,
    by which precision is measured. `twice` items are decided by two editors. `text_hash` and `value_hash` tell whether the sentences and
    what the machine says of them changed; `component` and its version say what made it. `revision` counts how often it was reopened.
    Of the subjects, `n_subjects` in all, some or none may be given.
    """

    id: str
    kind: ItemKind
    title: str
    value: Value
    subjects: tuple[Subject, ...]
    form: str
    candidate: str | None
    label: str | None
    lang: str | None
    publisher: str | None
    source_list: str | None
    score: float
    uncertainty: float
    impact: float
    priority: float
    component: str
    component_version: str
    text_hash: str
    value_hash: str
    n_subjects: int
    first_seen_at: datetime
    seen_at: datetime
    sampled: bool = False
    twice: bool = False
    revision: int = 0
    state: ItemState = ItemState.OPEN


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the record of decisions, which is only ever added to; `number` is its place in it.

    `excepted` are the ids of rows that the verdict does not hold for; `undoes` is the decision that an undo takes back, or the undo that
    a redo does; `batch` joins decisions that were made, and are undone, together.
    """

    number: int
    id: str
    item_id: str
    kind: ItemKind
    revision: int
    verdict: Verdict
    before: Value
    after: Value
    excepted: tuple[str, ...]
    editor: str
    at: datetime
    batch: str | None
    undoes: str | None
    component: str
    component_version: str
    model_version: str | None
    knowledge_version: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which items: empty parts mean all. `since` is when an item was first seen; `text` is looked for in titles and forms."""

    kinds: tuple[ItemKind, ...] = ()
    states: tuple[ItemState, ...] = (ItemState.OPEN,)
    labels: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    since: datetime | None = None
    score_min: float | None = None
    score_max: float | None = None
    text: str | None = None
    sampled: bool | None = None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with one before and one after it, as one article version has them; offsets of `marks` are those of `text`.

    Each mark is start, end, and what it is: "subject", "trigger", "actor", "target", "place", "speaker", "amount", "time", "name".
    """

    subject: Subject
    article_id: str
    version_id: str
    article_title: str
    publisher: str
    url: str
    lang: str
    published_at: datetime | None
    text: str
    text_start: int
    marks: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against, in words, with its weight in log-odds where it has one; `weight` above 0 speaks for it."""

    why: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class ListRecordShown:
    """An entry of a sanctions list as the desk shows it."""

    entry: str
    source: str
    name: str
    aliases: tuple[str, ...]
    programs: tuple[str, ...]
    birth_dates: tuple[str, ...]
    title: str | None
    listed_on: str | None
    list_version: str
    delisted: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entity, entry or event that an item may be: chosen by its number on the desk. `description` tells it from others of the name."""

    id: str
    name: str
    description: str
    score: float | None = None
    evidence: tuple[Evidence, ...] = ()
    record: ListRecordShown | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What an editor wrote at an item."""

    number: int
    item_id: str
    editor: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with all that an editor needs to decide it, without a look at the database.

    `evidence` speaks for and against; `syllables` compares the two names part by part; `others` are homonyms and further candidates;
    `claimed_by` is the name of another editor who has it open, until `claimed_until`. `decisions` are all that was ever said of it, oldest
    first; the number of the last is what `Desk.decide` wants as `seen`. `final` is the verdict in force; None while there is none, and
    while two editors disagree.
    """

    item: Item
    sentences: tuple[Sentence, ...]
    n_places: int
    evidence: tuple[Evidence, ...] = ()
    syllables: str | None = None
    record: ListRecordShown | None = None
    others: tuple[Candidate, ...] = ()
    decisions: tuple[Decision, ...] = ()
    comments: tuple[Comment, ...] = ()
    final: Decision | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a verdict on a whole filter would do: how many items and places, some of them, and how many decided ones it leaves alone."""

    items: int
    places: int
    left_alone: int
    examples: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A verdict on many items, undone as one."""

    id: str
    verdict: Verdict
    items: int
    places: int


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of an editor's history: a decision with the title of its item, and whether it still holds."""

    decision: Decision
    title: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items a filter finds, whatever their state: by state, and those that wait (open or disputed) by kind."""

    open: int
    decided: int
    disputed: int
    withdrawn: int
    by_kind: Mapping[ItemKind, int]


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh of the queue did: items that are new, came back or changed, were reopened, went; `looked_at` are articles."""

    looked_at: int
    new: int
    changed: int
    reopened: int
    withdrawn: int
    merges: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two decisions of different editors on one item that do not say the same."""

    item: Item
    first: Decision
    second: Decision


@dataclass(frozen=True, slots=True)
class KindAgreement:
    """How well editors agree on items of one kind that two of them decided.

    `kappa` is Cohen's: the agreement beyond that of chance, 1 where they always agree; None where there are no pairs, or where chance alone
    would make them agree always. `table` counts pairs by the verdicts of the first and the second editor.
    """

    kind: ItemKind
    pairs: int
    agreed: int
    kappa: float | None
    table: Mapping[tuple[Verdict, Verdict], int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well editors agree: by kind, over all kinds, and where they did not, newest first. `overall` is None without any pair."""

    kinds: tuple[KindAgreement, ...]
    pairs: int
    agreed: int
    overall: float | None
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class SavedQueue:
    """A filter that an editor gave a name; `query` is its query string."""

    name: str
    query: str
    saved_at: datetime
