# %% tags=["define"]
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # one thread: these matrices are too small to split

import hashlib
import http.client
import unicodedata
import urllib.request
from collections import namedtuple
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
