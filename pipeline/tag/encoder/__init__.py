"""The English encoder at run time: one pass over the text, many heads.

pieces → network → entities, sentences, trees. Needs onnxruntime and tokenizers; torch is for training alone.
"""
