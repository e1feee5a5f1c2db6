"""MABWiser on the very reward tables of the benchmark.  python play-mabwiser.py TABLES ARMS REQUESTS BATCH POLICY SEED

TABLES: files of one byte a cell, 1 at request * ARMS + arm where that request succeeds on that arm. Prints one JSON list of
regrets, given the rates on stdin as JSON. The library decides every request and learns once a batch."""
import json
import sys

import numpy as np
from mabwiser.mab import MAB, LearningPolicy

files, arms, requests, batch, policy, seed = sys.argv[1].split(","), *map(int, sys.argv[2:5]), sys.argv[5], int(sys.argv[6])
rates = np.array(json.load(sys.stdin))
learning = {
    "Thompson": LearningPolicy.ThompsonSampling(),
    "UCB1": LearningPolicy.UCB1(alpha=1),
    "ε-greedy 0.1": LearningPolicy.EpsilonGreedy(epsilon=0.1),
}[policy]
regrets = []
for run, file in enumerate(files):
    table = np.fromfile(file, dtype=np.uint8).reshape(requests, arms)
    mab = MAB(list(range(arms)), learning, seed=seed + run)
    chosen = np.random.default_rng(seed + run).integers(0, arms, batch)
    regret = 0.0
    for start in range(0, requests, batch):
        if start > 0:
            # UCB1 answers the same until it learns again: one question decides the batch.
            chosen = np.full(batch, mab.predict()) if policy == "UCB1" else np.array([mab.predict() for _ in range(batch)])
        rewards = table[np.arange(start, start + batch), chosen].astype(int)
        (mab.fit if start == 0 else mab.partial_fit)(chosen, rewards)
        regret += float((rates.max() - rates[chosen]).sum())
    regrets.append(regret)
print(json.dumps(regrets))
