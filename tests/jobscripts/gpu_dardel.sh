#!/bin/bash
# Whole nodes are given there.
# Site: dardel. Caught by: gpu-spelling.
#SBATCH -A naiss2026-1-23
#SBATCH -p gpu
#SBATCH -N 1
#SBATCH --gpus-per-node=8
#SBATCH --ntasks-per-node=8
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PDC singularity/4.1.1-cpeGNU-23.12
export HF_HOME="$TMPDIR/huggingface"
srun singularity exec --rocm image.sif python -u train.py
