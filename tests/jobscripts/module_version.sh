#!/bin/bash
# A version that changes.
# Site: alvis. Caught by: module-version.
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch
export HF_HOME="$TMPDIR/huggingface"
python -u train.py
