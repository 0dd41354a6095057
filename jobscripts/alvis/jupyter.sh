#!/usr/bin/env bash
# Alvis (C3SE): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/alvis/jupyter.sh
# Made from jobscripts/sites/alvis.toml by `python -m grader.jobscripts`.
# Replace NAISSyyyy-rr-nnn by your project, PROJECT by its directory.
# Published end of life: 2026-06-30. Kept for those who still have it.
# Nobody has confirmed these facts of the profile:
#   slurm.array, head.
#SBATCH -A NAISSyyyy-rr-nnn
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
set -eo pipefail

export STORAGE=/mimer/NOBACKUP/groups/PROJECT
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export EXERCISES_VENV="${EXERCISES_VENV:-$STORAGE/exercises-venv}"
source "$EXERCISES_VENV/bin/activate"
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
python -m grader doctor --site alvis --gpus A40:1

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@alvis1.c3se.chalmers.se"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
