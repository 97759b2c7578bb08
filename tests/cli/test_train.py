from __future__ import annotations

from pathlib import Path

CORPORA = ("--corpora", "corpora", "--gold", "gold.jsonl", "--texts", "texts")


def test_an_unknown_part_is_named(peninsula) -> None:
    done = peninsula("train", *CORPORA, "--parts", "encoder,decoder")
    assert done.returncode == 2
    assert "decoder is none of encoder, cnn, events, card" in done.stderr


def test_seeds_are_numbers(peninsula) -> None:
    done = peninsula("train", *CORPORA, "--seeds", "1,two")
    assert done.returncode == 2
    assert "'1,two' is no list of numbers" in done.stderr


def test_a_missing_corpus_is_named_before_anything_is_trained(peninsula, tmp_path: Path) -> None:
    pretrained = tmp_path / "minilm"
    pretrained.mkdir()
    (pretrained / "model.safetensors").write_bytes(b"")
    done = peninsula("train", *CORPORA, "--pretrained", str(pretrained), "--dry-run")
    assert done.returncode == 78
    assert "ewt_train.conllu.xz" in done.stderr
    assert not (tmp_path / "build").exists()


def test_a_pretrained_encoder_without_weights_is_named(peninsula, tmp_path: Path) -> None:
    done = peninsula("train", *CORPORA, "--pretrained", str(tmp_path))
    assert done.returncode == 78
    assert "model.safetensors is missing" in done.stderr
