#!/bin/bash
# The comment says A40, the request T4.
# Site: alvis. Caught by: gpu-comment.
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH --gpus-per-node=T4:1   # A40, 48 GB
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export HF_HOME="$TMPDIR/huggingface"
python -u train.py
