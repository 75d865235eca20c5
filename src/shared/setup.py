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
