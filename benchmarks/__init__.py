"""Benchmarks: how good and how fast the shipped models are, beside each other and beside published figures.

`python -m benchmarks.english --gold dev.jsonl --treebank en_pud-ud-test.conllu.xz`
"""
