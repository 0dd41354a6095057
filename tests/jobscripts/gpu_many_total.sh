#!/bin/bash
# Two nodes have eight of them.
# Site: arrhenius. Caught by: gpu-count.
#SBATCH -A naiss2026-1-23-gpu
#SBATCH -p gpu
#SBATCH --gpus=9
#SBATCH -c 72
#SBATCH -N 2
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load GPU/Python/3.13.5-bare-gcc-2025b-eb
export HF_HOME="$SNIC_TMP/huggingface"
python -u train.py
