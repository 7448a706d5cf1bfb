"""The library implicit (PyPI) on the data and settings of `cargo bench --bench als`, which runs this.

    implicit_als.py KEPT HELD DIM ROUNDS PEOPLE LIST

Confidence 10 for a use against 1 for none is our 1 against 0.1; regularisation is then 10 × ours. It solves by three
conjugate-gradient steps, its default; so does ours.
"""

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its own advice: threads are over rows

import implicit
import numpy as np
from scipy.sparse import csr_matrix


def rows(path):
    with open(path, encoding="ascii") as lines:
        return [[int(item) for item in line.split()] for line in lines]


def main():
    kept, held = rows(sys.argv[1]), rows(sys.argv[2])
    dim, rounds, most, length = map(int, sys.argv[3:7])
    items = 1 + max(item for side in (kept, held) for row in side for item in row)
    person = np.repeat(np.arange(len(kept)), [len(row) for row in kept])
    place = np.array([item for row in kept for item in row])
    matrix = csr_matrix((np.ones(len(place), np.float32), (person, place)), (len(kept), items))
    model = implicit.als.AlternatingLeastSquares(
        factors=dim, iterations=rounds, regularization=5.0, alpha=10.0, random_state=7
    )
    started = time.perf_counter()
    model.fit(matrix, show_progress=False)
    elapsed = time.perf_counter() - started
    people = [row for row in range(len(held)) if held[row]][:most]
    found, _ = model.recommend(people, matrix[people], N=length, filter_already_liked_items=True)
    recall = np.mean([
        len(set(list_) & set(held[row])) / min(length, len(held[row])) for row, list_ in zip(people, found.tolist())
    ])
    started = time.perf_counter()
    model.recommend(np.arange(len(kept)), matrix, N=length, filter_already_liked_items=True)
    listed = time.perf_counter() - started
    name = f"implicit {implicit.__version__}"
    print(
        f"| {name}, same objective: fit (s), top {length} of all (s), recall@{length} | | "
        f"{elapsed:.2f}, {listed:.2f}, {recall:.4f} |"
    )
    for keep in (20, 100):
        cosine = implicit.nearest_neighbours.CosineRecommender(K=keep)
        started = time.perf_counter()
        cosine.fit(matrix, show_progress=False)
        print(f"| {name}, item-item cosine, {keep} an item: build (s) | | {time.perf_counter() - started:.2f} |")


if __name__ == "__main__":
    main()
