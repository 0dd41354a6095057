#!/bin/bash
# A type of another centre, as a constraint.
# Site: kebnekaise. Caught by: gpu-type.
#SBATCH -A hpc2n2026-123
#SBATCH --gpus=1
#SBATCH -C L40S
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load GCC/12.3.0 Python/3.11.3 OpenMPI/4.1.5 CUDA/12.1.1
export HF_HOME="$SLURM_TMPDIR/huggingface"
python -u train.py
