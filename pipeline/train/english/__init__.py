"""Training of the English language models: from a folder of corpora to the weights in `models/language/en/`.

corpora, treebank → augment → fit → export → calibrate → card. Everything that imports torch lives here: reading
articles needs onnxruntime alone.
"""
