"""Published sanctions lists, each read from its own format into one form of record, with what was wrong named by line or entry."""
