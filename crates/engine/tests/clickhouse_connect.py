"""What analysts do with clickhouse-connect, against the engine. Usage: clickhouse_connect.py PORT PASSWORD"""

import datetime as dt
import sys

# The script's own directory comes first on the path, and the script is named like the package.
sys.path.pop(0)

import clickhouse_connect
import pandas as pd
from clickhouse_connect.driver.exceptions import DatabaseError

port, password = int(sys.argv[1]), sys.argv[2]


def connect(**options):
    return clickhouse_connect.get_client(host="127.0.0.1", port=port, username="default", password=password, **options)


client = connect()
assert client.ping()
client.command("CREATE DATABASE py")
client = connect(database="py")
assert client.command("SELECT currentDatabase()") == "py"
client.command(
    "CREATE TABLE t (id UInt32, name String, at DateTime64(3, 'UTC'), score Nullable(Float64), tags Array(String),"
    " kind LowCardinality(String), props Map(String, String)) ENGINE = MergeTree ORDER BY id"
)

# insert
at = dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.timezone.utc)
rows = [[n, f"行 {n}", at, None if n % 2 else n / 3, ["a"] * (n % 3), f"k{n % 4}", {"x": str(n)}] for n in range(10_000)]
columns = ["id", "name", "at", "score", "tags", "kind", "props"]
summary = client.insert("t", rows, column_names=columns)
assert summary.written_rows == 10_000, summary.summary

# query
result = client.query("SELECT * FROM t ORDER BY id")
assert result.column_names == tuple(columns)
assert len(result.result_rows) == 10_000
assert result.result_rows[5][1] == "行 5" and result.result_rows[5][3] is None and result.result_rows[5][6] == {"x": "5"}
assert result.result_rows[4][2].replace(tzinfo=dt.timezone.utc) == at, result.result_rows[4][2]
empty = client.query("SELECT id, name FROM t WHERE id > 99999")
assert empty.result_rows == []

# parameters, server-side and client-side
result = client.query("SELECT id, {text:String} FROM t WHERE id = {id:UInt32}", parameters={"id": 7, "text": "it's\t'so'"})
assert result.result_rows == [(7, "it's\t'so'")], result.result_rows
assert client.query("SELECT %(a)s", parameters={"a": "x'y"}).result_rows == [("x'y",)]
many = client.query("SELECT length({ids:Array(UInt32)})", parameters={"ids": list(range(5000))})
assert many.result_rows == [(5000,)]
assert client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1}).first_row == (1,)

# streaming
total = 0
with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(500000)") as stream:
    for block in stream:
        total += len(block)
assert total == 500_000

# data frames
frame = client.query_df("SELECT id, name, score FROM t ORDER BY id")
assert isinstance(frame, pd.DataFrame) and len(frame) == 10_000 and frame["name"][3] == "行 3"
client.command("CREATE TABLE f (id UInt32, name String, score Float64) ENGINE = MergeTree ORDER BY id")
client.insert_df("f", pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"], "score": [0.5, 1.5, 2.5]}))
assert client.command("SELECT sum(score) FROM f") == 4.5 or client.query("SELECT sum(score) FROM f").first_row == (4.5,)
frames = 0
with client.query_df_stream("SELECT number FROM numbers(300000)") as stream:
    frames = sum(len(frame) for frame in stream)
assert frames == 300_000

# raw formats, Arrow
assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
assert client.query_arrow("SELECT number FROM numbers(100000)").num_rows == 100_000
client.raw_insert("f", ["id", "name", "score"], b"9,z,1\n", fmt="CSV")
assert client.command("SELECT count() FROM f") == 4

# compression of every kind, both ways
for compress in (False, "lz4", "gzip"):
    other = connect(database="py", compress=compress)
    other.insert("f", [[100, "x", 1.0]] * 1000, column_names=["id", "name", "score"])
    assert len(other.query("SELECT * FROM f WHERE id = 100").result_rows) >= 1000, compress
    other.close()

# errors
for sql, code in (("SELECT * FROM nope", 60), ("SELECT throwIf(number = 1000000) FROM numbers(2000000)", 395)):
    try:
        client.query(sql)
    except DatabaseError as error:
        assert str(code) in str(error), error
    else:
        raise AssertionError(f"{sql} did not fail")

client.close()
print("clickhouse-connect", clickhouse_connect.__version__ if hasattr(clickhouse_connect, "__version__") else "", "passed")
