#!/usr/bin/env bash
# Dardel (PDC): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/dardel/jupyter.sh
# Made from jobscripts/sites/dardel.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN by your project, PROJECT by its directory.
# AMD MI250X: 4 per node, 8 devices. PyTorch needs its ROCm build. -p gpugh has 4 GH200 per node instead.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.whole_nodes, gpus.cores, gpus.unit, software.setup,
#   software.container, storage.project, head.
#SBATCH -A naissYYYY-X-NNN
#SBATCH -p gpu
#SBATCH -N 1
#SBATCH --ntasks-per-node=1
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
set -eo pipefail

export STORAGE=/cfs/klemming/projects/PROJECT
module purge
module load PDC singularity/4.1.1-cpeGNU-23.12
export EXERCISES_VENV="${EXERCISES_VENV:-$STORAGE/exercises-venv}"
export CONTAINER="singularity exec --rocm --bind $STORAGE $STORAGE/rocm-pytorch.sif"
# Models and images: not in the home, which is small.
export HF_HOME="$STORAGE/caches/huggingface"
export TORCH_HOME="$STORAGE/caches/torch"
export KERAS_HOME="$STORAGE/caches/keras"
export APPTAINER_CACHEDIR="$STORAGE/caches/apptainer"
export SINGULARITY_CACHEDIR="$STORAGE/caches/apptainer"
# Compiled kernels, many small files: on the node's own disk, gone with the job.
export TRITON_CACHE_DIR="$TMPDIR/triton.$SLURM_JOB_ID"
export TORCHINDUCTOR_CACHE_DIR="$TMPDIR/inductor.$SLURM_JOB_ID"
export MIOPEN_USER_DB_PATH="$TMPDIR/miopen.$SLURM_JOB_ID"
# Nodes have no internet.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
$CONTAINER $EXERCISES_VENV/bin/python -m grader doctor --site dardel --gpus 1

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@dardel.pdc.kth.se"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
$CONTAINER $EXERCISES_VENV/bin/python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
