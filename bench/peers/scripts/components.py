"""Principal components and reconstruction errors by scikit-learn. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import sys

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

answers = {}
for one in json.load(sys.stdin):
    rows = np.array(one["input"], float)
    scaler = StandardScaler().fit(rows[::2])
    pca = PCA(n_components=0.65, svd_solver="full").fit(scaler.transform(rows[::2]))
    live = scaler.transform(rows[1::2])
    errors = np.linalg.norm(live - pca.inverse_transform(pca.transform(live)), axis=1)
    answers[one["name"]] = {
        "components": int(pca.n_components_),
        "explained": float(pca.explained_variance_ratio_.sum()),
        "errors": [float(x) for x in errors[:20]],
        "meanError": float(errors.mean()),
    }
json.dump(answers, sys.stdout)
