"""The precision that editors found as one HTML page that needs nothing but itself: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from pipeline.cli.html_file import make_page
from pipeline.review.precision import PrecisionReport
from pipeline.web.precision_plots import draw_precision

__all__ = ["render_precision"]

_STYLE = """
:root{color-scheme:light dark;--ink:#1c1917;--soft:#57534e;--page:#fafaf9;--card:#fff;--rule:#d6d3d1;--mark:#0072b2}
@media(prefers-color-scheme:dark){:root{--ink:#f5f5f4;--soft:#a8a29e;--page:#1c1917;--card:#292524;--rule:#57534e;--mark:#56b4e9}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--page);color:var(--ink);line-height:1.5;
font-family:system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",sans-serif}
h1{font-size:1.35rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:1rem;margin:1rem 0;overflow-x:auto}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}svg line{stroke:var(--rule)}
svg line.range{stroke:var(--mark);stroke-width:3}svg circle{fill:var(--mark)}svg path{fill:none;stroke:var(--mark);stroke-width:2}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-top:1px solid var(--rule);overflow-wrap:anywhere}
td.number,th.number{text-align:right;white-space:nowrap}.quiet{color:var(--soft);font-size:.9rem}
"""


def render_precision(report: PrecisionReport) -> str:
    """Return the page of a report."""
    return make_page("Peninsula: precision by editors' decisions", _STYLE, [draw_precision(report)])
