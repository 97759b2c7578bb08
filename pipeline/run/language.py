"""Read the articles, and join what several of them tell."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.analyse import LANGUAGES, Analyser
from pipeline.errors import PeninsulaError
from pipeline.extract.duplicates import cluster_stories, story_text
from pipeline.run.context import Context
from pipeline.run.merging import merge_recent_events
from pipeline.run.sharing import Work
from pipeline.stages import LANGUAGE_STAGES, MODEL_VERSION
from pipeline.store.analyses import AnalysisContext, record_analysis, record_analysis_failure
from pipeline.store.articles import due_analyses, load_article
from pipeline.store.engine import Database, reading
from pipeline.store.leases import Kind
from pipeline.store.pending import unread
from pipeline.store.runs import add_knowledge_version, add_model_version, recording, take_turn
from pipeline.store.stories import articles_since, set_clusters

__all__ = ["add_versions", "analyse_articles", "join_stories"]


def analyse_articles(context: Context) -> None:
    """Run the language stages over every version they have not seen, one transaction a version."""

    def find() -> list[str]:
        with reading(context.database) as connection:
            return due_analyses(connection)

    work = Work(context, Kind.VERSION, find, key=str, still_due=unread)
    if not work.more():
        return
    models, knowledge = add_versions(context.database, context.analyser, at=context.now())
    for version_id in context.watcher.watch(work, step="reading articles", total=len(work)):
        _analyse_one(context, version_id, models, knowledge)


def add_versions(database: Database, analyser: Analyser, *, at: datetime) -> tuple[dict[str, str], str]:
    """Write which language pipelines and which knowledge are used; return the ids of the pipelines by language, and of the knowledge."""
    knowledge = analyser.knowledge
    with recording(database) as connection:
        models = {
            lang: add_model_version(
                connection,
                name=analyser.model_name(lang),
                version=MODEL_VERSION,
                lang=lang,
                stages=LANGUAGE_STAGES,
                at=at,
            )
            for lang in LANGUAGES
        }
        add_knowledge_version(
            connection,
            version=knowledge.version,
            entities=len(knowledge.entities),
            list_versions=knowledge.list_versions,
            at=at,
        )
    return models, knowledge.version


def _analyse_one(context: Context, version_id: str, models: dict[str, str], knowledge: str) -> None:
    with reading(context.database) as connection:
        article = load_article(connection, version_id)
    made = AnalysisContext(context.report.run_id, context.now(), models[article.lang], knowledge, LANGUAGE_STAGES)
    try:
        analysis = context.analyser.analyse(article)
    except PeninsulaError:
        raise
    except Exception as error:  # noqa: BLE001 - the item border: one article that breaks a stage must not stop the others
        reason = f"{type(error).__name__}: {error}"
        with recording(context.database) as connection:
            record_analysis_failure(connection, version_id, made, reason=reason)
        context.report.analysed["quarantined"] += 1
        context.report.add_problem("analyse", "quarantined", article.url, reason)
        return
    with recording(context.database) as connection:
        counts = record_analysis(connection, analysis, made)
    context.report.analysed["done"] += 1
    context.report.rows.update(counts)


def join_stories(context: Context) -> None:
    """Cluster the texts of the last days, and let the event that several articles tell be one.

    Of several runs one at a time does it, each at its end: the last one finds all that they brought.
    """
    if context.stop.asked:
        return
    since = context.now() - timedelta(days=context.settings.near_duplicate_days)
    with take_turn(context.database, "stories"):
        with reading(context.database) as connection:
            texts = [story_text(article) for article in articles_since(connection, since)]
        clusters = cluster_stories(texts)
        del texts  # as large as the night itself, and joining its events needs room
        with recording(context.database) as connection:
            set_clusters(connection, clusters, since=since)
            merge_recent_events(connection, since=since, at=context.now())
    context.report.stories["texts"] = len(clusters)
    context.report.stories["stories"] = len(set(clusters.values()))
