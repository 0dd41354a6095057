#!/bin/bash
# A killed job's last lines are lost.
# Site: alvis. Caught by: unbuffered.
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export HF_HOME="$TMPDIR/huggingface"
python train.py
