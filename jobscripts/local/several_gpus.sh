#!/usr/bin/env bash
# This machine (private Slurm, stand-ins for GPUs): several GPUs of one node.
# From the top folder of the repository:  sbatch jobscripts/local/several_gpus.sh [PROGRAM ARGUMENTS]
# Made from jobscripts/sites/local.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN by your project.
# For trying scripts out. Nothing here is fast.
#SBATCH -A naissYYYY-X-NNN
#SBATCH -N 1
#SBATCH -n 1
#SBATCH -c 2
#SBATCH --gpus-per-node=2
#SBATCH -t 00:10:00
#SBATCH -J several_gpus
#SBATCH -o several_gpus-%j.out
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
python -m grader doctor --site local --gpus 2

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

# torchrun starts one process for each GPU. Only one of torchrun and srun may do so.
python -u -m torch.distributed.run \
    --standalone --nproc-per-node="$gpus" "${@:-assignments/05_data_parallel/train.py}"
