# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Imports: NumPy computes, Matplotlib draws, the rest is Python's own library
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import difflib
import hashlib
import time
import unicodedata
import urllib.request
from collections import namedtuple
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

# The matrices are too small to split among threads, so the linear algebra uses one. Freeing one
# large block makes Linux keep the memory of the arrays that every update drops and makes again,
# which saves a fifth of the time; nothing else depends on it.
spare = np.empty(4_000_000)
del spare
