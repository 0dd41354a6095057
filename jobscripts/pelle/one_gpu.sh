#!/usr/bin/env bash
# Pelle (UPPMAX): one GPU.
# From the top folder of the repository:  sbatch jobscripts/pelle/one_gpu.sh [PROGRAM ARGUMENTS]
# Made from jobscripts/sites/pelle.toml by `python -m grader.jobscripts`.
# Replace uppmaxYYYY-X-N by your project, PROJECT by its directory.
# Its newest PyTorch module seen (2.6.0) is too old for the exercises: install PyTorch into your environment.
# Nobody has confirmed these facts of the profile:
#   login, slurm.array, gpus.unit, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A uppmaxYYYY-X-N
#SBATCH -p gpu
#SBATCH --gpus=l40s:1
#SBATCH -t 00:10:00
#SBATCH -J one_gpu
#SBATCH -o one_gpu-%j.out
set -eo pipefail

export STORAGE=/proj/PROJECT
module purge
module load Python/3.12.3-GCCcore-13.3.0
export EXERCISES_VENV="${EXERCISES_VENV:-$STORAGE/exercises-venv}"
source "$EXERCISES_VENV/bin/activate"
# Models and images: not in the home, which is small.
export HF_HOME="$STORAGE/caches/huggingface"
export TORCH_HOME="$STORAGE/caches/torch"
export KERAS_HOME="$STORAGE/caches/keras"
export APPTAINER_CACHEDIR="$STORAGE/caches/apptainer"
export SINGULARITY_CACHEDIR="$STORAGE/caches/apptainer"
# Compiled kernels, many small files: on the node's own disk, gone with the job.
export TRITON_CACHE_DIR="$SNIC_TMP/triton.$SLURM_JOB_ID"
export TORCHINDUCTOR_CACHE_DIR="$SNIC_TMP/inductor.$SLURM_JOB_ID"
export MIOPEN_USER_DB_PATH="$SNIC_TMP/miopen.$SLURM_JOB_ID"
# Nodes have no internet.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
python -m grader doctor --site pelle --gpus l40s:1

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

python -u "${@:-jobscripts/programs/train.py}"
