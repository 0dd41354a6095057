#!/usr/bin/env bash
# Kebnekaise (HPC2N): one GPU for each of 16 seeds, at most 4 at a time.
# From the top folder of the repository:  sbatch jobscripts/kebnekaise/array.sh
# Made from jobscripts/sites/kebnekaise.toml by `python -m grader.jobscripts`.
# Replace hpc2nYYYY-NNN by your project, PROJECT by its directory.
# Its newest PyTorch module seen (2.1.2) is too old for the exercises: install PyTorch into your environment.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.cores, gpus.unit, gpus.several_nodes, storage, head.
#SBATCH -A hpc2nYYYY-NNN
#SBATCH --gpus=1
#SBATCH -C l40s
#SBATCH -t 00:10:00
#SBATCH -J array
#SBATCH -o array-%A_%a.out
#SBATCH --array=0-15%4
set -eo pipefail

export STORAGE=/proj/nobackup/PROJECT
module purge
module load GCC/12.3.0 Python/3.11.3 OpenMPI/4.1.5 CUDA/12.1.1
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
python -m grader doctor --site kebnekaise --gpus l40s:1

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

# Each task has a seed of its own, and a file of its own.
python -u jobscripts/programs/train.py \
    --seed "$SLURM_ARRAY_TASK_ID" --out "$STORAGE/results/$SLURM_ARRAY_JOB_ID" "$@"
