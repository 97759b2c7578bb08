"""The nouns: what Peninsula knows. Typed records, vocabularies, tables; nothing here imports the verbs in `pipeline`."""
