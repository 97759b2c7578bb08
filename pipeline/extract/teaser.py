"""Tell the beginning of an article, shown to readers who did not pay, from an article.

What a page says itself is looked at in `pipeline.extract.article`. This is for outlets that say nothing: their pages give texts of nearly
the same length, cut where the length is reached. Phrases are not looked for: free pages have them in their menus too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import quantiles

__all__ = ["LEAST_ARTICLES", "is_cut", "is_teaser"]

LEAST_ARTICLES = 10
"""Articles of an outlet below which nothing is concluded: so many of one length by chance are unlikely."""

MOST_SPREAD = 1.25
"""Quotient of long and short texts up to which they count as of one length: measured on an outlet of teasers, 1,008 to 1,224 characters."""

_ENDED = re.compile(r"""(?<!\.\.)[.!?。」』”"’')\]]\s*\Z""")


def is_cut(text: str) -> bool:
    """Tell whether the last sentence of a text breaks off; three dots count as broken off, a closing quotation mark as an end."""
    return _ENDED.search(text) is None


def is_teaser(text: str, lengths: Sequence[int]) -> bool:
    """Tell whether a text is only the beginning of an article.

    `lengths` are those of other texts of its outlet, in characters. Both signs are needed: the last sentence is cut, and the outlet's
    texts, this one among them, are of one length. A tenth of them may be shorter and a tenth longer: some articles are free.
    """
    if len(lengths) < LEAST_ARTICLES or not is_cut(text):
        return False
    deciles = quantiles(lengths, n=10, method="inclusive")
    short, long = deciles[0], deciles[-1]
    return long <= MOST_SPREAD * short and len(text) <= MOST_SPREAD * short and long <= MOST_SPREAD * len(text)
