"""`python -m pipeline.names.freeze`: writes the frozen table of syllables anew from the readable ones."""

from __future__ import annotations

from pipeline.names.tables import DATA, FROZEN, frozen_text

if __name__ == "__main__":
    (DATA / FROZEN).write_text(frozen_text(), encoding="utf-8", newline="\n")
