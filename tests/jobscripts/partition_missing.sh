#!/bin/bash
# Without one, the job goes to nodes without GPUs.
# Site: arrhenius. Caught by: partition-missing.
#SBATCH -A naiss2026-1-23-gpu
#SBATCH --gpus=1
#SBATCH -c 72
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load GPU/Python/3.13.5-bare-gcc-2025b-eb
export HF_HOME="$SNIC_TMP/huggingface"
python -u train.py
