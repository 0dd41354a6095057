#!/bin/bash
# The trap runs after training has ended.
# Site: alvis. Caught by: trap-waits.
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0:10:00
#SBATCH --signal=B:USR1@60
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export HF_HOME="$TMPDIR/huggingface"
trap 'scancel --signal=USR1 "$SLURM_JOB_ID"' USR1
python -u train.py
