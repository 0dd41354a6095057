#!/usr/bin/env bash
# Berzelius (NSC): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/berzelius/jupyter.sh
# Made from jobscripts/sites/berzelius.toml by `python -m grader.jobscripts`.
# Replace berzelius-YYYY-N by your project, PROJECT by its directory.
# thin: A100 with 40 GB, fat: 80 GB at twice the cost. Slices of a GPU: --reservation=1g.10gb. Not its Hopper part.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.cores, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A berzelius-YYYY-N
#SBATCH -p berzelius
#SBATCH --gpus=1
#SBATCH -C thin
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
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
python -m grader doctor --site berzelius --gpus thin:1

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@berzelius1.nsc.liu.se"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
