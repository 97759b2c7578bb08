"""Asking the database: one filter, and every way in which its events can be read.

```python
import pipeline.query as q

with q.connect("data") as news:
    wanted = q.make_filter(type="SANCTION", program=["DPRK", "DPRK3"], since=2024)
    print(q.describe(wanted), news.count(wanted))
    for event in news.stream(wanted):
        print(event.date_start, event.evidence, event.articles[0].url)
    table = news.frame(type="CYBER_OP", amount_min=1e6)
```

The command line, the REST interface, the pages and every export put their questions here, so that all give the same answers.
"""

from models.filters import FIELDS, EntityFilter, EventFilter, Page, Sort
from pipeline.query.errors import QueryError
from pipeline.query.flat import FLAT, FLAT_TYPES, as_json, flatten
from pipeline.query.parse import PAGE_FIELDS, filter_hash, filter_pairs, make_filter, parse_filter, parse_page, parse_query
from pipeline.query.reader import FACETS, Period, Reader, connect
from pipeline.query.wording import describe, describe_rest

__all__ = [
    "FACETS",
    "FIELDS",
    "FLAT",
    "FLAT_TYPES",
    "PAGE_FIELDS",
    "EntityFilter",
    "EventFilter",
    "Page",
    "Period",
    "QueryError",
    "Reader",
    "Sort",
    "as_json",
    "connect",
    "describe",
    "describe_rest",
    "filter_hash",
    "filter_pairs",
    "flatten",
    "make_filter",
    "parse_filter",
    "parse_page",
    "parse_query",
]
