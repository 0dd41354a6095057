#!/usr/bin/env bash
# Berzelius (NSC): the GPUs of two nodes.
# From the top folder of the repository:  sbatch jobscripts/berzelius/two_nodes.sh [PROGRAM ARGUMENTS]
# Made from jobscripts/sites/berzelius.toml by `python -m grader.jobscripts`.
# Replace berzelius-YYYY-N by your project, PROJECT by its directory.
# thin: A100 with 40 GB, fat: 80 GB at twice the cost. Slices of a GPU: --reservation=1g.10gb. Not its Hopper part.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.cores, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A berzelius-YYYY-N
#SBATCH -p berzelius
#SBATCH -N 2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH -C thin
#SBATCH -t 00:10:00
#SBATCH -J two_nodes
#SBATCH -o two_nodes-%j.out
set -eo pipefail

export STORAGE=/proj/PROJECT/users/$USER
module purge
module load Miniforge3/24.7.1-2-hpc1-bdist
export EXERCISES_VENV="${EXERCISES_VENV:-$STORAGE/exercises-venv}"
source "$EXERCISES_VENV/bin/activate"
# Models and images: not in the home, which is small.
export HF_HOME="$STORAGE/caches/huggingface"
export TORCH_HOME="$STORAGE/caches/torch"
export KERAS_HOME="$STORAGE/caches/keras"
export APPTAINER_CACHEDIR="$STORAGE/caches/apptainer"
export SINGULARITY_CACHEDIR="$STORAGE/caches/apptainer"
# Compiled kernels, many small files: on the node's own disk, gone with the job.
export TRITON_CACHE_DIR="/scratch/local/triton.$SLURM_JOB_ID"
export TORCHINDUCTOR_CACHE_DIR="/scratch/local/inductor.$SLURM_JOB_ID"
export MIOPEN_USER_DB_PATH="/scratch/local/miopen.$SLURM_JOB_ID"
# Nodes have no internet.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
srun --ntasks-per-node=1 --cpu-bind=none \
    python -m grader doctor --site berzelius --gpus thin:4

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=$SLURM_GPUS_ON_NODE
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

# srun starts one torchrun on each node, torchrun one process for each GPU there. They meet at the first node.
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 20000))  # jobs that share a node must not share a port
srun --ntasks-per-node=1 --cpu-bind=none --kill-on-bad-exit=1 \
    python -u -m torch.distributed.run \
    --nnodes="$SLURM_JOB_NUM_NODES" --nproc-per-node="$gpus" \
    --rdzv-backend=c10d --rdzv-endpoint="$head:$port" --rdzv-id="$SLURM_JOB_ID" \
    "${@:-assignments/05_data_parallel/train.py}"
