#!/usr/bin/env bash
# Pelle (UPPMAX): JupyterLab on one GPU.
# From the top folder of the repository:  sbatch jobscripts/pelle/jupyter.sh
# Made from jobscripts/sites/pelle.toml by `python -m grader.jobscripts`.
# Replace uppmaxYYYY-X-N by your project, PROJECT by its directory.
# Its newest PyTorch module seen (2.6.0) is too old for the exercises: install PyTorch into your environment.
# Nobody has confirmed these facts of the profile:
#   login, slurm.array, gpus.unit, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A uppmaxYYYY-X-N
#SBATCH -p gpu
#SBATCH --gpus=l40s:1
#SBATCH -t 00:30:00
#SBATCH -J jupyter
#SBATCH -o jupyter-%j.out
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

chmod 600 "jupyter-$SLURM_JOB_ID.out"  # who can read it can run code as you: the link in it holds a token
node=$(hostname)
port=$((20000 + SLURM_JOB_ID % 20000))
echo "On your own computer: ssh -N -L $port:$node:$port $(id -un)@pelle.uppmax.uu.se"
echo "Then open the link below that has 127.0.0.1 in it. When you are done: scancel $SLURM_JOB_ID"
python -u -m jupyter lab --no-browser \
    --ip="$node" --port="$port" --ServerApp.port_retries=0
