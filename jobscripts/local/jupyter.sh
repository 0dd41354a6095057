#!/usr/bin/env bash
# This machine (private Slurm, stand-ins for GPUs): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/local/jupyter.sh
# Made from jobscripts/sites/local.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN by your project.
# For trying scripts out. Nothing here is fast.
#SBATCH -A naissYYYY-X-NNN
#SBATCH -n 1
#SBATCH -c 1
#SBATCH --gpus-per-node=1
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
set -eo pipefail

export STORAGE=$PWD/build/jobs
export EXERCISES_VENV="${EXERCISES_VENV:-$PWD/.venv}"
source "$EXERCISES_VENV/bin/activate"
# Models and images: not in the home, which is small.
export HF_HOME="$STORAGE/caches/huggingface"
export TORCH_HOME="$STORAGE/caches/torch"
export KERAS_HOME="$STORAGE/caches/keras"
export APPTAINER_CACHEDIR="$STORAGE/caches/apptainer"
export SINGULARITY_CACHEDIR="$STORAGE/caches/apptainer"
# Compiled kernels, many small files: on the node's own disk, gone with the job.
export TRITON_CACHE_DIR="${TMPDIR:-/tmp}/triton.$SLURM_JOB_ID"
export TORCHINDUCTOR_CACHE_DIR="${TMPDIR:-/tmp}/inductor.$SLURM_JOB_ID"
export MIOPEN_USER_DB_PATH="${TMPDIR:-/tmp}/miopen.$SLURM_JOB_ID"
# Nodes have no internet.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
python -m grader doctor --site local --gpus 1

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@localhost"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
