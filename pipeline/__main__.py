"""`peninsula` and `python -m pipeline`."""

from pipeline.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
