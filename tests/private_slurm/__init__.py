"""A private Slurm for tests and for trying job scripts: see `cluster.PrivateSlurm` and `shape.Shape`."""

from tests.private_slurm.cluster import PrivateSlurm
from tests.private_slurm.programs import missing
from tests.private_slurm.shape import Nodes, Partition, Rules, Shape

__all__ = ["Nodes", "Partition", "PrivateSlurm", "Rules", "Shape", "missing"]
