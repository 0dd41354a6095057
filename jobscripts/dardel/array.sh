#!/usr/bin/env bash
# Dardel (PDC): one GPU for each of 16 seeds, at most 4 at a time.
# From the top folder of the repository:  sbatch jobscripts/dardel/array.sh
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
#SBATCH -t 00:10:00
#SBATCH -J array
#SBATCH -o array-%A_%a.out
#SBATCH --array=0-15%4
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

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus=1
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU

# Each task has a seed of its own, and a file of its own.
$CONTAINER $EXERCISES_VENV/bin/python -u jobscripts/programs/train.py \
    --seed "$SLURM_ARRAY_TASK_ID" --out "$STORAGE/results/$SLURM_ARRAY_JOB_ID" "$@"
