#!/bin/bash
# The same for AMD.
# Site: dardel. Caught by: container-gpu.
#SBATCH -A naiss2026-1-23
#SBATCH -p gpu
#SBATCH -N 1
#SBATCH --ntasks-per-node=8
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PDC singularity/4.1.1-cpeGNU-23.12
export HF_HOME="$TMPDIR/huggingface"
srun singularity exec image.sif python -u train.py
