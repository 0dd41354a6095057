#!/usr/bin/env bash
# Arrhenius (NSC): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/arrhenius/jupyter.sh
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
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
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

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@login.hpc.arrhenius.naiss.se"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
