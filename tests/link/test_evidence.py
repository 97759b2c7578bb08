import pytest
import yaml

from pipeline.errors import ConfigurationError
from pipeline.link.evidence import EVIDENCE_PATH, load_evidence, probability


@pytest.fixture
def content():
    return yaml.safe_load(EVIDENCE_PATH.read_text(encoding="utf-8"))


def test_even_odds_are_one_half():
    assert probability(0) == 0.5


def test_no_name_alone_reaches_the_threshold():
    evidence = load_evidence()
    priors = [weight for name, weight in evidence.weights.items() if name.startswith("prior")]
    assert probability(max(priors) + evidence.weights["exact"]) < evidence.auto


def test_cues_are_found_whole():
    pattern = load_evidence().cues["ship", "en"]
    assert pattern.search("a North Korean-flagged tanker")
    assert not pattern.search("supertankerlike")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.pop("weights"), r"yaml:1: the key 'weights' is missing"),
        (lambda content: content["thresholds"].pop("auto"), r"yaml:\d+: thresholds: the key 'auto' is missing"),
        (lambda content: content["weights"].update(exact="much"), r"yaml:\d+: weights\.exact: a number is expected here, not 'much'"),
        (lambda content: content["context"].append("star sign"), r"yaml:\d+: context names evidence without weight: \['star sign'\]"),
        (lambda content: content["cues"]["ship"].update(en=[]), r"yaml:\d+: cues\.ship\.en must be a sequence of words"),
        (lambda content: content["cues"]["ship"].pop("ko"), r"yaml:\d+: cues\.ship: the key 'ko' is missing"),
    ],
)
def test_a_wrong_file_is_told(content, tmp_path, change, message):
    change(content)
    path = tmp_path / "evidence.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_evidence(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_evidence(tmp_path / "none.yaml")
