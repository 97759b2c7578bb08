import hashlib
import json

import pytest

PLACES = "id\tkind\tcountry\tname\tnames_en\tshort_en\tnames_ko\tstands_for\tlatitude\tlongitude\tsource\n"
KOREA = "kb:kp\tcountry\tKP\tNorth Korea\tDPRK|N. Korea\tthe North\t북한\t\t40\t127\ttest\n"
PYONGYANG = "kb:pyongyang\tcapital\tKP\tPyongyang\t\t\t평양\tkb:kp\t39.03\t125.75\ttest\n"


def person(source, identifier, name, **fields):
    record = {
        "source": source, "source_id": identifier, "schema": "Person", "name": name, "aliases": [], "country": "KP", "countries": [],
        "programs": ["DPRK"], "birth_dates": [], "birth_place": None, "listed_on": None, "title": None, "identifiers": [], "linked_to": [],
        "delisted": False, "snapshot": "2026",
    }  # fmt: skip
    return record | fields


class Folder:
    """A knowledge base in a temporary folder, written piece by piece."""

    def __init__(self, path):
        self.path = path
        self.write("places.tsv", PLACES + KOREA)

    def write(self, name, text):
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")

    def write_lists(self, **lists):
        manifest = ["lists:"]
        for source, records in lists.items():
            data = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            self.write(f"lists/{source}.jsonl", data)
            digest = hashlib.sha256(data.encode()).hexdigest()
            manifest += [f"  - source: {source}", f"    file: {source}.jsonl", "    url: https://list.example", '    version: "2026-03-12"',
                         f"    sha256: {digest}", f"    records: {len(records)}", "    licence: test"]  # fmt: skip
        self.write("lists/manifest.yaml", "\n".join(manifest) + "\n")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
