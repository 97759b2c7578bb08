"""A tiny encoder for tests: word pieces made of letters, a checkpoint in BERT's names, a network with random weights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from pipeline.tag.nlp import CALIBRATION
from pipeline.tag.recognition import Calibration
from pipeline.train.english.export import export
from pipeline.train.english.lessons import Classes
from pipeline.train.english.network import Network, Size, load_pretrained

torch.set_num_threads(1)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = "the a of in to and said met mr city ship company ministry talks on with sailed visited mayor north korea".split()
CLASSES = Classes(
    tags=("DT DET", "IN ADP", "NN NOUN", "NNP PROPN", "VBD VERB", ". PUNCT"),
    lemmas=("=be", "k0+", "l0+", "l1+", "l3+y"),
    deps=("case", "det", "nsubj", "obj", "punct"),
)


def write_tokenizer(path: Path, words: Iterable[str] = WORDS) -> Path:
    """Write a tokenizer of word pieces that knows all small letters, digits, some marks and some words."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = [*SPECIAL, *".,!?'\"-:;$%()", *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, *words]))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=200))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(path))
    return path


def toy_size(vocabulary: int, *, layers: int = 1, width: int = 24, heads: int = 2) -> Size:
    """Return the sizes of a network that a laptop trains in seconds."""
    classes = (len(CLASSES.tags), len(CLASSES.lemmas), len(CLASSES.deps))
    return Size(
        vocabulary,
        *classes,
        layers=layers,
        width=width,
        heads=heads,
        inner=2 * width,
        positions=160,
        shape_width=8,
        arc_width=16,
        dep_width=16,
    )


def write_pretrained(folder: Path, *, layers: int = 1, width: int = 24, heads: int = 2, words: Iterable[str] = WORDS) -> Path:
    """Write `tokenizer.json` and `model.safetensors`, a checkpoint of BERT, to a folder.

    Its weights are random, but for the attention of the first layer: there each head looks at one of the places
    nearby, as heads of pretrained encoders do (Clark et al. 2019). Half of a vector is of the piece, half of the place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Tokenizer.from_file(str(write_tokenizer(folder / "tokenizer.json", words))).get_vocab_size()
    draw = torch.Generator().manual_seed(7)

    def random(*shape: int, scale: float = 0.15) -> torch.Tensor:
        return torch.randn(shape, generator=draw) * scale

    part = width // heads
    speeds = torch.exp(torch.arange(part // 2) * (-4.0 / part))
    angles = torch.arange(160)[:, None] * speeds
    places = torch.zeros(160, width)
    places[:, -part:] = torch.cat([angles.sin(), angles.cos()], dim=1)
    pieces = random(vocabulary, width, scale=1.0)
    pieces[:, -part:] = 0.0
    weights = {
        "embeddings.word_embeddings.weight": pieces,
        "embeddings.position_embeddings.weight": places,
        "embeddings.token_type_embeddings.weight": random(2, width),
        "embeddings.LayerNorm.weight": torch.ones(width),
        "embeddings.LayerNorm.bias": torch.zeros(width),
    }
    dense = {
        "attention.self.query": (width, width),
        "attention.self.key": (width, width),
        "attention.self.value": (width, width),
        "attention.output.dense": (width, width),
        "intermediate.dense": (2 * width, width),
        "output.dense": (width, 2 * width),
    }
    for layer in range(layers):
        for name, (rows, columns) in dense.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = random(rows, columns)
            weights[f"encoder.layer.{layer}.{name}.bias"] = random(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights[f"encoder.layer.{layer}.{name}.weight"] = torch.ones(width)
            weights[f"encoder.layer.{layer}.{name}.bias"] = torch.zeros(width)
    query, key = (weights[f"encoder.layer.0.attention.self.{name}.weight"] for name in ("query", "key"))
    query.zero_()
    key.zero_()
    for head, step in zip(range(heads), (-1, 1, -2, 2, -3, 3), strict=False):
        rows = slice(head * part, (head + 1) * part)
        along, across = torch.diag((speeds * step).cos()), torch.diag((speeds * step).sin())
        query[rows, -part:] = 2.0 * torch.cat([torch.cat([along, across], dim=1), torch.cat([-across, along], dim=1)])
        key[rows, -part:] = 2.0 * torch.eye(part)
    save_file(weights, folder / "model.safetensors")
    return folder


def random_network(pretrained: Path, *, seed: int = 3) -> Network:
    """Return a network whose encoder comes from the checkpoint and whose heads are random and outspoken."""
    torch.manual_seed(seed)
    network = Network(toy_size(Tokenizer.from_file(str(pretrained / "tokenizer.json")).get_vocab_size()))
    load_pretrained(network, pretrained / "model.safetensors")
    with torch.no_grad():
        torch.nn.init.normal_(network.shapes.weight, std=0.5)
        torch.nn.init.normal_(network.dep_root)
        for head in (network.entity_head, network.start_head, network.arc_match, network.arc_root, network.dep_out):
            head.weight.mul_(4.0)
    return network.eval()


def write_encoder(folder: Path, *, version: str = "toy", quantised: bool = True) -> Path:
    """Write the files of an encoder with random weights to a folder."""
    pretrained = write_pretrained(folder.parent / "pretrained")
    export(random_network(pretrained), CLASSES, pretrained / "tokenizer.json", folder, version=version, quantised=quantised)
    Calibration().save(folder / CALIBRATION)
    return folder
