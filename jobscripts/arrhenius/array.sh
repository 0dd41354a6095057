#!/usr/bin/env bash
# Arrhenius (NSC): one GPU for each of 16 seeds, at most 4 at a time.
# From the top folder of the repository:  sbatch jobscripts/arrhenius/array.sh
# Made from jobscripts/sites/arrhenius.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN-gpu by your project, PROJECT by its directory.
# GPU nodes are aarch64, login nodes x86_64: build the environment inside a GPU job.
# Nobody has confirmed these facts of the profile:
#   slurm.array, gpus.unit, gpus.several_nodes, software.setup, storage.scratch, head.
#SBATCH -A naissYYYY-X-NNN-gpu
#SBATCH -p gpu
#SBATCH -n 1
#SBATCH -c 72
#SBATCH --gpus=1
#SBATCH -t 00:10:00
#SBATCH -J array
#SBATCH -o array-%A_%a.out
#SBATCH --array=0-15%4
set -eo pipefail

export STORAGE=/nobackup/proj/disk/PROJECT/personal/$USER
module purge
module load GPU/Python/3.13.5-bare-gcc-2025b-eb
export EXERCISES_VENV="${EXERCISES_VENV:-$STORAGE/exercises-venv}"
source "$EXERCISES_VENV/bin/activate"
# Models and images: not in the home, which is small.
export HF_HOME="$STORAGE/caches/huggingface"
export TORCH_HOME="$STORAGE/caches/torch"
export KERAS_HOME="$STORAGE/caches/keras"
export APPTAINER_CACHEDIR="$STORAGE/caches/apptainer"
export SINGULARITY_CACHEDIR="$STORAGE/caches/apptainer"
# Compiled kernels, many small files: on the node's own disk, gone with the job.
export TRITON_CACHE_DIR="${SNIC_TMP:-/scratch/local}/triton.$SLURM_JOB_ID"
export TORCHINDUCTOR_CACHE_DIR="${SNIC_TMP:-/scratch/local}/inductor.$SLURM_JOB_ID"
export MIOPEN_USER_DB_PATH="${SNIC_TMP:-/scratch/local}/miopen.$SLURM_JOB_ID"
# Nodes have no internet.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
python -m grader doctor --site arrhenius --gpus 1

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

# Each task has a seed of its own, and a file of its own.
python -u jobscripts/programs/train.py \
    --seed "$SLURM_ARRAY_TASK_ID" --out "$STORAGE/results/$SLURM_ARRAY_JOB_ID" "$@"
