#!/bin/bash
# Built for the login node's processor.
# Site: arrhenius. Caught by: module-architecture.
#SBATCH -A naiss2026-1-23-gpu
#SBATCH -p gpu
#SBATCH --gpus=1
#SBATCH -c 72
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load Python/3.13.5-bare-gcc-2025b-eb
export HF_HOME="$SNIC_TMP/huggingface"
python -u train.py
