#!/bin/bash
# A partition of another centre.
# Site: dardel. Caught by: partition.
#SBATCH -A naiss2026-1-23
#SBATCH -p gpua100
#SBATCH -N 1
#SBATCH --ntasks-per-node=8
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PDC singularity/4.1.1-cpeGNU-23.12
export HF_HOME="$TMPDIR/huggingface"
srun singularity exec --rocm image.sif python -u train.py
