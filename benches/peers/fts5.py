"""SQLite FTS5 on the corpus and questions of `cargo bench --bench search`: times and quality, one process, no HTTP.

    python3 benches/peers/fts5.py [DIRECTORY OF stard-lite]

Chinese has no spaces and FTS5 no Chinese tokenizer: text and questions are cut into overlapping pairs of characters
beforehand, the usual way. A question is the disjunction of its pairs, ranked by bm25.
"""

import gzip
import json
import math
import re
import sqlite3
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")


def pairs(text):
    out = []
    for run in RUN.findall(text.lower()):
        if run[0] < "\u3400" or len(run) == 1:
            out.append(run)
        else:
            out.extend(run[at : at + 2] for at in range(len(run) - 1))
    return out


def main():
    default = HERE.parents[2] / "shared/data/search/stard-lite"
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if not (data / "corpus.jsonl.gz").exists():
        print(f"skipped: {data} is not there")
        return
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE items USING fts5(id UNINDEXED, title, body, tokenize = 'unicode61')")
    started = time.perf_counter()
    with gzip.open(data / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            row = (item["id"], " ".join(pairs(item["title"])), " ".join(pairs(item["text"])))
            db.execute("INSERT INTO items VALUES (?, ?, ?)", row)
    db.execute("INSERT INTO items(items) VALUES ('optimize')")
    built = time.perf_counter() - started

    times, recall, ndcg = [], [], []
    with open(data / "queries.jsonl", encoding="utf-8") as lines:
        questions = [json.loads(line) for line in lines]
    for question in questions:
        words = " OR ".join(f'"{pair}"' for pair in dict.fromkeys(pairs(question["text"])))
        began = time.perf_counter()
        sql = "SELECT id FROM items WHERE items MATCH ? ORDER BY bm25(items, 0, 2, 1) LIMIT 10"
        found = [row[0] for row in db.execute(sql, (words,))]
        times.append(1e3 * (time.perf_counter() - began))
        wanted = question["rel"]
        hits = [place for place, item in enumerate(found) if item in wanted]
        recall.append(len(hits) / len(wanted))
        ideal = sum(1 / math.log2(place + 2) for place in range(min(10, len(wanted))))
        ndcg.append(sum(1 / math.log2(place + 2) for place in hits) / ideal)
    times.sort()
    at = lambda share: times[int(len(times) * share)]
    mean = lambda values: sum(values) / len(values)
    print("| what | target | measured |\n|---|---|---|")
    print(f"| SQLite {sqlite3.sqlite_version} FTS5, in process: p50, p95, p99 (ms) | | {at(0.5):.1f}, {at(0.95):.1f}, {at(0.99):.1f} |")
    print(f"| SQLite FTS5: recall@10, nDCG@10 | | {mean(recall):.3f}, {mean(ndcg):.3f} |")
    print(f"| SQLite FTS5: building the index (s) | | {built:.0f} |")


if __name__ == "__main__":
    main()
