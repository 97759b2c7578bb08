"""The language pipelines: spaCy with components of our own on a blank language.

Every component reads and writes extension attributes of the Doc (`doc._.article`, `doc._.reading`, `doc._.found`,
`doc._.named`, `doc._.mentions`, `doc._.amounts`, `doc._.times`, `doc._.quotes`), so that a trained recogniser,
tagger or parser can be put before them by configuration: its `doc.ents` become finds beside those of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from models.knowledge import Knowledge
from models.records import Maker, Mention
from models.vocabulary import Label
from pipeline.errors import ConfigurationError, LanguageError
from pipeline.settings import Settings
from pipeline.tag.amounts import ExchangeRates, add_shares, add_usd, find_amounts, load_rates
from pipeline.tag.coreference import Coreference
from pipeline.tag.coreference_ko import KoreanCoreference
from pipeline.tag.corrections import Heed
from pipeline.tag.encoder.component import Encoder
from pipeline.tag.entities import Named
from pipeline.tag.gazetteer import Entry, Gazetteer, korean_gazetteer, place_heads
from pipeline.tag.lists import load_lists, load_scores
from pipeline.tag.names import EnglishNames, KoreanNames
from pipeline.tag.quotes import find_quotes
from pipeline.tag.reading import Found, Reading, Word, split_words
from pipeline.tag.recognition import Calibration, Choice, Recognised, Recognition, agree, choose, weigh
from pipeline.tag.roles import Office, Roles
from pipeline.tag.roles_ko import KoreanRoles
from pipeline.tag.times import find_times
from pipeline.text.sentences import split_sentences

__all__ = ["CALIBRATION", "COMPONENTS", "UNMEASURED", "VERSION", "NameComponent", "load_pipeline"]

VERSION = "3"
COMPONENTS = (
    "peninsula_sentences",
    "peninsula_amounts",
    "peninsula_times",
    "peninsula_quotes",
    "peninsula_names",
    "peninsula_coreference",
    "peninsula_roles",
)
_LONGEST_TEXT = 10_000_000
"""Characters. The rules take time in proportion to the text; spaCy's own limit of a million is meant for parsers."""
CALIBRATION = "calibration.json"
"""In the folder of a trained model: what its probabilities are worth; see `recognition.Calibration`."""
UNMEASURED = 0.5
"""Score of a rule that never fired on the measured articles: nothing is known of it."""
_ATTRIBUTES = (
    "article",
    "words",
    "reading",
    "recognition",
    "found",
    "choices",
    "candidates",
    "named",
    "titles",
    "mentions",
    "amounts",
    "times",
    "quotes",
)
_MODEL_LABELS = {**{label.value: label for label in Label}, "PER": Label.PERSON, "GPE": Label.PLACE, "LOC": Label.PLACE, "FAC": Label.PLACE}
_OURS = ("encoder", "cnn")
_NOTHING_KNOWN = Knowledge("", {})
_TYPICAL = 0.85
"""Probability given to the names of a recogniser that tells none: the F1 that is published of such pipelines."""


class _Learner(Protocol):
    """A component that is taught the facts after it was built, since facts are no configuration."""

    def learn(self, lang: str, knowledge: Knowledge, settings: Settings) -> None:
        """Take over what the component needs."""


class WordTokenizer:
    """Cuts with the rules of `reading`; the text of the Doc is the text given, character for character."""

    def __init__(self, vocab: Vocab, lang: str, *, heads: frozenset[str] = frozenset()) -> None:
        self.vocab = vocab
        self._lang = lang
        self._heads = heads
        self._hyphen_words = load_lists("en").get("hyphen_words") if lang == "en" else frozenset[str]()

    def __call__(self, text: str) -> Doc:
        """Return a Doc whose tokens, white space included, spell `text`."""
        words = split_words(text, self._lang, hyphen_words=self._hyphen_words, heads=self._heads)
        doc = Doc(self.vocab, *_with_spaces(text, words))
        doc._.words = tuple(words)
        return doc


def _with_spaces(text: str, words: Sequence[Word]) -> tuple[list[str], list[bool]]:
    """Return spaCy's form of a text: tokens, and whether one space follows each; other white space is a token."""
    tokens: list[str] = []
    spaces: list[bool] = []
    at = 0
    for start, end, token in [*((word.start, word.end, word.text) for word in words), (len(text), len(text), "")]:
        gap = text[at:start]
        if gap:
            if gap[0] == " " and tokens:
                spaces[-1] = True
                gap = gap[1:]
            if gap:
                tokens.append(gap)
                spaces.append(False)
        if token:
            tokens.append(token)
            spaces.append(False)
        at = end
    return tokens, spaces


class Sentences:
    """Reads the article: words, sentences, furniture. Sets `doc._.reading` and the starts of sentences."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc; works with or without an article."""
        text, article = doc.text, doc._.article
        sentences = tuple(split_sentences(text, self._lang))
        starts = np.array([start for start, _ in sentences], np.uint64)
        begins = np.isin(doc.to_array("IDX"), starts)
        # One by one, spaCy would look through the whole Doc at each of them.
        doc.from_array(["SENT_START"], cast("Any", np.where(begins, 1, -1).astype(np.int64).astype(np.uint64)[:, None]))
        words = doc._.words if doc._.words is not None else tuple(Word(t.idx, t.idx + len(t), t.text) for t in doc if not t.is_space)
        doc._.reading = Reading(
            text,
            self._lang,
            words,
            sentences,
            tuple(article.furniture) if article is not None else (),
            article.publication.day if article is not None and article.publication is not None else None,
            article.dateline if article is not None else None,
            tuple(word.start for word in words),
        )
        return doc


class Amounts:
    """Sets `doc._.amounts`, shares of them among them, with dollar values where the rates allow."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._rates: ExchangeRates | None = None

    def learn(self, lang: str, knowledge: Knowledge, settings: Settings) -> None:
        """Load the yearly exchange rates."""
        path = settings.kb_dir / "exchange_rates.tsv"
        self._rates = load_rates(path) if path.exists() else None

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        reading: Reading = doc._.reading
        amounts = [amount for amount in find_amounts(reading.text, self._lang) if not reading.in_furniture(amount.start, amount.end)]
        amounts = add_shares(reading.text, self._lang, amounts)
        if self._rates is not None:
            amounts = add_usd(amounts, year=reading.published.year if reading.published else None, rates=self._rates)
        doc._.amounts = tuple(amounts)
        return doc


class Times:
    """Sets `doc._.times`, resolved against the day of publication."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        reading: Reading = doc._.reading
        times = find_times(reading.text, self._lang, published=reading.published)
        doc._.times = tuple(time for time in times if not reading.in_furniture(time.start, time.end))
        return doc


class Quotes:
    """Sets `doc._.quotes`."""

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        reading: Reading = doc._.reading
        doc._.quotes = tuple(quote for quote in find_quotes(reading.text) if not reading.in_furniture(quote.start, quote.end))
        return doc


class NameComponent:
    """Sets `doc._.found` and `doc._.titles`; entities of a trained recogniser before it count as finds of the rule "model"."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._names: EnglishNames | KoreanNames | None = None
        self._calibration = Calibration()
        self._heed = Heed(_NOTHING_KNOWN)

    def learn(self, lang: str, knowledge: Knowledge, settings: Settings) -> None:
        """Build the gazetteer and the rules."""
        lists = load_lists(lang)
        self._heed = Heed(knowledge)
        if lang == "en" and settings.model in _OURS:
            self._calibration = Calibration.load(settings.models_dir / lang / settings.model / CALIBRATION)
        if lang == "ko":
            self._names = KoreanNames(lists, korean_gazetteer(knowledge, _korean_extras(knowledge)))
        else:
            heads = place_heads(knowledge)
            places = [Entry("", Label.PLACE, "list", None, name) for name in lists.words["places"]]
            unwanted = frozenset(name.lower() for name in lists.words["not_bodies"])
            self._names = EnglishNames(
                lists, Gazetteer(knowledge, extra=places, unwanted=unwanted, hyphen_words=lists.get("hyphen_words"), heads=heads)
            )

    def find(self, doc: Doc) -> tuple[list[Found], Sequence[object]]:
        """Return the names and titles that the rules find, whatever a recogniser says."""
        if self._names is None:
            raise LanguageError("the name component was not taught any names: build the pipeline with load_pipeline")
        found, titles = self._names.find(doc._.reading)
        return list(self._heed.finds(found, doc.text)), titles

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        found, titles = self.find(doc)
        recognition = _recognition(doc)
        doc._.found, doc._.titles = tuple(found), tuple(titles)
        if recognition is not None:
            doc._.recognition = recognition
            finds = weigh(found, recognition, self._calibration, load_scores(), rules=VERSION, unknown=UNMEASURED)
            text = doc.text  # spaCy puts it together anew each time
            named = [choice for choice in agree(finds, text) if self._heed.is_name(choice.found, text)]
            choices, doc._.candidates = choose(named, text)
            doc._.found = tuple(choice.found for choice in choices)
            doc._.choices = {(choice.start, choice.end): choice for choice in choices}
        return doc


def _recognition(doc: Doc) -> Recognition | None:
    """Return what a trained recogniser said of the Doc: ours, or one that sets `doc.ents`; None where there is none."""
    if doc._.recognition is not None or not doc.has_annotation("ENT_IOB"):
        return cast("Recognition | None", doc._.recognition)
    spans = (Recognised(e.start_char, e.end_char, _MODEL_LABELS[e.label_], _TYPICAL) for e in doc.ents if e.label_ in _MODEL_LABELS)
    return Recognition((), (), tuple(spans), Maker("model", VERSION))


class CoreferenceComponent:
    """Sets `doc._.named`."""

    def __init__(self, lang: str) -> None:
        self._resolver: Coreference | KoreanCoreference | None = None
        self._heed = Heed(_NOTHING_KNOWN)

    def learn(self, lang: str, knowledge: Knowledge, settings: Settings) -> None:
        """Take the entities."""
        lists = load_lists(lang)
        self._heed = Heed(knowledge)
        self._resolver = KoreanCoreference(knowledge) if lang == "ko" else Coreference(lists, knowledge, country_words(knowledge))

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        resolver = cast("Any", self._resolver)
        doc._.named = tuple(self._heed.named(resolver.resolve(doc._.reading, doc._.found, doc._.titles), doc._.found))
        return doc


class RoleComponent:
    """Sets `doc._.mentions`, the final records."""

    def __init__(self, lang: str) -> None:
        self._roles: Roles | KoreanRoles | None = None
        self._knowledge: Knowledge | None = None

    def learn(self, lang: str, knowledge: Knowledge, settings: Settings) -> None:
        """Take the posts."""
        lists = load_lists(lang)
        self._knowledge = knowledge
        self._roles = KoreanRoles(lists, knowledge) if lang == "ko" else Roles(lists, knowledge, country_words(knowledge))

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        offices = cast("Any", self._roles).find(doc._.reading, doc._.named, doc._.titles)
        scores = load_scores()
        choices: Mapping[tuple[int, int], Choice] = doc._.choices or {}
        doc._.mentions = tuple(_mention(one, offices.get(one.entity), choices.get((one.start, one.end)), scores) for one in doc._.named)
        return doc


def _mention(one: Named, office: Office | None, choice: Choice | None, scores: Mapping[str, float]) -> Mention:
    office = office if one.label is Label.PERSON else None
    official = office is not None and office.official
    return Mention(
        one.start,
        one.end,
        one.text,
        one.label,
        one.entity,
        one.name,
        choice.maker if choice is not None else Maker(one.rule, VERSION),
        round(choice.score, 4) if choice is not None else scores.get(one.rule, UNMEASURED),
        official=official,
        role=office.role if official and office is not None else None,
        affiliation=office.affiliation if official and office is not None else None,
        country=(office.country if office is not None and office.country else None) or one.country,
        metonym=one.metonym,
        via=one.via,
    )


def country_words(knowledge: Knowledge) -> dict[str, str]:
    """Map words that show a country ("South Korean", "Seoul", "Japan") to its code."""
    words: dict[str, str] = {}
    for entity in knowledge.entities.values():
        if entity.label is Label.PLACE and entity.country and entity.kind in {"country", "capital"}:
            for alias in entity.aliases:
                if alias.lang == "en":
                    words.setdefault(alias.text, entity.country)
    for entity in knowledge.entities.values():
        if entity.label is Label.AGENCY and entity.country in {"UN", "EU"} and entity.kind == "international":
            for alias in entity.aliases:
                if alias.lang == "en" and alias.text in {"U.N.", "UN", "United Nations", "EU", "European Union"}:
                    words.setdefault(alias.text, entity.country)
    return words


def _korean_extras(knowledge: Knowledge) -> list[Entry]:
    """Names that Korean text uses beside those of the knowledge base: bodies without a country, Latin acronyms, Chinese characters."""
    extras = [Entry("", Label.AGENCY, "list", None, name) for name in load_lists("ko").words["agencies"]]
    known = {alias.text for entity in knowledge.entities.values() for alias in entity.aliases if alias.lang == "ko"}
    extras = [extra for extra in extras if extra.text not in known]
    for entity in knowledge.entities.values():
        for alias in entity.aliases:
            if (
                alias.lang == "en"
                and alias.text.isupper()
                and alias.text.isascii()
                and 2 < len(alias.text) < 7
                and " " not in alias.text
                and entity.label in (Label.AGENCY, Label.ORG)
            ):
                extras.append(Entry(entity.id, entity.label, "acronym", entity.country, alias.text))
    return extras


def _register() -> None:
    """Register the factories with spaCy and the attributes with Doc; harmless when done twice."""
    for name in _ATTRIBUTES:
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=None)
    builders: dict[str, Any] = {
        "peninsula_sentences": Sentences,
        "peninsula_amounts": Amounts,
        "peninsula_times": Times,
        "peninsula_names": NameComponent,
        "peninsula_coreference": CoreferenceComponent,
        "peninsula_roles": RoleComponent,
    }
    for name, builder in builders.items():
        if not Language.has_factory(name):
            Language.factory(name, default_config={"lang": "en"}, func=_factory(builder))
    if not Language.has_factory("peninsula_encoder"):
        Language.factory("peninsula_encoder", func=_encoder)
    if not Language.has_factory("peninsula_quotes"):
        Language.factory("peninsula_quotes", func=_quotes)


def _quotes(nlp: Language, name: str) -> Quotes:
    return Quotes()


def _encoder(nlp: Language, name: str, folder: str) -> Encoder:
    return Encoder(Path(folder))


def _factory(builder: Any) -> Any:  # noqa: ANN401
    def make(nlp: Language, name: str, lang: str) -> Any:  # noqa: ANN401
        return builder(lang)

    return make


def load_pipeline(lang: str, *, knowledge: Knowledge, settings: Settings) -> Language:
    """Build the pipeline of a language, "en" or "ko"; LanguageError for any other.

    Takes about a second; the caller keeps it.
    """
    if lang not in {"en", "ko"}:
        raise LanguageError(f"no pipeline for the language {lang!r}; there are 'en' and 'ko'")
    _register()
    # spaCy's own tokenizer for Korean wants mecab; ours takes its place in either language.
    nlp = spacy.blank(lang, config={"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}})
    nlp.tokenizer = WordTokenizer(nlp.vocab, lang, heads=place_heads(knowledge) if lang == "en" else frozenset())
    nlp.max_length = _LONGEST_TEXT
    for name in COMPONENTS:
        component = nlp.add_pipe(name) if name == "peninsula_quotes" else nlp.add_pipe(name, config={"lang": lang})
        if hasattr(component, "learn"):
            cast("_Learner", component).learn(lang, knowledge, settings)
        if name == "peninsula_sentences" and lang == "en":
            _add_trained(nlp, settings)
    return nlp


def _add_trained(nlp: Language, settings: Settings) -> None:
    """Add the trained components that the settings name: our encoder, our CNN, none, or those of an installed spaCy pipeline."""
    folder = settings.models_dir / "en" / settings.model
    if settings.model == "encoder":
        nlp.add_pipe("peninsula_encoder", config={"folder": str(folder)})
    elif settings.model != "blank":
        try:
            trained = spacy.load(folder if settings.model in _OURS else settings.model)
        except (OSError, ValueError) as error:
            known = ", ".join((*_OURS, "blank"))
            raise ConfigurationError(
                f"no language pipeline {settings.model!r} (PENINSULA_MODEL): {known}, or the name of an installed spaCy pipeline; {error}"
            ) from error
        for name in trained.pipe_names:
            nlp.add_pipe(name, source=trained)
