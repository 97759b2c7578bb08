"""The nightly run: lock, poll, fetch, extract, analyse, cluster, report.

Every step asks the store what is due and writes each item in a transaction of its own. So a run that is killed loses nothing
and repeats nothing: the next one finds the same items due that the killed one had not finished.
"""

from pipeline.run.ingest import dry_run_ingest, ingest
from pipeline.run.report import RunReport

__all__ = ["RunReport", "dry_run_ingest", "ingest"]
