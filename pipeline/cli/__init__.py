"""The command line: parse, call, translate errors to exit codes, and nothing else."""

from pipeline.cli.app import main

__all__ = ["main"]
