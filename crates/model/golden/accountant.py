"""Computes accountant.json: Rényi divergences of the sampled Gaussian mechanism by numerical integration, and (epsilon, delta) of whole
trainings by Opacus and by Google's dp-accounting.  Opacus is taken apart because its package needs PyTorch and its accountant does not:

    pip install dp-accounting scipy && pip download --no-deps --no-binary :none: opacus==1.6.0 && python accountant.py opacus-*.whl
"""

import importlib.util
import json
import math
import sys
import tempfile
import zipfile
from pathlib import Path

import dp_accounting
import numpy
from scipy.integrate import quad


def opacus_rdp(wheel):
    folder = tempfile.mkdtemp()
    path = zipfile.ZipFile(wheel).extract("opacus/accountants/analysis/rdp.py", folder)
    spec = importlib.util.spec_from_file_location("rdp", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


opacus = opacus_rdp(sys.argv[1])
ORDERS = [1 + x / 10 for x in range(1, 100)] + list(range(11, 64)) + [128, 256, 512, 1024]


def divergence(q, sigma, order):
    """ln of the order-th moment of the ratio of densities under the noise, over order - 1."""
    def density(z):
        return math.exp(-z * z / (2 * sigma**2) + order * math.log(1 - q + q * math.exp((2 * z - 1) / (2 * sigma**2)))) / math.sqrt(2 * math.pi * sigma**2)

    bends = sorted([-40 * sigma, 0, sigma**2 * math.log(1 / q - 1) + 0.5, order, order + 40 * sigma])
    pieces = [quad(density, low, high, epsabs=0, epsrel=1e-13, limit=500)[0] for low, high in zip(bends, bends[1:])]
    return math.log(sum(pieces)) / (order - 1)


def google(q, sigma, steps, delta):
    accountant = dp_accounting.rdp.RdpAccountant([order for order in ORDERS if float(order).is_integer()])
    accountant.compose(dp_accounting.PoissonSampledDpEvent(q, dp_accounting.GaussianDpEvent(sigma)), steps)
    return accountant.get_epsilon(delta)


def of_opacus(q, sigma, steps, delta):
    spent = opacus.compute_rdp(q=q, noise_multiplier=sigma, steps=steps, orders=ORDERS)
    return opacus.get_privacy_spent(orders=ORDERS, rdp=spent, delta=delta)[0]


mechanisms = [(0.01, 1.1), (256 / 60000, 1.3), (0.1, 0.7), (0.5, 2.0), (0.3, 5.0), (0.02, 3.0)]
trainings = [
    (256 / 60000, 1.3, 15 * 60000 // 256, 1e-5),  # the first row of the MNIST tutorial of TensorFlow Privacy
    (256 / 60000, 1.1, 60 * 60000 // 256, 1e-5),  # its second row
    (0.01, 4.0, 10000, 1e-5),                     # the example of Abadi et al. 2016
    (0.02, 0.8, 600, 1e-6), (0.1, 2.0, 300, 1e-4), (0.25, 6.0, 2000, 1e-5), (0.001, 0.6, 20000, 1e-7), (1.0, 5.0, 20, 1e-5),
]
expected = {
    "divergences": [[q, sigma, order, divergence(q, sigma, order)] for q, sigma in mechanisms for order in (1.1, 1.5, 2, 2.7, 5, 8.3, 10.9, 20)],
    "trainings": [[*training, float(of_opacus(*training)), float(google(*training))] for training in trainings],
}
Path(__file__).with_name("accountant.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
