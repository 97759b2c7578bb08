from pathlib import Path

import pytest

from pipeline.lists import ofac_csv

DATA = Path(__file__).parent / "data"
END = "\x1a"


@pytest.fixture
def data():
    return DATA


@pytest.fixture(scope="session")
def ofac():
    return read_ofac(DATA)


def read_ofac(folder, **options):
    return ofac_csv.read(
        folder / "sdn.csv", alt=folder / "alt.csv", add=folder / "add.csv", comments=folder / "sdn_comments.csv", **options
    )


def by_id(read):
    return {record.source_id: record for record in read.records}


def sdn_row(number, name, *, kind="individual", program="DPRK4", remarks="-0- ", flag="-0- "):
    quoted = "-0- " if remarks == "-0- " else f'"{remarks}"'
    return f'{number},"{name}","{kind}","{program}",-0- ,-0- ,-0- ,-0- ,-0- ,{flag},-0- ,{quoted}'


def write_table(path, *rows, end=END):
    path.write_bytes(("\r\n".join(rows) + "\r\n" + end).encode())
    return path
