"""TF-IDF with linear support vector machines of scikit-learn on the texts and folds of `cargo bench --bench needs`.

    text_svm.py TASKS.json

Words are jieba's, as there are no spaces to split at; n-grams of characters are the stronger usual choice. Each is
tried with the library's default cost and with eight times that, which is the cost of the machines it is compared with.
"""

import itertools
import json
import logging
import sys
import warnings

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

jieba.setLogLevel(logging.ERROR)
warnings.filterwarnings("ignore")  # labels without an example in a fold are expected


def words(text):
    return [word for word in jieba.cut(text) if word.isalnum()]


VECTORISERS = {
    "words": lambda: TfidfVectorizer(analyzer=words),
    "characters 1-3": lambda: TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
}


def recognise(teach, labels, ask, cost, several):
    if not several:
        return LinearSVC(C=cost).fit(teach, [of[0] for of in labels]).predict(ask)
    every = OneVsRestClassifier(LinearSVC(C=cost)).fit(teach, MultiLabelBinarizer().fit_transform(labels))
    return every.predict(ask), sorted({label for of in labels for label in of})


def macro_f1(truth, found, several):
    if not several:
        return f1_score([of[0] for of in truth], found, average="macro")
    matrix, known = found
    found = [[known[at] for at in np.flatnonzero(row)] for row in matrix]
    both = MultiLabelBinarizer().fit(truth + found)
    return f1_score(both.transform(truth), both.transform(found), average="macro")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        tasks = json.load(file)
    for task in tasks:
        texts, labels, folds = task["texts"], task["labels"], task["folds"]
        several = any(len(of) > 1 for of in labels)
        for name, vectoriser in VECTORISERS.items():
            for cost in (1, 8):
                scores = []
                for cut, fold in itertools.product(folds, range(5)):
                    teach = [at for at, of in enumerate(cut) if of != fold]
                    ask = [at for at, of in enumerate(cut) if of == fold]
                    vectors = vectoriser()
                    learnt = vectors.fit_transform([texts[at] for at in teach])
                    found = recognise(
                        learnt, [labels[at] for at in teach], vectors.transform([texts[at] for at in ask]), cost, several
                    )
                    scores.append(macro_f1([labels[at] for at in ask], found, several))
                print(f"| {task['name']}, scikit-learn, {name}, C = {cost} | {np.mean(scores):.4f} |", flush=True)


main()
