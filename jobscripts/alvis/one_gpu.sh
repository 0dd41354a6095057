#!/usr/bin/env bash
# Alvis (C3SE): one GPU.
# From the top folder of the repository:  sbatch jobscripts/alvis/one_gpu.sh [PROGRAM ARGUMENTS]
# Made from jobscripts/sites/alvis.toml by `python -m grader.jobscripts`.
# Replace NAISSyyyy-rr-nnn by your project, PROJECT by its directory.
# Published end of life: 2026-06-30. Kept for those who still have it.
# Nobody has confirmed these facts of the profile:
#   slurm.array, head.
#SBATCH -A NAISSyyyy-rr-nnn
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 00:10:00
#SBATCH -J one_gpu
#SBATCH -o one_gpu-%j.out
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

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

python -u "${@:-jobscripts/programs/train.py}"
