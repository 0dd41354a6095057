#!/usr/bin/env bash
# Alvis (C3SE): a language model on two GPUs, served by vLLM.
# From the top folder of the repository:  sbatch jobscripts/alvis/vllm.sh SNAPSHOT
# Made from jobscripts/sites/alvis.toml by `python -m grader.jobscripts`.
# Replace NAISSyyyy-rr-nnn by your project, PROJECT by its directory.
# Published end of life: 2026-06-30. Kept for those who still have it.
# Nobody has confirmed these facts of the profile:
#   slurm.array, head.
#SBATCH -A NAISSyyyy-rr-nnn
#SBATCH -p alvis
#SBATCH -N 1
#SBATCH --gpus-per-node=A100:2
#SBATCH -t 00:30:00
#SBATCH -J vllm
#SBATCH -o vllm-%j.out
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
python -m grader doctor --site alvis --gpus A100:2

# A folder, for example /mimer/NOBACKUP/Datasets/LLM/huggingface/hub/models--ORG--NAME/snapshots/HASH
model=${1:?which snapshot of a model}
port=$((20000 + SLURM_JOB_ID % 20000))
chmod 600 "vllm-$SLURM_JOB_ID.out"  # it holds the key
VLLM_API_KEY=$(python -c 'import secrets; print(secrets.token_hex(16))')  # all users of a node reach its ports
export VLLM_API_KEY VLLM_CACHE_ROOT="$STORAGE/caches/vllm" PYTHONUNBUFFERED=1
echo "On a login node: curl -H 'Authorization: Bearer $VLLM_API_KEY' http://$(hostname):$port/v1/models"
echo "When you are done: scancel $SLURM_JOB_ID"
apptainer exec --nv /apps/containers/vLLM/vllm-0.19.0.sif \
    vllm serve "$model" --tensor-parallel-size "$SLURM_GPUS_ON_NODE" --port "$port"
