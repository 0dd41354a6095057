"""A private Slurm for tests and for trying job scripts: see `cluster.PrivateSlurm` and `shape.Shape`."""

from tests.private_slurm.cluster import PrivateSlurm, until
from tests.private_slurm.programs import missing
from tests.private_slurm.shape import Accounting, Nodes, Partition, Rules, Shape

__all__ = ["Accounting", "Nodes", "Partition", "PrivateSlurm", "Rules", "Shape", "missing", "until"]
