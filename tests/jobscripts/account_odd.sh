#!/bin/bash
# A name, not the number of a project.
# Site: alvis. Caught by: account-form. Slurm refuses it.
#SBATCH -A myproject
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export HF_HOME="$TMPDIR/huggingface"
python -u train.py
