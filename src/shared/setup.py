# %% tags=["define"]
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import hashlib
import http.client
import unicodedata
import urllib.request
from collections import namedtuple
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# Training makes and drops the same large arrays at every update. Linux takes such memory back at
# once and hands it out anew, page by page, which costs time. After a block of 32 MB has been freed
# once, the process keeps what it frees for the next array. (Elsewhere these lines do nothing.)

# %% tags=["define"]
spare = np.empty(4_000_000)  # 32 MB, never used
del spare
